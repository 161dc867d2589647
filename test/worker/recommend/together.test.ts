import { describe, expect, it } from 'vitest';
import { combine, jointScores, scaleFactors } from '../../../worker/recommend/together.ts';

const ANNA = Float32Array.of(4, 1, 3, 0);
const BEN = Float32Array.of(1, 2, 2.5, 0);

describe('jointScores', () => {
  it('the least score of a movie is that of whoever likes it least', () => {
    const { joint, each } = jointScores([ANNA, BEN], 'least');
    expect([...joint]).toEqual([1, 1, 2.5, 0]);
    expect(each).toEqual([ANNA, BEN]);
  });

  it('the mean score of a movie is the mean of the people’s', () => {
    expect([...jointScores([ANNA, BEN], 'mean').joint]).toEqual([2.5, 1.5, 2.75, 0]);
    expect([...jointScores([ANNA, BEN, BEN], 'mean').joint]).toEqual([2, 5 / 3, 8 / 3, 0].map(Math.fround));
  });

  it.each(['least', 'mean'] as const)('one person, and two who are equal, keep their scores: %s', (together) => {
    expect(jointScores([ANNA], together).joint).toEqual(ANNA);
    expect(jointScores([ANNA, ANNA], together).joint).toEqual(ANNA);
  });

  it('a score that is not a number makes none', () => {
    for (const together of ['least', 'mean'] as const) expect(combine([1, Number.NaN, 2], together)).toBeNaN();
  });
});

describe('scaleFactors', () => {
  it('everybody’s root mean square becomes the mean of what it was', () => {
    // Root mean squares 5/2 and 5/4: √((9 + 16 + 0 + 0) / 4) and √((9 + 16) / 4) / 2.
    const [anna, ben] = [
      [3, 4, 0, 0],
      [0, 0, 2, 1.5],
    ];
    expect(scaleFactors([anna, ben])).toEqual([0.75, 1.5]);
    expect(scaleFactors([ben, anna])).toEqual([1.5, 0.75]);
  });

  it('people who are equal, and a person alone, keep their scale', () => {
    expect(scaleFactors([ANNA])).toEqual([1]);
    expect(scaleFactors([ANNA, ANNA])).toEqual([1, 1]);
  });

  it('movies of which relevance says nothing change no factor', () => {
    const padded = [ANNA, BEN].map((scores) => [...scores, 0, 0, 0, 0]);
    const [plain, wide] = [scaleFactors([ANNA, BEN]), scaleFactors(padded)];
    for (const [p, factor] of wide.entries()) expect(factor).toBeCloseTo(plain[p], 12);
  });

  it('a person whose relevance is 0 everywhere is left as they are', () => {
    expect(
      scaleFactors([
        [0, 0],
        [3, 4],
      ])[0],
    ).toBe(1);
  });
});
