import { describe, expect, it } from 'vitest';
import type { Ratings } from '../../../../trainer/data/dataset.ts';
import { type Split, splitDataset } from '../../../../trainer/data/split.ts';
import type { Engine } from '../../../../trainer/engines/engine.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { measureRivals, type RivalFigures } from '../../../../trainer/experiments/rivals/index.ts';
import { resolveOptions } from '../../../../trainer/models/options.ts';
import { checkerboard, datasetOf, ratingsOf } from '../../../fixtures/datasets.ts';

const RANKERS = ['Popularity', 'iALS', 'iALS + recency', 'EASE', 'EASE + recency'];

async function measure(engine: Engine, split: Split, given: Parameters<typeof resolveOptions>[0] = {}) {
  const rivals = await measureRivals(engine, split, resolveOptions({ minRatings: 1, relevanceFactors: 8, ...given }));
  return (name: string): RivalFigures => rivals.find((rival) => rival.name === name)!;
}

const NOTHING: Ratings = ratingsOf([]);

describe('rivals on data with a known answer', () => {
  it('all except Popularity find which colour of a checkerboard an unseen user likes', async () => {
    const split = splitDataset(datasetOf(checkerboard(60, 40, 1).rated), 'users', 0.2, 1);
    const rival = await measure(jsEngine(), split, { easeRidge: 1 });
    for (const name of ['EASE', 'EASE + recency', 'iALS', 'iALS + recency']) {
      expect(rival(name)['ndcg@10'], name).toBe(1);
      expect(rival(name)['recall@20'], name).toBe(1);
    }
    expect(rival('Popularity')['ndcg@10']).toBeLessThan(0.8);
  });

  it('all except Popularity find the hidden squares of a checkerboard from the training ratings of the same users', async () => {
    const { rated: train, hidden: test } = checkerboard(40, 30, 0.6);
    const rival = await measure(jsEngine(), { name: 'hidden', train, test, shown: null }, { easeRidge: 1 });
    for (const name of ['EASE', 'EASE + recency', 'iALS', 'iALS + recency']) {
      expect(rival(name)['recall@20'], name).toBe(1);
    }
    expect(rival('Popularity')['recall@20']).toBe(1); // each user has fewer than 20 movies left: all are listed
    expect(rival('Popularity')['ndcg@10']).toBeLessThan(0.9);
    expect(rival('EASE').users).toBe(40);
  });

  it('recency follows a user who changed from one kind of movie to another', async () => {
    const board = checkerboard(60, 40, 1).rated;
    // 24 movies of one kind, then 6 of the other, which the rest of that kind follows.
    const even = Array.from({ length: 20 }, (_, k) => 100 + 2 * k);
    const odd = Array.from({ length: 20 }, (_, k) => 101 + 2 * k);
    const sequence = [...even.slice(0, 15), ...odd.slice(0, 6)];
    const shown = ratingsOf(sequence.map((movieId, t) => [999, movieId, 5, t + 1]));
    const test = ratingsOf(odd.slice(6, 16).map((movieId, t) => [999, movieId, 5, 100 + t]));
    const split = { name: 'turned', train: board, test, shown };
    const rival = await measure(jsEngine(), split, { easeRidge: 1, historyDecay: 2 });
    for (const name of ['EASE', 'iALS']) {
      expect(rival(`${name} + recency`)['ndcg@10'], name).toBe(1);
      expect(rival(name)['ndcg@10'], name).toBeLessThan(0.7);
    }
  });

  it('all except Popularity name the next film of a checkerboard, liked or not, and miss one that is not ranked', async () => {
    const board = checkerboard(60, 40, 1).rated;
    const shown = ratingsOf([...Array(16).keys()].map((k) => [999, 100 + 2 * k, 5, k + 1]));
    const test = ratingsOf([
      [999, 132, 2, 100],
      [999, 134, 5, 101],
      [998, 777, 3, 102],
    ]);
    const split = { name: 'next', train: board, test, shown, isOrdered: true };
    const rival = await measure(jsEngine(), split, { easeRidge: 1 });
    // 132, 134, 136 and 138 are left of their kind: equal to EASE, and the smaller id comes first.
    expect(rival('EASE').next).toEqual({ 'hr@10': 1 / 2, 'ndcg@10': 1 / 2, asked: 2 });
    for (const name of ['EASE + recency', 'iALS', 'iALS + recency'])
      expect(rival(name).next!['hr@10'], name).toBe(1 / 2);
    expect(rival('EASE').users).toBe(1);
  });

  it('a user without ratings gets popular movies, and all methods miss a movie unknown to training', async () => {
    const train = ratingsOf([
      ...[1, 2, 3, 4].map((user) => [user, 10, 5] as const),
      ...[1, 2, 3].map((user) => [user, 20, 4] as const),
      ...[1, 2].map((user) => [user, 30, 4.5] as const),
      [4, 40, 1],
    ]);
    const test = ratingsOf([
      [77, 10, 5],
      [77, 99, 5],
    ]);
    const split = { name: 'strangers', train, test, shown: NOTHING };
    const rival = await measure(jsEngine(), split, { easeRidge: 1, relevanceFactors: 3 });
    for (const name of RANKERS) {
      expect(rival(name)['recall@20'], name).toBe(0.5);
      expect(rival(name)['ndcg@10'], name).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 6);
    }
  });

  it('movies with too few ratings are left out, and without movies only Popularity is measured', async () => {
    const { rated: train, hidden: test } = checkerboard(10, 12, 0.6);
    const all = await measureRivals(
      jsEngine(),
      { name: 'few', train, test, shown: null },
      resolveOptions({ minRatings: 99 }),
    );
    expect(all.map(({ name }) => name)).toEqual(['Bias', 'Popularity']);
    expect(all[1]['recall@20']).toBe(0);
  });
});
