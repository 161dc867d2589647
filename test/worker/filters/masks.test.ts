import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import type { MovieFilter } from '../../../shared/filters/movie-filters.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import type { UserVectors } from '../../../shared/model/model.ts';
import { Recommender } from '../../../worker/recommend/recommender.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { fixtureFile, fixtureManifest } from '../app.ts';
import { vectorsOf } from '../wasm/vectors.ts';

const model = decodeModel(fixtureManifest(), {
  movies: fixtureFile(FILES.movies),
  posterior: fixtureFile(FILES.posterior),
});
const vectors = vectorsOf(kernel, model.movies);
const user: UserVectors = {
  bias: 0,
  factors: new Float64Array(model.movies.factorCount).fill(0.1),
  relevance: new Float64Array(model.movies.relevanceCount).fill(0.1),
  biasShare: 0,
  deviation: 0,
};

describe('the masks of a version', () => {
  const recommender = new Recommender({ ...model, vectors });
  const maskOf = (filter: MovieFilter) => recommender.select(filter).refused;

  it('are made when a filter comes again, and kept', () => {
    const filter = { yearFrom: 1990, exclude: ['the'] };
    expect(maskOf(filter)).toBeNull();
    const mask = maskOf(filter);
    expect(mask).toHaveLength(model.movies.count);
    expect(maskOf({ ...filter })).toBe(mask);
    expect(maskOf({ yearFrom: 1990 })).toBe(mask);
  });

  it('are not made for filters that differ every time', () => {
    for (let year = 1900; year < 1950; year++) expect(maskOf({ yearFrom: year })).toBeNull();
  });

  it('go when eight others are used later', () => {
    const again = (filter: MovieFilter) => maskOf(filter) ?? maskOf(filter);
    const first = again({ minRatings: 1 });
    const second = again({ minRatings: 2 });
    for (let least = 3; least <= 9; least++) again({ minRatings: least });
    expect(maskOf({ minRatings: 2 })).toBe(second);
    expect(maskOf({ minRatings: 1 })).toBeNull();
    expect(again({ minRatings: 1 })).toEqual(first);
  });

  it('change no list', () => {
    const filter = { yearFrom: 1985, genre: [model.movies.genreNames[0]], exclude: ['a'] };
    for (const blend of [0, 1]) {
      const lists = [1, 2, 3].map(() => recommender.recommend(user, blend, 20, recommender.select(filter, [3, 5])));
      expect(lists[0].length).toBeGreaterThan(3);
      expect(lists[1]).toEqual(lists[0]);
      expect(lists[2]).toEqual(lists[0]);
    }
  });
});
