import { describe, expect, it } from 'vitest';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import { rowFilter } from '../../../shared/filters/select.ts';
import { openArtifact } from '../../../trainer/artifact/artifact.ts';
import type { Pairs, Ratings } from '../../../trainer/data/dataset.ts';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { random, STREAMS } from '../../../trainer/math/random.ts';
import { NO_FEATURES } from '../../../trainer/models/movie-features.ts';
import { factorize } from '../../../trainer/models/variational/factorize.ts';
import type { VariationalOptions } from '../../../trainer/models/variational/settings.ts';
import { predictPairs } from '../../../trainer/predict/predict.ts';
import { train } from '../../../trainer/train/train.ts';
import { datasetOf, lowRank, ratingsOf } from '../../fixtures/datasets.ts';
import { variationalOptions } from '../../fixtures/options.ts';

const MOST = 2 ** 31 - 1;

/** User, movie, and what else there is. */
type Row = readonly [number, number, ...number[]];
type Trained = ReturnType<typeof openArtifact>;

async function trained(ratings: Ratings, changed: Partial<VariationalOptions> = {}): Promise<Trained> {
  const engine = await openEngine('wasm', { threads: 2 });
  try {
    const options = variationalOptions({ factors: 7, relevanceFactors: 8, sweeps: 8, ...changed });
    return openArtifact(await train(engine, datasetOf(ratings), options));
  } finally {
    await engine.close();
  }
}

/** Every number that predictions are made of is one. */
async function expectFinite({ movies, userPrior, relevancePrior, newMovie, users, manifest }: Trained): Promise<void> {
  for (const [name, values] of Object.entries({ ...movies, ...userPrior, ...relevancePrior, newMovie })) {
    if (values instanceof Float32Array || values instanceof Float64Array) {
      expect(values.every(Number.isFinite), name).toBe(true);
    }
  }
  expect(manifest.tau).toBeLessThan(Number.POSITIVE_INFINITY);
  for await (const { userId, bias, factors, relevance } of readAllUsers(users, manifest)) {
    expect([bias, ...factors, ...relevance].every(Number.isFinite), `user ${userId}`).toBe(true);
  }
}

function predict({ users, ...model }: Trained, pairs: readonly Row[]): Promise<Float32Array> {
  const columns: Pairs = {
    count: pairs.length,
    userIds: Int32Array.from(pairs, ([user]) => user),
    movieIds: Int32Array.from(pairs, ([, movie]) => movie),
  };
  return predictPairs(model, users, columns, null);
}

/** Error of what is predicted of the ratings that it was trained on, stars. */
async function trainingError(model: Trained, rows: readonly Row[]): Promise<number> {
  const predicted = await predict(model, rows);
  return Math.sqrt(predicted.reduce((sum, value, i) => sum + (value - rows[i][2]) ** 2, 0) / rows.length);
}

describe('training on wasm', () => {
  it('on one rating predicts near it', async () => {
    const artifact = await trained(ratingsOf([[7, 7, 3]]));
    await expectFinite(artifact);
    for (const stars of await predict(artifact, [
      [7, 7],
      [8, 8],
    ]))
      expect(stars).toBeCloseTo(3, 1);
  });

  it.each([5, 0.5])('on ratings that are all %d stars predicts these', async (stars) => {
    const rows = Array.from({ length: 400 }, (_, i) => [i % 40, Math.floor(i / 7), stars, i] as const);
    const artifact = await trained(ratingsOf(rows));
    await expectFinite(artifact);
    const asked: [number, number][] = [
      [0, 0],
      [39, 57],
      [0, 57],
      [999, 0],
      [0, 999],
    ];
    for (const predicted of await predict(artifact, asked)) expect(predicted).toBeCloseTo(stars, 2);
    expect(artifact.manifest.scale).toMatchObject({ min: stars, max: stars });
  });

  it('on users and movies of one rating each leans on the mean', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => [i, 1000 + i, i % 2 ? 5 : 2, i] as const);
    const artifact = await trained(ratingsOf(rows));
    await expectFinite(artifact);
    const [loved, loathed, stranger] = await predict(artifact, [
      [1, 1001],
      [0, 1000],
      [9999, 9999],
    ]);
    expect(loved).toBeGreaterThanOrEqual(stranger);
    expect(loathed).toBeLessThanOrEqual(stranger);
    expect(stranger).toBeCloseTo(3.5, 0);
  });

  it('on users and movies of one rating among others of many', async () => {
    const { count, userIds, movieIds, stars } = lowRank(120, 80, 0.5);
    const rows = Array.from({ length: count }, (_, i) => [userIds[i], movieIds[i], stars[i], i] as const);
    const artifact = await trained(ratingsOf([...rows, [5000, 1, 5, 1], [5001, 6000, 1, 1], [1, 6001, 5, 1]]));
    await expectFinite(artifact);
    expect(await trainingError(artifact, rows.slice(0, 500))).toBeLessThan(0.6);
    const [hater, other] = await predict(artifact, [
      [5001, 1],
      [5000, 1],
    ]);
    expect(hater).toBeLessThan(other);
  });

  it('on the least and the largest ids keeps them', async () => {
    const ids = (id: number, most: number) => (id === 1 ? 0 : id === most ? MOST : id * 10_000_000);
    const { count, userIds, movieIds, stars } = lowRank(60, 50, 0.5);
    const rows = Array.from(
      { length: count },
      (_, i) => [ids(userIds[i], 60), ids(movieIds[i], 50), stars[i]] as const,
    );
    const artifact = await trained(ratingsOf(rows));
    await expectFinite(artifact);
    const { movies, users, manifest } = artifact;
    expect([movies.movieIds[0], movies.movieIds.at(-1), movies.rowOf(MOST)]).toEqual([0, MOST, 49]);
    const known: number[] = [];
    for await (const { userId } of readAllUsers(users, manifest)) known.push(userId);
    expect([known[0], known.at(-1)]).toEqual([0, MOST]);
    const small = await trained(lowRank(60, 50, 0.5));
    const renamed = await predict(artifact, [
      [0, 0],
      [MOST, MOST],
    ]);
    for (const [i, stars] of (
      await predict(small, [
        [1, 1],
        [60, 50],
      ])
    ).entries())
      expect(renamed[i]).toBe(stars);
  });

  it('on a user of 100,000 ratings learns them and leaves the others alone', async () => {
    const MANY = 100_000;
    const { count, userIds, movieIds, stars } = lowRank(100, 80, 0.5);
    const source = random(3, STREAMS.synthetic);
    const rows = Array.from({ length: count }, (_, i) => [userIds[i], movieIds[i], stars[i], i] as const);
    for (let m = 1; m <= MANY; m++) rows.push([777, m, Math.ceil(2 + 8 * source.uniform()) / 2, m]);
    const artifact = await trained(ratingsOf(rows), { sweeps: 4 });
    await expectFinite(artifact);
    expect(artifact.manifest.dataset).toMatchObject({ ratings: count + MANY, movies: MANY });
    expect(await trainingError(artifact, rows.slice(0, 500))).toBeLessThan(0.6);
    const [own] = await predict(artifact, [[777, 500_000]]);
    expect(own).toBeGreaterThan(2.5);
    expect(own).toBeLessThan(4);
  });
});

describe('training on many genres', () => {
  it('training on 200 genres gives a model that can be filtered by each', async () => {
    const ratings = lowRank(40, 100, 0.5);
    const movie = (movieId: number) => {
      const genres = [`genre ${2 * movieId - 2}`, `genre ${2 * movieId - 1}`];
      return [movieId, { movieId, title: `Film ${movieId}`, year: 1990, genres }] as const;
    };
    const catalogue = new Map(Array.from({ length: 100 }, (_, row) => movie(row + 1)));
    const engine = await openEngine('wasm', { threads: 2 });
    const options = variationalOptions({ factors: 7, relevanceFactors: 8, sweeps: 3 });
    const artifact = openArtifact(await train(engine, datasetOf(ratings, catalogue), options));
    await engine.close();
    await expectFinite(artifact);
    expect(artifact.movies.genreNames).toHaveLength(200);
    const accept = rowFilter(artifact.movies, { genre: ['genre 199', 'genre 40'] });
    expect([...artifact.movies.movieIds].filter((_, row) => accept(row))).toEqual([21, 100]);
  });
});

describe('training that diverges', () => {
  const matrix = indexRatings(lowRank(30, 20, 0.5));
  const options = { ...variationalOptions({ factors: 4, sweeps: 3 }), userRidge: 2 };

  it.each([
    ['wasm', 1e-45],
    ['js', 1e308],
  ])('on %s from a rating precision of %d says so instead of giving a model', async (engineName, tau) => {
    const engine = await openEngine(engineName, { threads: 1 });
    const work = factorize(engine, matrix, NO_FEATURES, { ...options, tau, learnTauFrom: 1000 });
    await expect(work).rejects.toMatchObject({
      code: 'training-diverged',
      message: 'a precision matrix is not positive definite',
      fix: expect.stringMatching(/options/),
    });
    await engine.close();
  });

  it('says what became of which number', async () => {
    const engine = jsEngine();
    const noError = { ...engine, expectedSquaredError: async () => 0 };
    await expect(factorize(noError, matrix, NO_FEATURES, options)).rejects.toMatchObject({
      code: 'training-diverged',
      message: 'training diverged: the precision of a rating became Infinity',
    });
    let solved = 0;
    const lost: Engine = {
      ...engine,
      solveRows: (args) => {
        engine.solveRows(args);
        solved++;
      },
      // After all sweeps and the last solve of the users.
      read: async (tensor) => {
        const values = await engine.read(tensor);
        return solved > 2 * options.sweeps ? values.fill(Number.NaN, 0, 1) : values;
      },
    };
    await expect(factorize(lost, matrix, NO_FEATURES, options)).rejects.toMatchObject({
      code: 'training-diverged',
      message: 'training diverged: the users became NaN',
    });
  });
});
