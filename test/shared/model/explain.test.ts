import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import { biasShare, movieDeviations } from '../../../shared/model/bias.ts';
import { type Explanation, explainer } from '../../../shared/model/explain.ts';
import type { HistoryWeights, Model, NewcomerShares, RatedMovies } from '../../../shared/model/model.ts';
import { type Ordering, orderedBy } from '../../../shared/model/ordering.ts';
import { identityResponse, sigmoidResponse } from '../../../shared/model/response.ts';
import { foldIn, predictRaw, scoreMovies } from '../../../shared/model/score.ts';
import { standardError } from '../../../shared/model/standard-error.ts';
import { loadFixture, movieTable } from '../../fixtures/model.ts';
import { mulberry } from '../../fixtures/random.ts';

const fixture = await loadFixture();

interface World {
  readonly model: Model;
  readonly rated: RatedMovies;
  readonly blend: number;
}

/** A model of random numbers, none of them zero or symmetric by chance, and a user who rated some of its movies. */
function randomWorld(seed: number, K: number, E: number, n: number, blend: number): World {
  const M = n + 5;
  const D = K + 1;
  const random = mulberry(seed);
  const history = [liked(random), ...(seed % 4 === 0 ? [] : [watched(random)])];
  const S = history.length;
  const numbers = <T extends Float32Array | Float64Array>(type: { new (length: number): T }, length: number) =>
    new type(length).map(() => 2 * random() - 1) as T;
  const ratingCounts = Int32Array.from({ length: M }, () => Math.floor(100 * random()));
  const ratingMeans = numbers(Float32Array, M).map((value) => 3 + value);
  const movies = movieTable(Array(M).fill('A film'), {
    factorCount: K,
    relevanceCount: E,
    scaleCount: S,
    ratingCounts,
    ratingMeans,
    deviations: movieDeviations(ratingCounts, ratingMeans, 3.2),
    biases: numbers(Float32Array, M),
    factors: numbers(Float32Array, M * K),
    relevance: numbers(Float32Array, M * E),
    history: numbers(Float32Array, M * S * E),
    priors: numbers(Float32Array, M * D),
    factorVariances: numbers(Float32Array, M * K).map(Math.abs),
  });
  const root = numbers(Float64Array, D * D);
  const precision = new Float64Array(D * D); // root rootᵀ + I
  for (let x = 0; x < D; x++) {
    for (let y = 0; y < D; y++) {
      precision[x * D + y] = x === y ? 1 : 0;
      for (let z = 0; z < D; z++) precision[x * D + y] += root[x * D + z] * root[y * D + z];
    }
  }
  const model: Model = {
    manifest: fixture.manifest,
    movies,
    userPrior: {
      tau: 0.5 + 2 * random(),
      mean: 3.2,
      response: seed % 2 === 0 ? identityResponse(3.2) : sigmoidResponse(3.2, { min: 0, max: 5.5 }),
      precision,
      constants: numbers(Float64Array, 3 * D),
    },
    relevancePrior: {
      history,
      base: numbers(Float32Array, E),
      newcomer: numbers(Float32Array, (E + 1) * E),
      newcomerDecay: 1 + 20 * random(),
      // Artifacts of earlier releases lack it.
      newcomerShares: seed % 3 === 0 ? undefined : sharesOf(1 + (seed % 30), E, random),
      ...(seed % 5 > 0 && { trend: { days: 0.2 + random(), weight: 4 * random() } }),
    },
    seen: fixture.seen,
    newMovie: numbers(Float64Array, D),
    profiles: [],
  };
  const rows = Int32Array.from({ length: M }, (_, row) => row).slice(2, 2 + n);
  const stars = rows.length ? starsOf(rows, random) : new Float32Array(0);
  return { model, rated: { rows, stars, ...(seed % 2 === 0 && { days: 3 * random() }) }, blend };
}

function liked(random: () => number): HistoryWeights {
  return { decay: 1 + 20 * random(), floor: random(), likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 };
}

function watched(random: () => number): HistoryWeights {
  const days = 0.2 + random();
  return { decay: 1 + 5 * random(), floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0, visitDays: days };
}

function sharesOf(N: number, E: number, random: () => number): NewcomerShares {
  return {
    later: Float32Array.from({ length: E }, random),
    laterShares: Float64Array.from({ length: N }, random),
    tasteShares: Float64Array.from({ length: N }, random),
    ...(N % 2 === 0 && { favouritesShare: random() }),
  };
}

function starsOf(rows: Int32Array, random: () => number): Float32Array {
  return Float32Array.from(rows, () => (1 + Math.floor(10 * random())) / 2);
}

const worlds = fc
  .tuple(
    fc.nat(),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 13, max: 60 })),
    fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  )
  .map((settings) => randomWorld(...settings));

/** The score in float64 from the user vectors, without `explain.ts`. */
function scoreOf({ model, rated, ...ordering }: World & Ordering, row: number): number {
  const user = orderedBy(foldIn(model, rated), ordering, model.relevancePrior, rated.rows.length);
  const { relevanceCount: E, relevance, ratingCounts } = model.movies;
  const { blend, certainty = 0 } = ordering;
  let sum = 0;
  for (let e = 0; e < E; e++) sum += user.relevance[e] * relevance[row * E + e];
  const lower = predictRaw(model, user, row) - certainty * standardError(ratingCounts[row], model.userPrior);
  return blend * lower + (1 - blend) * sum;
}

function total({ base, popularity, contributions }: Explanation): number {
  return contributions.reduce((sum, value) => sum + value, base + popularity);
}

describe('contributions', () => {
  it('contributions, popularity and base add up to the score, for every model, rating and blend', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { explain } = explainer(world.model, world.rated, world);
        for (let row = 0; row < world.model.movies.count; row += 3) {
          const score = scoreOf(world, row);
          const explanation = explain(row);
          const size = explanation.contributions.reduce((sum, value) => sum + Math.abs(value), Math.abs(score));
          expect(Math.abs(total(explanation) - score)).toBeLessThanOrEqual(1e-9 * Math.max(1, size));
          expect(Math.abs(total(explanation) - score)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(score)));
        }
      }),
      { numRuns: 300, seed: 20261124 },
    );
  });

  it('the scales of a history add up to the contributions at blend 0, and each is that of a history without the other', () => {
    fc.assert(
      fc.property(worlds, ({ model, rated }) => {
        const { scaleCount: S, relevanceCount: E, history } = model.movies;
        const row = model.movies.count - 1;
        const { contributions, byScale } = explainer(model, rated, { blend: 0 }).explain(row);
        for (let s = 0; s < S; s++) {
          const alone = history.map((value, at) => (Math.floor(at / E) % S === s ? value : 0));
          const own = explainer({ ...model, movies: { ...model.movies, history: alone } }, rated, { blend: 0 });
          own.explain(row).contributions.forEach((value, j) => {
            expect(byScale[j * S + s]).toBeCloseTo(value, 9);
          });
        }
        contributions.forEach((value, j) => {
          expect(byScale.subarray(j * S, (j + 1) * S).reduce((a, b) => a + b)).toBeCloseTo(value, 9);
        });
        expect(
          explainer(model, rated, { blend: 1 })
            .explain(row)
            .byScale.every((value) => value === 0),
        ).toBe(true);
      }),
      { numRuns: 100, seed: 20261130 },
    );
  });

  it('other stars for one movie change that movie’s contribution alone, by as much as the score', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), (world, pick) => {
        const { model, rated, blend } = world;
        // With another response function a rating also moves the tangent, and with it every part.
        fc.pre(rated.rows.length > 0 && model.userPrior.response.linear);
        const j = pick % rated.rows.length;
        const stars = rated.stars.slice();
        stars[j] = stars[j] >= 3 ? 1 : 5;
        const changed = { ...rated, stars };
        const [before, after] = [explainer(model, rated, { blend }), explainer(model, changed, { blend })];
        const row = model.movies.count - 1;
        const [was, is] = [before.explain(row), after.explain(row)];
        expect(is.base).toBeCloseTo(was.base, 9);
        expect(is.popularity).toBeCloseTo(was.popularity, 9);
        is.contributions.forEach((value, at) => {
          if (at !== j) expect(value).toBeCloseTo(was.contributions[at], 9);
        });
        const change = scoreOf({ model, rated: changed, blend }, row) - scoreOf(world, row);
        expect(is.contributions[j] - was.contributions[j]).toBeCloseTo(change, 8);
      }),
      { numRuns: 200, seed: 20261124 },
    );
  });

  it('they add up for every popularity and certainty; popularity changes its part alone, certainty base alone', () => {
    const asked = fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0, max: 4, noNaN: true }));
    fc.assert(
      fc.property(worlds, asked, (world, [popularity, certainty]) => {
        const { model, rated, blend } = world;
        const [plain, moved] = [{ blend }, { blend, popularity, certainty }].map((ordering) =>
          explainer(model, rated, ordering),
        );
        const { relevanceCount: E } = model.movies;
        const popular = model.relevancePrior.newcomer.subarray(E * E);
        for (let row = 0; row < model.movies.count; row += 7) {
          const [was, is] = [plain.explain(row), moved.explain(row)];
          const size = is.contributions.reduce((sum, value) => sum + Math.abs(value), 1);
          expect(Math.abs(total(is) - scoreOf({ ...world, popularity, certainty }, row))).toBeLessThan(1e-8 * size);
          expect(is.contributions).toEqual(was.contributions);
          const doubt = blend * certainty * standardError(model.movies.ratingCounts[row], model.userPrior);
          expect(was.base - is.base).toBeCloseTo(doubt, 9);
          const share = (1 - blend) * popularity * (rated.rows.length === 0 ? 0.5 : 1);
          const added = popular.reduce((sum, value, e) => sum + value * model.movies.relevance[row * E + e], 0);
          expect(is.popularity - was.popularity).toBeCloseTo(share * added, 8);
        }
      }),
      { numRuns: 100, seed: 20261130 },
    );
  });

  it('without ratings popularity and base are the whole score', () => {
    const world = randomWorld(7, 4, 5, 0, 0.3);
    const { base, popularity, contributions } = explainer(world.model, world.rated, world).explain(1);
    expect(contributions).toHaveLength(0);
    expect(base + popularity).toBeCloseTo(scoreOf(world, 1), 10);
  });

  it('popularity is the relevance to somebody to whom as many movies say nothing; base is of ratings', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { model, rated, blend } = world;
        const silent = { ...model.movies, history: new Float32Array(model.movies.history.length) };
        const { relevance } = foldIn({ ...model, movies: silent }, rated);
        const { relevanceCount: E, relevance: vectors } = model.movies;
        const { explain } = explainer(model, rated, { blend });
        for (let row = 0; row < model.movies.count; row += 5) {
          let expected = 0;
          for (let e = 0; e < E; e++) expected += (1 - blend) * relevance[e] * vectors[row * E + e];
          expect(explain(row).popularity).toBeCloseTo(expected, 8);
          if (blend === 0) expect(explain(row).base).toBe(0);
          if (blend === 1) expect(explain(row).popularity).toBe(0);
        }
      }),
      { numRuns: 100, seed: 20261130 },
    );
  });

  it('contributions add up to the scores of trained users within the rounding of what is stored', async () => {
    const scores = new Float32Array(fixture.movies.count);
    for await (const stored of readAllUsers(fixture.users, fixture.manifest)) {
      const rated = { rows: Int32Array.from(stored.movieIds, fixture.movies.rowOf), stars: stored.stars };
      expect(biasShare(rated.rows.length)).toBe(0);
      scoreMovies(fixture, { ...stored, biasShare: 0, deviation: 0 }, 0.4, scores);
      const { explain } = explainer(fixture, rated, { blend: 0.4 });
      for (let row = 0; row < scores.length; row += 17) {
        expect(Math.abs(total(explain(row)) - scores[row])).toBeLessThan(1e-3);
      }
    }
  });
});

describe('uncertainty', () => {
  it('uncertainty is at least the noise of one rating, and shrinks as ratings come in', () => {
    const { model, rated } = randomWorld(12, 6, 3, 30, 1); // a linear response: each rating adds precision
    const after = (n: number) =>
      explainer(model, { rows: rated.rows.slice(0, n), stars: rated.stars.slice(0, n) }, { blend: 1 }).uncertainty(0);
    const widths = [0, 1, 5, 30].map(after);
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(widths[0]).toBeGreaterThan(widths[3]);
    expect(widths[3]).toBeGreaterThan(1 / Math.sqrt(model.userPrior.tau));
  });
});
