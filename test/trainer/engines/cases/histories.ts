import { describe, expect, it } from 'vitest';
import * as naive from '../naive.ts';
import { expectClose } from './compare.ts';
import { type Given, reference, seededData } from './data.ts';

/** Sums over the training rows of lists. */
export function historyCases(on: Given): void {
  const { tolerance } = on;

  describe('the moments of histories', () => {
    const long = { decay: 7, floor: 0.15, likeFrom: 1, dislikeBelow: -1, dislikeWeight: -0.3 };
    const short = { decay: 2, floor: 0, likeFrom: -2, dislikeBelow: -2, dislikeWeight: 0 };
    const flat = { decay: 30, floor: 0.6, likeFrom: 0.5, dislikeBelow: 0, dislikeWeight: 0.4 };
    const likes = { likeFrom: 1, window: 6, windowShare: 0.25 };
    const next = { likeFrom: -2, window: 1, windowShare: 0 };
    /** Some movies are outside. */
    const histories = (lengths: readonly number[], columns: number) => {
      const matrix = seededData(18).sparse(lengths, columns);
      return { ...matrix, indices: matrix.indices.map((c) => (c % 9 === 4 ? -1 : c)) };
    };
    const LENGTHS = [0, 1, 5, 6, 7, 150, 31, 64, 0, 120, 12, 2];
    const ONE = { first: 3, step: 4, likeFrom: 1 };

    it.each([
      ['in one scale', LENGTHS, 151, [long], [likes], ONE],
      ['in one scale, which soon fades, to every next film', LENGTHS, 151, [short], [next], { ...ONE, step: 1 }],
      [
        'in two scales to two targets, a row each rating',
        LENGTHS,
        151,
        [long, short],
        [likes, next],
        { ...ONE, step: 1 },
      ],
      [
        'in two scales, the one that fades first',
        LENGTHS,
        151,
        [short, flat],
        [next],
        { first: 5, step: 3, likeFrom: 0 },
      ],
      ['in three scales', LENGTHS, 151, [flat, short, long], [likes, next], { first: 1, step: 3, likeFrom: 0.5 }],
      ['of one movie', [1, 1, 0], 1, [long, short], [likes], ONE],
      ['too short for any row', [2, 3, 0, 1], 5, [long], [likes, next], ONE],
      ['of nobody', [], 3, [long, flat], [likes], ONE],
    ])(
      'moments are the sums over rows that are written out: histories %s',
      async (name, lengths, M, scales, targets, rows) => {
        const sequences = histories(lengths, M);
        const wanted = reference(`moments ${name}`, () => naive.moments(sequences, scales, targets, rows));
        const got = await on.engine.historyMoments(sequences, scales, targets, rows);
        expectClose(await on.engine.read(got.xx), wanted.xx.flat(), tolerance);
        expect(got.xy.length).toBe(targets.length);
        for (const [at, xy] of got.xy.entries()) expectClose(await on.engine.read(xy), wanted.xy[at].flat(), tolerance);
        expectClose(await on.engine.read(got.likes), wanted.likes.flat(), tolerance);
        on.engine.free(got.xx, ...got.xy, got.likes);
      },
    );
  });
}
