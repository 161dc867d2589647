import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topK } from '../../../shared/math/topk.ts';
import type { Ranked } from '../../../shared/model/scorer.ts';
import {
  joinedStanding,
  openIn,
  placesAbove,
  type ScoredList,
  standingOf,
} from '../../../worker/recommend/standing.ts';

const SCORES = Float32Array.of(1, 5, 3, 3, 4, Number.NaN, 2, 3);
const ALL = new Uint8Array(SCORES.length).fill(1);
const LIST = { scores: SCORES, open: ALL };

function standing(row: number, most: number, list: ScoredList) {
  return standingOf({ row, score: list.scores[row] }, most, list);
}
const rankOf = (row: number, list: ScoredList) => standing(row, 0, list).before + 1;
const standAbove = (row: number, most: number, list: ScoredList) => placesAbove(standing(row, most, list));

describe('a rank', () => {
  it('is one more than the movies with a better score', () => {
    expect([1, 4, 6, 0].map((row) => rankOf(row, LIST))).toEqual([1, 2, 6, 7]);
  });

  it('of equal scores the smaller row comes first', () => {
    expect([2, 3, 7].map((row) => rankOf(row, LIST))).toEqual([3, 4, 5]);
  });

  it('movies that the list leaves out stand before nobody, and have the rank that they would have', () => {
    const open = ALL.slice();
    open[1] = open[2] = 0;
    expect([1, 4, 2, 3, 7, 0].map((row) => rankOf(row, { scores: SCORES, open }))).toEqual([1, 1, 2, 2, 3, 5]);
  });
});

describe('what stands above a movie', () => {
  it('is the first of the list and those right above, best first', () => {
    expect(standAbove(0, 2, LIST)).toEqual([
      { row: 1, score: 5, rank: 1 },
      { row: 7, score: 3, rank: 5 },
      { row: 6, score: 2, rank: 6 },
    ]);
  });

  it('has the first once where it is among those right above', () => {
    expect(standAbove(3, 3, LIST).map(({ row, rank }) => [row, rank])).toEqual([
      [1, 1],
      [4, 2],
      [2, 3],
    ]);
    expect(standAbove(1, 3, LIST)).toEqual([]);
  });

  it('agrees with the ordered list, whatever the scores, ties and movies left out', () => {
    const worlds = fc.array(fc.record({ score: fc.integer({ min: 0, max: 6 }), open: fc.boolean() }), { minLength: 1 });
    fc.assert(
      fc.property(worlds, fc.nat(), fc.nat(4), (world, at, most) => {
        const scores = Float32Array.from(world, ({ score }) => score);
        const open = Uint8Array.from(world, ({ open }) => (open ? 1 : 0));
        const row = at % world.length;
        const list = [...topK(scores, world.length, (other) => open[other] === 1 || other === row)];
        const place = list.indexOf(row);
        expect(rankOf(row, { scores, open })).toBe(place + 1);
        const rows = [
          ...new Set([...list.slice(0, Math.min(1, place)), ...list.slice(Math.max(0, place - most), place)]),
        ];
        expect(standAbove(row, most, { scores, open }).map(({ row, rank }) => [row, rank])).toEqual(
          rows.map((other) => [other, list.indexOf(other) + 1]),
        );
      }),
    );
  });
});

describe('a standing among all movies', () => {
  it('is that among the movies of each part joined, whatever the parts, scores, ties and movies left out', () => {
    const worlds = fc.array(fc.record({ score: fc.integer({ min: 0, max: 6 }), open: fc.boolean() }), { minLength: 1 });
    fc.assert(
      fc.property(worlds, fc.nat(), fc.nat(4), fc.integer({ min: 1, max: 8 }), (world, at, most, K) => {
        const row = at % world.length;
        const scores = Float32Array.from(world, ({ score }) => score);
        const open = Uint8Array.from(world, ({ open }) => (open ? 1 : 0));
        const parts = Array.from({ length: K }, (_, k) => {
          const list = { scores: scores.filter((_, i) => i % K === k), open: open.filter((_, i) => i % K === k) };
          const { first, nearest, ...counts } = standingOf({ row: (row - k) / K, score: scores[row] }, most, list);
          const whole = ({ row, score }: Ranked) => ({ row: row * K + k, score });
          return { ...counts, first: first && whole(first), nearest: nearest.map(whole) };
        });
        expect(joinedStanding(parts, most)).toEqual(standing(row, most, { scores, open }));
      }),
    );
  });

  it('is in a list that may have a movie which is hidden from the others, unless the selection refuses it', () => {
    const selection = { refused: Uint8Array.of(0, 1, 0, 0, 0), hidden: [4] };
    const openTo = openIn({ selection, hidden: [1, 2, 3] }, 5);
    expect([...openTo({ shown: [] })]).toEqual([1, 0, 0, 0, 0]);
    expect([...openTo({ shown: [2] })]).toEqual([1, 0, 1, 0, 0]);
    expect([...openTo({ shown: [1] })]).toEqual([1, 0, 0, 0, 0]);
  });
});
