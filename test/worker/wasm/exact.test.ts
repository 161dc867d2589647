import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { topK } from '../../../shared/math/topk.ts';
import { biasShare } from '../../../shared/model/bias.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { explainer } from '../../../shared/model/explain.ts';
import type { RatedMovies } from '../../../shared/model/model.ts';
import { scoredBy } from '../../../shared/model/next.ts';
import { foldIn, predictRaw, scoreMovies } from '../../../shared/model/score.ts';
import { passes, type Selection } from '../../../shared/model/scorer.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { wasmSums } from '../../../worker/wasm/posterior.ts';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { Excerpt } from '../../../worker/wasm/served-model.ts';
import { ANY_MOVIE } from '../../fixtures/plain-scorer.ts';
import { fixtureFile, fixtureManifest } from '../app.ts';
import { vectorsOf } from './vectors.ts';

const model = decodeModel(fixtureManifest(), {
  movies: fixtureFile(FILES.movies),
  posterior: fixtureFile(FILES.posterior),
  next: fixtureFile(FILES.next),
});
const { movies } = model;
const vectors = vectorsOf(kernel, movies);
const scorer = new WasmScorer(vectors, model.userPrior);
const served = { ...model, vectors };

/** A user's ratings: few enough for the Bias model to have a share, or many. */
const tastes = fc
  .oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 13, max: 80 }))
  .chain((n) =>
    fc.tuple(
      fc.uniqueArray(fc.nat(movies.count - 1), { minLength: n, maxLength: n }),
      fc.array(fc.integer({ min: 1, max: 10 }), { minLength: n, maxLength: n }),
    ),
  )
  .map(
    ([rows, halves]): RatedMovies => ({
      rows: Int32Array.from(rows),
      stars: Float32Array.from(halves, (half) => half / 2),
    }),
  );

/** Folds a user in as the Worker does: in WASM, from the vectors of the rated movies alone. */
function userOf({ rows, stars }: RatedMovies) {
  return foldIn(
    new Excerpt(served, rows).model,
    { rows: Int32Array.from(rows.keys()), stars },
    wasmSums(vectors, rows),
  );
}

const close = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * (1 + Math.abs(b));

describe('scores of the WASM scorer', () => {
  it('the contributions, popularity and base add up to the score, for all ratings and blends', () => {
    const blends = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(tastes, blends, (rated, blend) => {
        const user = userOf(rated);
        const { explain } = explainer(model, rated, { blend }, user.posterior);
        const list = scorer.best(user, blend, movies.count, ANY_MOVIE);
        expect(list).toHaveLength(movies.count);
        for (const { row, score } of list) {
          const { contributions, popularity, base } = explain(row);
          const size = contributions.reduce((sum, value) => sum + Math.abs(value), Math.abs(score));
          const total = contributions.reduce((sum, value) => sum + value, popularity + base);
          expect(Math.abs(total - score)).toBeLessThanOrEqual(2e-6 * Math.max(1, size));
        }
      }),
      { numRuns: 60, seed: 20261126 },
    );
  });

  it('scores order by predicted rating at blend 1 and by relevance at blend 0, also for newcomers', () => {
    fc.assert(
      fc.property(tastes, (rated) => {
        const user = userOf(rated);
        expect(user.biasShare).toBe(biasShare(rated.rows.length));
        const relevanceOf = (row: number) =>
          Array.from(user.relevance).reduce(
            (sum, x, e) => sum + x * movies.relevance[row * user.relevance.length + e],
            0,
          );
        const orders: [number, (row: number) => number][] = [
          [1, (row) => predictRaw(model, user, row)],
          [0, relevanceOf],
        ];
        for (const [blend, value] of orders) {
          const list = scorer.best(user, blend, 50, ANY_MOVIE);
          const best = Array.from(movies.movieIds.keys(), value).sort((a, b) => b - a);
          list.forEach(({ row, score }, rank) => {
            expect(close(score, value(row))).toBe(true);
            expect(close(value(row), best[rank])).toBe(true);
          });
        }
      }),
      { numRuns: 100, seed: 20261126 },
    );
  });

  it('the best by what is watched next are the best of all movies, for all ratings, filters and lengths', () => {
    const M = movies.count;
    const selections = fc
      .record({
        refused: fc.option(fc.uint8Array({ minLength: M, maxLength: M, max: 1 })),
        hidden: fc.uniqueArray(fc.nat(M - 1), { maxLength: 80 }),
        divisor: fc.integer({ min: 1, max: 4 }),
      })
      .map(({ refused, hidden, divisor }): Selection => ({ refused, hidden, accept: (row) => row % divisor === 0 }));
    const lengths = fc.integer({ min: 1, max: M });
    const popularities = fc.constantFrom(0, 0, -1, 0.5);
    fc.assert(
      fc.property(tastes, selections, lengths, popularities, (rated, selection, k, popularity) => {
        const ordering = { blend: 0, next: model.next, popularity };
        const folded = userOf(rated);
        const user = scoredBy(folded, ordering, model, rated);
        const all = scorer.scoresByRow(user, 0);
        const best = topK(all, k, passes(selection));
        expect(scorer.best(user, 0, k, selection)).toEqual(Array.from(best, (row) => ({ row, score: all[row] })));
        const plain = new Float32Array(M);
        scoreMovies(model, user, 0, plain);
        for (let row = 0; row < M; row++) expect(close(all[row], plain[row])).toBe(true);
        const { explain } = explainer(model, rated, ordering, folded.posterior);
        for (const { row, score } of scorer.best(user, 0, 20, selection)) {
          const { contributions, popularity, base } = explain(row);
          expect(contributions.reduce((sum, value) => sum + value, popularity + base)).toBeCloseTo(score, 5);
        }
      }),
      { numRuns: 150, seed: 20261130 },
    );
  });
});
