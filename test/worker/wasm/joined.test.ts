import { describe, expect, it } from 'vitest';
import { weightedSum } from '../../../shared/math/weighted-sum.ts';
import type { Model, MovieTable, UserVectors } from '../../../shared/model/model.ts';
import { ratingSums } from '../../../shared/model/posterior.ts';
import type { AddedModel } from '../../../worker/recommend/added-model.ts';
import { Recommender } from '../../../worker/recommend/recommender.ts';
import { withFilms } from '../../../worker/wasm/beside.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { wasmSums } from '../../../worker/wasm/posterior.ts';
import { Excerpt, type OwnModel } from '../../../worker/wasm/served-model.ts';
import { PlainScorer } from '../../fixtures/plain-scorer.ts';
import { mulberry } from '../../fixtures/random.ts';
import { randomModel, vectorsOf } from './vectors.ts';

const [M, A, K, E, S] = [300, 20, 6, 5, 2];

/** A model of M + A films, and the same as a version of M with A films beside it. */
const whole = { ...randomModel({ M: M + A, K, E, S }), manifest: { version: 'a test' } } as Model;
const version = part(0, M);
const own = { ...whole, movies: version, vectors: vectorsOf(kernel, version) } as OwnModel;
const films = part(M, M + A);
const served = withFilms(own, films);

function part(from: number, to: number): MovieTable {
  const { movies } = whole;
  const column = (name: 'factors' | 'relevance' | 'history' | 'priors' | 'factorVariances', width: number) =>
    movies[name].slice(from * width, to * width);
  const one = <C extends Float32Array | Int32Array | Int16Array>(values: C) => values.slice(from, to) as C;
  return {
    ...movies,
    count: to - from,
    movieIds: one(movies.movieIds),
    years: one(movies.years),
    ratingCounts: one(movies.ratingCounts),
    ratingMeans: one(movies.ratingMeans),
    deviations: one(movies.deviations),
    biases: one(movies.biases),
    factors: column('factors', K),
    relevance: column('relevance', E),
    history: column('history', S * E),
    priors: column('priors', K + 1),
    factorVariances: column('factorVariances', K),
    title: (row) => movies.title(from + row),
    genres: (row) => movies.genres(from + row),
    hasGenre: (row, asked) => movies.hasGenre(from + row, asked),
    rowOf: (movieId) => {
      const row = movies.rowOf(movieId) - from;
      return row >= 0 && row < to - from ? row : -1;
    },
  };
}

const random = mulberry(7);
const numbers = (length: number) => Float64Array.from({ length }, () => 2 * random() - 1);
/** Rows of both kinds, in no order, one of them twice. */
const ROWS = Int32Array.from([M + 3, 5, 299, M, 17, M + A - 1, 5, 0, M + 3]);

describe('a version with films beside it', () => {
  it('has the rows, vectors and names of one model of all of them', () => {
    const taken = served.vectors.take(ROWS);
    const excerpt = new Excerpt(served, ROWS);
    for (const [place, row] of ROWS.entries()) {
      expect(excerpt.model.movies.title(place)).toBe(whole.movies.title(row));
      expect(taken.genres(place)).toEqual(whole.movies.genres(row));
      for (const name of ['factors', 'relevance', 'history', 'priors', 'factorVariances', 'biases', 'years'] as const) {
        const width = whole.movies[name].length / (M + A);
        const wanted = whole.movies[name].subarray(row * width, (row + 1) * width);
        expect(taken[name].subarray(place * width, (place + 1) * width), `${name} of ${row}`).toEqual(wanted);
      }
    }
    expect(served.movies.movieIds).toEqual(whole.movies.movieIds);
    expect(Array.from(whole.movies.movieIds, served.movies.rowOf)).toEqual([...whole.movies.movieIds.keys()]);
  });

  it('has the sums that folding in needs', () => {
    const sums = wasmSums(served.vectors, ROWS);
    const reference = ratingSums(whole.movies, ROWS);
    const weights = numbers(ROWS.length).map(Math.abs);
    const history = weightedSum(whole.movies.history, E, ROWS, S);
    const close = (a: Float64Array, b: Float64Array) => {
      expect(a).toHaveLength(b.length);
      for (const [x, value] of b.entries()) expect(a[x]).toBeCloseTo(value, 9);
    };
    close(sums.priors(weights), reference.priors(weights));
    close(sums.factorVariances(weights), reference.factorVariances(weights));
    const ofScales = numbers(ROWS.length * S);
    close(sums.history(ofScales), history(ofScales));
    const D = K + 1;
    const problem = () => ({
      normal: Float64Array.from({ length: D * D }, (_, at) => (at % (D + 1) === 0 ? D : 0)),
      rhs: new Float64Array(D).fill(0.5),
      weights,
      targets: weights.map((value) => 1 - value),
    });
    const [ours, wanted] = [problem(), problem()];
    expect(sums.solve(ours)).toBe(true);
    expect(reference.solve(wanted)).toBe(true);
    close(ours.rhs, wanted.rhs);
    for (let x = 0; x < D; x++)
      close(ours.normal.subarray(x * D, x * D + x + 1), wanted.normal.subarray(x * D, x * D + x + 1));
  });

  it('ranks its films among all others, filters and films that gain something included', () => {
    const recommender = new Recommender(own);
    recommender.add({ model: served, films } as AddedModel);
    const plain = new PlainScorer(whole);
    const gains = { rows: Int32Array.of(1, 2, 290), scores: Float64Array.of(2, 9, 1) };
    const user: UserVectors = { bias: 0.2, factors: numbers(K), relevance: numbers(E), biasShare: 0.3, deviation: 0.1 };
    for (const added of [undefined, gains]) {
      for (const blend of [0, 0.4, 1]) {
        for (const filter of [{}, { yearFrom: 1990 }, { exclude: ['film 2'] }]) {
          for (const _ of ['without a mask', 'with a mask', 'again']) {
            const selection = recommender.select(filter, [4, M + 2]);
            const ours = recommender.recommend({ ...user, added }, blend, 60, selection);
            const wanted = plain.best({ ...user, added }, blend, 60, selection);
            expect(ours.map(({ row }) => row)).toEqual(wanted.map(({ row }) => row));
            expect(ours.some(({ row }) => row >= M)).toBe(true);
          }
        }
        const scores = recommender.scores({ ...user, added }, blend);
        expect(scores).toHaveLength(M + A);
      }
    }
  });
});
