import { describe, expect, it } from 'vitest';
import { hashUnit } from '../../../shared/math/hash.ts';

const shareBelow = (limit: number, texts: string[]) =>
  texts.filter((text) => hashUnit(text) < limit).length / texts.length;
const people = Array.from({ length: 100_000 }, (_, user) => 1_000_000_001 + user);

describe('hashUnit', () => {
  it('gives the same number for a text in every release, so that people stay where they are', () => {
    expect(['', 'lists/1', 'popular/1000000001'].map(hashUnit)).toEqual([
      0.6689221884589642, 0.96578009868972, 0.9432487355079502,
    ]);
  });

  it('spreads ids that follow one another evenly, for one name and within the halves of another', () => {
    for (const limit of [0.01, 0.1, 0.5, 0.9]) {
      const share = shareBelow(
        limit,
        people.map((user) => `one/${user}`),
      );
      expect(Math.abs(share - limit)).toBeLessThan(4 * Math.sqrt((limit * (1 - limit)) / people.length));
    }
    const half = people.filter((user) => hashUnit(`one/${user}`) < 0.5);
    const share = shareBelow(
      0.5,
      half.map((user) => `other/${user}`),
    );
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / half.length));
  });
});
