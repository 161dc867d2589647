import { describe, expect, it } from 'vitest';
import type { Predictions, Rated } from '../../../worker/web/state/api.ts';
import { arranged, histogramOf, inPlaces, type Mine, NO_MINE } from '../../../worker/web/state/mine.ts';
import { surprisesOf } from '../../../worker/web/state/surprises.ts';

/** Oldest first. */
const RATINGS: Rated[] = [
  { movieId: 1, title: 'Amélie', year: 2001, rating: 4.5, timestamp: 1 },
  { movieId: 2, title: 'The Matrix', year: 1999, rating: 5, timestamp: 2 },
  { movieId: 3, title: 'Alien', year: 1979, rating: 0.5, timestamp: 3 },
  { movieId: 4, title: null, year: null, rating: 5, timestamp: 4 },
];

function prediction(movieId: number, rating: number, predictedRating: number): Predictions['items'][number] {
  return { movieId, title: '', year: null, rating, predictedRating, uncertainty: 0.8, average: 3, trained: false };
}

const PREDICTIONS = {
  user: -1,
  model: { version: 'v' },
  ratings: 3,
  record: null,
  items: [prediction(1, 4.5, 4.4), prediction(2, 5, 2.9), prediction(3, 0.5, 4)],
} as Predictions;

function idsOf(change: Partial<Mine>): number[] {
  return arranged(RATINGS, { ...NO_MINE, ...change }).map(({ movieId }) => movieId);
}

describe('a person’s ratings', () => {
  it.each<[Partial<Mine>, number[]]>([
    [{}, [4, 3, 2, 1]],
    [{ order: 'best' }, [4, 2, 1, 3]],
    [{ order: 'worst' }, [3, 1, 4, 2]],
    [{ order: 'title' }, [4, 3, 1, 2]],
    [{ order: 'year' }, [1, 2, 3, 4]],
    [{ order: 'surprise', predictions: PREDICTIONS }, [3, 2, 1, 4]],
    [{ order: 'surprise' }, [4, 3, 2, 1]],
    [{ words: 'AMELIE' }, [1]],
    [{ words: 'matrix the' }, [2]],
    [{ words: 'nothing like it' }, []],
    [{ stars: 5 }, [4, 2]],
    [{ stars: 5, words: 'mat' }, [2]],
  ])('are, looked at by %j, the films %j', (change, expected) => {
    expect(idsOf(change)).toEqual(expected);
  });

  it('are counted by their stars, from half a star to five', () => {
    expect(histogramOf(RATINGS)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    expect(histogramOf([])).toEqual(new Array(10).fill(0));
  });

  it.each<[string, number[], number[], number[]]>([
    ['that do not fit any more', [4, 3, 2, 1], [4, 2], [4, 3, 2, 1]],
    ['whose place in the order is another now', [1, 2, 3, 4], [4, 3, 2, 1], [1, 2, 3, 4]],
    ['behind one that is new', [2, 1], [3, 2, 1], [3, 2, 1]],
    ['unless many are new, and all go where they belong', [2], [4, 3, 2, 1], [4, 3, 2, 1]],
  ])('keep the places of films %s', (_, before, found, expected) => {
    expect(inPlaces(before, found)).toEqual(expected);
  });

  it('are asked about where they are far from what was predicted, the furthest first', () => {
    expect(surprisesOf(PREDICTIONS).map(({ movieId }) => movieId)).toEqual([3, 2]);
  });

  it('are asked about five at a time at most', () => {
    const items = Array.from({ length: 9 }, (_, at) => prediction(at, 0.5, 4));
    expect(surprisesOf({ ...PREDICTIONS, items })).toHaveLength(5);
  });
});
