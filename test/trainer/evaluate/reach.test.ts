import { expect, it } from 'vitest';
import { ReachMean, renownOf } from '../../../trainer/evaluate/reach.ts';

/** Of 8 people 8, 2, 2, 0 and 4 rated the five movies. */
const renown = renownOf(Int32Array.of(8, 2, 2, 0, 4), 8);

it('a movie is as popular as the share of others that fewer people rated', () => {
  expect([...renown.percentiles]).toEqual([1, 0.25, 0.25, 0, 0.75]);
});

it('a movie is as novel as the information in having rated it, bits; one that nobody rated as if one person had', () => {
  expect([...renown.novelties].map(Math.abs)).toEqual([0, 2, 2, 3, 1]);
});

it('the reach of lists counts each listed movie once for coverage, and each listing for the means', () => {
  const mean = new ReachMean(renown);
  mean.add(Int32Array.of(0, 4));
  mean.add(Int32Array.of(0, 1));
  expect(mean.reach()).toEqual({
    coverage: 3 / 5,
    popularity: (1 + 0.75 + 1 + 0.25) / 4,
    novelty: (0 + 1 + 0 + 2) / 4,
  });
});

it('the reach of no lists is nothing', () => {
  expect(new ReachMean(renown).reach()).toEqual({ coverage: 0, popularity: 0, novelty: 0 });
});
