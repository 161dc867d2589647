import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC as readWithFlechette } from '@uwdata/flechette';
import { type Table, tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMBEDDED_DATASET, loadDataset } from '../../trainer/data/index.ts';
import { noTensorflow } from '../optional-parts.ts';
import { newFolder, ratingsCsv, readCsv, succeed } from './command.ts';
import { getJson, type Server, startServer } from './server.ts';

/**
 * One model, three ways to its answers: the server over HTTP, the batch command, and what stands below: the formulas
 * of shared/README.md in plain float64 over the Arrow files, sharing no code with the other two.
 */
const [K, E, D] = [15, 16, 16];
const SIZES = ['--factors', `${K}`, '--relevance-factors', `${E}`];
const MODELS = [
  { model: 'vb', flags: ['--sweeps', '5'], range: null },
  {
    model: 'dot',
    range: { min: 0, max: 5.5 },
    flags: ['--epochs', '3', '--batch-size', '1024', '--lr', '0.05', '--backend', 'wasm'],
  },
];
const USERS = 50;
const TOP = 20;

interface PlainMovie {
  movieId: number;
  ratingCount: number;
  bias: number;
  factors: number[];
  relevance: number[];
  history: number[];
  prior: number[];
  factorVariance: number[];
}

interface PlainUser {
  userId: number;
  bias: number;
  factors: number[];
  relevance: number[];
  rated: number[];
  ratings: number[];
}

interface PlainPosterior {
  tau: number;
  mean: number;
  decay: number[]; // (S), as the next four
  floor: number[];
  likeFrom: number[];
  dislikeBelow: number[];
  dislikeWeight: number[];
  precision: number[];
  constants: number[];
  base: number[];
  stranger: number[];
  strangerDecay: number;
  favouritesShare: number;
  later: number[];
  laterShares: number[];
  tasteShares: number[];
  visitDays: number[]; // (S), NaN where a scale has none
  trend: [days: number, weight: number];
}

/** A value of an Arrow reader as plain numbers, texts, nulls and arrays of them. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  return Array.from(value as Iterable<unknown>, plain);
}

/** Rows of a table as plain objects. */
function rowsOf<T>(table: Table): T[] {
  const columns = table.schema.fields.map(({ name }) => [name, table.getChild(name)!] as const);
  return Array.from(
    { length: table.numRows },
    (_, row) => Object.fromEntries(columns.map(([name, column]) => [name, plain(column.get(row))])) as T,
  );
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, x) => sum + value * b[x], 0);
}

interface Item {
  readonly movieId: number;
  readonly score: number;
  readonly predictedRating: number;
}

/** Expects the same movies at the same ranks, but where two are tied, and numbers within 1e-4. */
function expectSame(got: readonly Item[], wanted: readonly Item[], what: string): void {
  expect(got.length, what).toBe(TOP);
  got.forEach((item, rank) => {
    const { movieId, score } = wanted[rank];
    expect(Math.abs(item.score - score), `${what}, rank ${rank}: score`).toBeLessThan(1e-4);
    const same = wanted.find((other) => other.movieId === item.movieId);
    const tied = rank === TOP - 1 || Math.abs((same?.score ?? Number.NaN) - score) < 1e-5;
    if (item.movieId !== movieId && !tied) expect(item.movieId, `${what}, rank ${rank}`).toBe(movieId);
    if (same) expect(Math.abs(item.predictedRating - same.predictedRating), what).toBeLessThan(1e-4);
  });
}

const TRAINABLE = MODELS.filter(({ model }) => model === 'vb' || !noTensorflow);

describe.each(TRAINABLE)('of the model $model,', ({ model, flags, range }) => {
  let folder: string;
  let server: Server;
  let artifact: string;
  let movies: PlainMovie[];
  let users: PlainUser[];
  let posterior: PlainPosterior;
  let S: number; // scales of a history

  async function open(name: string): Promise<Table> {
    return tableFromIPC(await readFile(join(artifact, name)));
  }

  beforeAll(async () => {
    folder = await newFolder();
    server = await startServer(join(folder, 'state'), [
      '--data',
      EMBEDDED_DATASET,
      '--model',
      model,
      ...flags,
      ...SIZES,
    ]);
    artifact = server.artifact;
    movies = rowsOf(await open('movies.arrow'));
    users = rowsOf(await open('users.arrow'));
    [posterior] = rowsOf<PlainPosterior>(await open('posterior.arrow'));
    S = posterior.decay.length;
  });

  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** 50 users, spread over all. */
  function chosen(): PlainUser[] {
    return Array.from({ length: USERS }, (_, i) => users[Math.floor((i * users.length) / USERS)]);
  }

  const byRelevance = (user: PlainUser, movie: PlainMovie) => dot(user.relevance, movie.relevance);
  const byRating = (user: PlainUser, movie: PlainMovie) =>
    intercept() + user.bias + movie.bias + dot(user.factors, movie.factors);

  /** Two standard errors below the prediction. */
  const surelyByRating = (user: PlainUser, movie: PlainMovie) => byRating(user, movie) - 2 * standardError(movie);

  function standardError({ ratingCount }: PlainMovie): number {
    const stars = 1 / Math.sqrt(posterior.tau * (ratingCount + 5));
    if (!range) return stars;
    const share = (posterior.mean - range.min) / (range.max - range.min);
    return stars / ((range.max - range.min) * share * (1 - share));
  }

  /** The score of the mean rating. */
  function intercept(): number {
    if (!range) return posterior.mean;
    const share = (posterior.mean - range.min) / (range.max - range.min);
    return Math.log(share / (1 - share));
  }

  function starsOf(score: number): number {
    return range ? range.min + (range.max - range.min) / (1 + Math.exp(-score)) : score;
  }

  /**
   * (1 − s)(base + h) + s (φ ℓ⁴ h + a_n h · map + (1 − g_n) popular + g_n later), [map, popular] = stranger, s = e^(−(n/d)⁴),
   * h = Σ v_js A_js, v_js = w_js (1 liked, −0.2 disliked) / √Σw, w_js fading; days after the newest rating h loses
   * e^(−days / visitDays) of a scale that has them, and the last number gains the trend's weight.
   */
  function relevanceVector(rated: readonly PlainMovie[], stars: readonly number[], days = 0): number[] {
    const { decay, floor, likeFrom, dislikeBelow, dislikeWeight, base, stranger, strangerDecay } = posterior;
    const { later, laterShares, tasteShares, favouritesShare, visitDays, trend } = posterior;
    const lately = trend[1] * (1 - Math.exp(-days / trend[0]));
    const v = decay.map((_, s) => {
      const w = stars.map((_, j) => floor[s] + (1 - floor[s]) * Math.exp(-(stars.length - 1 - j) / decay[s]));
      const total = Math.sqrt(w.reduce((a, b) => a + b));
      const signs = stars.map((r) => (r >= likeFrom[s] ? 1 : r < dislikeBelow[s] ? dislikeWeight[s] : 0));
      const left = Number.isNaN(visitDays[s]) ? 1 : Math.exp(-days / visitDays[s]);
      return w.map((weight, j) => (left * weight * signs[j]) / total);
    });
    const s = Math.exp(-((stars.length / strangerDecay) ** 4));
    const h = base.map((_, e) =>
      v.reduce((all, own, s) => rated.reduce((sum, movie, j) => sum + own[j] * movie.history[s * E + e], all), 0),
    );
    const [a, g] = [tasteShares, laterShares].map((shares) => shares[Math.min(stars.length, shares.length - 1)]);
    const liked = stars.filter((r) => r >= Math.max(...likeFrom)).length / (stars.length + 1);
    return base.map((value, e) => {
      const taste = h.reduce((sum, x, axis) => sum + x * stranger[axis * E + e], 0);
      const constant = (1 - g) * stranger[E * E + e] + g * later[e];
      return (
        (1 - s) * (value + h[e]) +
        s * (favouritesShare * liked ** 4 * h[e] + a * taste + constant) +
        (e === E - 1 ? lately : 0)
      );
    });
  }

  /** A user of years ago, as they come back today. */
  function comesBack(user: PlainUser): PlainUser {
    const byId = new Map(movies.map((movie) => [movie.movieId, movie]));
    const rated = user.rated.map((movieId) => byId.get(movieId)!);
    const stars = user.ratings.map((halfStars) => halfStars / 2);
    const [now, then] = [30, 0].map((days) => relevanceVector(rated, stars, days));
    return { ...user, relevance: user.relevance.map((value, e) => value + now[e] - then[e]) };
  }

  /** The best unrated movies of a user, in float64. */
  function plainTop(user: PlainUser, score: (user: PlainUser, movie: PlainMovie) => number): Item[] {
    const rated = new Set(user.rated);
    return movies
      .filter(({ movieId }) => !rated.has(movieId))
      .map((movie) => ({
        movieId: movie.movieId,
        score: score(user, movie),
        predictedRating: Math.max(0.5, Math.min(5, starsOf(byRating(user, movie)))),
      }))
      .sort((a, b) => b.score - a.score || a.movieId - b.movieId)
      .slice(0, TOP);
  }

  describe.each([
    ['relevance', byRelevance],
    ['rating', surelyByRating],
  ])('the top 20 of 50 users by %s', (by, score) => {
    it('is the same over HTTP and from the Arrow files', async () => {
      for (const user of chosen()) {
        const answer = await getJson(`${server.url}/recommend?user=${user.userId}&by=${by}`);
        expect(answer).toMatchObject({ basis: 'trained', ratings: user.rated.length });
        expectSame(answer.items, plainTop(comesBack(user), score), `user ${user.userId}`);
      }
    });

    it('is the same from npm run recommend, which folds their training ratings in as of the newest', async () => {
      const wanted = new Set(chosen().map(({ userId }) => userId));
      const { ratings } = await loadDataset(EMBEDDED_DATASET);
      const [shown, out] = [join(folder, `shown-${by}.csv`), join(folder, `out-${by}.csv`)];
      await writeFile(
        shown,
        ratingsCsv(ratings, (userId) => wanted.has(userId)),
      );
      await succeed('recommend', ['--model', artifact, '--ratings', shown, '--by', by, '--out', out]);
      const rows = (await readCsv(out)) as unknown as (Item & { userId: number })[];
      expect(rows).toHaveLength(USERS * TOP);
      for (const user of chosen()) {
        const own = rows.filter(({ userId }) => userId === user.userId);
        expectSame(own, plainTop(user, score), `user ${user.userId}`);
      }
    });
  });

  describe('folding in', () => {
    /** x = A⁻¹ b by Gauss-Jordan elimination with pivots. */
    function solve(a: number[][], b: number[]): number[] {
      const rows = a.map((row, i) => [...row, b[i]]);
      for (let x = 0; x < rows.length; x++) {
        const pivot = rows
          .slice(x)
          .reduce((best, row, i) => (Math.abs(row[x]) > Math.abs(rows[best][x]) ? x + i : best), x);
        [rows[x], rows[pivot]] = [rows[pivot], rows[x]];
        rows.forEach((row, i) => {
          if (i === x) return;
          const factor = row[x] / rows[x][x];
          for (let y = x; y < row.length; y++) row[y] -= factor * rows[x][y];
        });
      }
      return rows.map((row, x) => row[row.length - 1] / row[x]);
    }

    /** Fold-in: A = Σ w (f fᵀ + diag v) + Λ, x = A⁻¹ (Σ w f z + Λ m), w = τ and z = r − μ − b without a sigmoid. */
    function ratingVector(rated: readonly PlainMovie[], stars: readonly number[]): number[] {
      const axes = Array.from({ length: D }, (_, x) => x);
      const n = rated.length;
      const f = (movie: PlainMovie, x: number) => (x < K ? movie.factors[x] : 1);
      const lambda = (x: number, y: number) => posterior.precision[x * D + y];
      const sum = (term: (movie: PlainMovie, j: number) => number) =>
        rated.reduce((s, movie, j) => s + term(movie, j), 0);
      const [one, log, root] = [1, Math.log(1 + n) / 5, 1 / Math.sqrt(1 + n)];
      const c = posterior.constants;
      const m = axes.map(
        (x) => sum((movie) => movie.prior[x]) / Math.sqrt(n + 5) + one * c[x] + log * c[D + x] + root * c[2 * D + x],
      );
      // Through a sigmoid: the same solve, again and again, on tangents at the vector before it.
      let x = m;
      for (let step = 0; step < (range ? 12 : 1); step++) x = tangentSolve(x);
      return x;

      function tangentSolve(at: readonly number[]): number[] {
        const tangents = rated.map((movie, j) => {
          const taste = axes.reduce((s, x) => s + f(movie, x) * at[x], 0);
          const base = intercept() + movie.bias;
          if (!range) return { weight: posterior.tau, wanted: stars[j] - base };
          const slope = (starsOf(base + taste + 1e-4) - starsOf(base + taste - 1e-4)) / 2e-4;
          return { weight: posterior.tau * slope ** 2, wanted: taste + (stars[j] - starsOf(base + taste)) / slope };
        });
        const precision = axes.map((x) =>
          axes.map((y) => {
            const own = sum((movie, j) => tangents[j].weight * f(movie, x) * f(movie, y));
            const variance = x === y && x < K ? sum((movie, j) => tangents[j].weight * movie.factorVariance[x]) : 0;
            return own + variance + lambda(x, y);
          }),
        );
        const right = axes.map((x) => {
          const residuals = sum((movie, j) => tangents[j].weight * f(movie, x) * tangents[j].wanted);
          return residuals + axes.reduce((s, y) => s + lambda(x, y) * m[y], 0);
        });
        return solve(precision, right);
      }
    }

    it("a user's training ratings gives the stored vector within 1e-3", () => {
      const byId = new Map(movies.map((movie) => [movie.movieId, movie]));
      for (const user of chosen()) {
        const rated = user.rated.map((movieId) => byId.get(movieId)!);
        const stars = user.ratings.map((halfStars) => halfStars / 2);
        const folded = [...ratingVector(rated, stars), ...relevanceVector(rated, stars)];
        const stored = [...user.factors, user.bias, ...user.relevance];
        const worst = Math.max(...stored.map((value, x) => Math.abs(value - folded[x])));
        expect(worst, `user ${user.userId}`).toBeLessThan(1e-3);
      }
    });
  });

  describe('the Arrow files', () => {
    it.each(['movies.arrow', 'users.arrow', 'posterior.arrow'])(
      '%s holds the same values for two readers',
      async (name) => {
        const one = await open(name);
        const other = readWithFlechette(new Uint8Array(await readFile(join(artifact, name))));
        expect(other.numRows).toBe(one.numRows);
        expect(other.schema.fields.map((field) => field.name)).toEqual(one.schema.fields.map((field) => field.name));
        for (const { name: column } of one.schema.fields) {
          const [left, right] = [one.getChild(column)!, other.getChild(column)!];
          const differing = Array.from({ length: one.numRows }, (_, row) => row).filter(
            (row) => JSON.stringify(plain(left.get(row))) !== JSON.stringify(plain(right.at(row))),
          );
          expect(differing, column).toEqual([]);
        }
      },
    );

    const columnsOf = (table: Table) =>
      Object.fromEntries(
        table.schema.fields.map(({ name, type, nullable }) => [name, `${type}${nullable ? '?' : ''}`]),
      );
    const vector = (width: number, item = 'Float32') => `FixedSizeList[${width}]<${item}>`;

    it('movies.arrow has the columns of the contract, in one batch, ascending by id', async () => {
      const table = await open('movies.arrow');
      expect(Object.entries(columnsOf(table))).toEqual(
        Object.entries({
          movieId: 'Int32',
          title: 'Utf8',
          year: 'Int16?',
          genres: 'List<Dictionary<Int8, Utf8>>',
          ratingCount: 'Int32',
          ratingMean: 'Float32',
          bias: 'Float32',
          factors: vector(K),
          relevance: vector(E),
          history: vector(S * E),
          prior: vector(D),
          factorVariance: vector(K),
        }),
      );
      expect(table.batches).toHaveLength(1);
      expect(movies.every(({ movieId }, row) => row === 0 || movieId > movies[row - 1].movieId)).toBe(true);
    });

    it('users.arrow has batches of 64 users, ascending by id, and an index of their first ids', async () => {
      const table = await open('users.arrow');
      expect(Object.entries(columnsOf(table))).toEqual(
        Object.entries({
          userId: 'Int32',
          bias: 'Float32',
          factors: vector(K),
          relevance: vector(E),
          rated: 'List<Int32>',
          ratings: 'List<Uint8>',
          times: 'List<Uint32>',
        }),
      );
      expect(table.batches.map(({ numRows }) => numRows)).toEqual([...Array(10).fill(64), 31]);
      const index = Buffer.from(table.schema.metadata.get('firstUserIds')!, 'base64');
      const firsts = Array.from({ length: index.length / 4 }, (_, b) => index.readInt32LE(4 * b));
      expect(firsts).toEqual(table.batches.map((_, b) => users[64 * b].userId));
      expect(users.every(({ userId }, row) => row === 0 || userId > users[row - 1].userId)).toBe(true);
    });

    it('posterior.arrow is one row of what folding in needs', async () => {
      const scalars = ['tau', 'mean', 'strangerDecay', 'favouritesShare'];
      const scales = ['decay', 'floor', 'likeFrom', 'dislikeBelow', 'dislikeWeight'];
      expect(columnsOf(await open('posterior.arrow'))).toEqual({
        ...Object.fromEntries(scalars.map((name) => [name, 'Float64'])),
        ...Object.fromEntries(scales.map((name) => [name, vector(S, 'Float64')])),
        visitDays: vector(S, 'Float64'),
        trend: vector(2, 'Float64'),
        precision: vector(D * D, 'Float64'),
        constants: vector(3 * D, 'Float64'),
        base: vector(E),
        stranger: vector((E + 1) * E),
        later: vector(E),
        laterShares: vector(16, 'Float64'), // 0 to 15 ratings
        tasteShares: vector(16, 'Float64'),
        newMovie: vector(D, 'Float64'),
        kindGenres: 'List<Utf8>',
        seenMovieIds: vector(300, 'Int32'),
        seenFactors: vector(300 * 16), // the factors of who has seen what
        seenNoise: vector(300),
        kinds: vector((19 + 26) * D, 'Float64'), // genres, and four years each
      });
    });
  });
});
