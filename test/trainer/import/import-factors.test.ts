import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredUser } from '../../../shared/artifact/user-batch.ts';
import { openUsers, rangesOf, readAllUsers, readUser } from '../../../shared/artifact/users-file.ts';
import { explainer } from '../../../shared/model/explain.ts';
import type { Model } from '../../../shared/model/model.ts';
import { foldIn, scoreMovies } from '../../../shared/model/score.ts';
import { Similarity } from '../../../shared/model/similarity.ts';
import { openArtifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import { trainedVectors } from '../../../trainer/data/by-user.ts';
import type { Dataset, Movie } from '../../../trainer/data/dataset.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import type { ImportSources } from '../../../trainer/import/contract.ts';
import { importFactors } from '../../../trainer/import/import-factors.ts';
import { MODELS } from '../../../trainer/models/index.ts';
import { resolveOptions, startsFrom } from '../../../trainer/models/options.ts';
import { train } from '../../../trainer/train/train.ts';
import { datasetOf, lowRank } from '../../fixtures/datasets.ts';
import { errorOf } from '../data/files.ts';
import { type Columns, factorsOf, writeArrow } from './tables.ts';

const K = 4;
const USERS = Array.from({ length: 40 }, (_, u) => 3 * ((u * 7) % 40) + 1); // not in order
const FILMS = Array.from({ length: 30 }, (_, m) => m + 1);
const OPTIONS = resolveOptions({ relevanceFactors: 8, sweeps: 2 });

const catalogue: ReadonlyMap<number, Movie> = new Map(
  FILMS.map((movieId) => [movieId, { movieId, title: `Film ${movieId}`, year: 1990, genres: ['Drama'] }]),
);
const users = factorsOf(USERS, K, 1);
const movies = factorsOf(FILMS, K, 2);

interface Opened {
  readonly model: Model;
  readonly stored: ReadonlyMap<number, StoredUser>;
  readonly bytes: Uint8Array;
}

/** For a whole suite, unlike `temporaryFolder`. */
let shared: string;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'marquee-import-'));
});
afterAll(() => rm(shared, { recursive: true, force: true }));

const newFolder = () => mkdtemp(join(shared, 'tables-'));

async function importTables(tables: { users?: Columns; movies?: Columns }, more: Partial<ImportSources> = {}) {
  const folder = await newFolder();
  const sources = {
    users: await writeArrow('users.arrow', tables.users ?? users, folder),
    movies: await writeArrow('movies.arrow', tables.movies ?? movies, folder),
  };
  return importFrom({ ...sources, catalogue, name: 'films', ...more });
}

async function importFrom(sources: ImportSources): Promise<Opened> {
  const folder = join(await newFolder(), 'model');
  await importFactors(jsEngine(), sources, OPTIONS, folder);
  const artifact = await readArtifact(folder);
  const { users: bytes, ...model } = openArtifact(artifact);
  const stored = new Map<number, StoredUser>();
  for await (const user of readAllUsers(bytes, model.manifest)) stored.set(user.userId, user);
  return { model, stored, bytes };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, x) => sum + value * b[x], 0);
}

/** What the system itself says of each film for a user, by its place in the table. */
function ownScores(place: number): number[] {
  return movies.features.map((q) => dot(users.features[place], q));
}

function listOf({ model }: Opened, user: StoredUser, blend: number): number[] {
  const scores = new Float32Array(model.movies.count);
  scoreMovies(model, trainedVectors(model, user), blend, scores);
  return [...scores];
}

describe('factors alone', () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await importTables({});
  });

  it('lists films in the order of the system’s own scores, which lie apart as theirs do', () => {
    for (const place of [0, 7, 39]) {
      const got = listOf(opened, opened.stored.get(USERS[place])!, 0);
      const wanted = ownScores(place);
      got.forEach((score, row) => {
        expect(score - got[0]).toBeCloseTo(wanted[row] - wanted[0], 4);
      });
    }
  });

  it('keeps every score exactly: mean, biases and products add up to the system’s own', () => {
    const { model, stored } = opened;
    USERS.forEach((userId, place) => {
      const { bias, factors } = stored.get(userId)!;
      ownScores(place).forEach((wanted, row) => {
        const q = [...model.movies.factors.subarray(row * K, (row + 1) * K)];
        expect(model.manifest.mean + bias + model.movies.biases[row] + dot([...factors], q)).toBeCloseTo(wanted, 4);
      });
    });
  });

  it('adds a mean that the system states', async () => {
    const { model, stored } = await importTables({}, { mean: 3.5 });
    const { bias, factors } = stored.get(USERS[0])!;
    const q = [...model.movies.factors.subarray(0, K)];
    const score = model.manifest.mean + bias + model.movies.biases[0] + dot([...factors], q);
    expect(score).toBeCloseTo(3.5 + ownScores(0)[0], 4);
  });

  it('folds somebody in by what they like, takes the list apart exactly and knows how sure it is', () => {
    const { model } = opened;
    const rated = { rows: Int32Array.of(0, 3, 5), stars: Float32Array.of(5, 4.5, 1) };
    const { posterior, ...vectors } = foldIn(model, rated);
    const scores = new Float32Array(model.movies.count);
    scoreMovies(model, vectors, 0.5, scores);
    const explained = explainer(model, rated, { blend: 0.5 }, posterior);
    const { contributions, popularity, base } = explained.explain(9);
    expect(contributions.reduce((sum, value) => sum + value, 0) + popularity + base).toBeCloseTo(scores[9], 4);
    expect(explained.uncertainty(9)).toBeGreaterThan(1 / Math.sqrt(model.userPrior.tau));
  });

  it('finds the films most alike by the angle between their factors', () => {
    const { model } = opened;
    const scores = new Float32Array(model.movies.count);
    new Similarity(model.movies).toAll([0], scores);
    expect(scores[0]).toBe(Math.max(...scores));
    expect(new Set(scores).size).toBe(scores.length);
  });

  it('gives films of the catalogue without factors the average of their kind', async () => {
    const films = [...FILMS, 99];
    const wider = new Map([...catalogue, [99, { ...catalogue.get(1)!, movieId: 99 }]]);
    const { model } = await importTables({}, { catalogue: wider });
    expect(model.movies.count).toBe(films.length);
    const row = model.movies.rowOf(99);
    expect(model.movies.biases[row]).toBeCloseTo(model.newMovie[K], 1);
  });

  it('finds every user by one read of one batch', async () => {
    const { model, bytes } = opened;
    let reads = 0;
    const read = rangesOf(bytes);
    const index = await openUsers(read, model.manifest);
    for (const userId of USERS) {
      const user = await readUser(
        (offset, length) => {
          reads++;
          return read(offset, length);
        },
        index,
        userId,
      );
      expect(user?.userId).toBe(userId);
    }
    expect(reads).toBe(USERS.length);
  });
});

describe('factors and their ratings', () => {
  const given = lowRank(40, 30, 0.5);
  const ratings = { ...given, userIds: given.userIds.map((userId) => 3 * (userId - 1) + 1) };
  const dataset: Dataset = datasetOf(ratings, catalogue);
  let opened: Opened;
  beforeAll(async () => {
    opened = await importTables({}, { ratings: dataset });
  });

  it('stores of a user what folding their ratings in answers', () => {
    const { model, stored } = opened;
    for (const { movieIds, stars, factors, bias, relevance } of stored.values()) {
      const folded = foldIn(model, { rows: Int32Array.from(movieIds, model.movies.rowOf), stars });
      [...factors, bias].forEach((value, x) => {
        expect(value).toBeCloseTo([...Array.from(folded.factors), folded.bias][x], 4);
      });
      relevance.forEach((value, e) => {
        expect(value).toBeCloseTo(folded.relevance[e], 4);
      });
    }
  });

  it('counts ratings, learns their precision and predicts better than the mean', () => {
    const { model, stored } = opened;
    expect(model.manifest.dataset.ratings).toBe(ratings.count);
    let [own, plain] = [0, 0];
    for (const { movieIds, stars, factors, bias } of stored.values()) {
      movieIds.forEach((movieId, j) => {
        const row = model.movies.rowOf(movieId);
        const q = [...model.movies.factors.subarray(row * K, (row + 1) * K)];
        own += (stars[j] - model.manifest.mean - bias - model.movies.biases[row] - dot([...factors], q)) ** 2;
        plain += (stars[j] - model.manifest.mean) ** 2;
      });
    }
    expect(own).toBeLessThan(0.7 * plain);
    expect(model.manifest.tau).toBeGreaterThan(0);
  });

  it('leaves out ratings of users without factors, and says so', async () => {
    const folder = await newFolder();
    const fewer = { id: users.id.slice(1), features: users.features.slice(1) };
    const notes: string[] = [];
    const sources = {
      users: await writeArrow('users.arrow', fewer, folder),
      movies: await writeArrow('movies.arrow', movies, folder),
      ...{ catalogue, name: 'films', ratings: dataset },
    };
    await importFactors(jsEngine(), sources, OPTIONS, join(folder, 'model'), (step) => {
      if (step.step === 'note') notes.push(step.text);
    });
    expect(notes.join()).toMatch(/^\d+ ratings of users without factors and 0 of films .* are left out$/);
  });

  it('is gone on from by a later training', async () => {
    const folder = join(await newFolder(), 'model');
    const tables = await newFolder();
    const sources = {
      users: await writeArrow('users.arrow', users, tables),
      movies: await writeArrow('movies.arrow', movies, tables),
      ...{ catalogue, name: 'films', ratings: dataset },
    };
    await importFactors(jsEngine(), sources, OPTIONS, folder);
    const from = await readArtifact(folder);
    expect(startsFrom(MODELS[0], from.manifest)).toBe(true);
    const options = resolveOptions({ ...OPTIONS, factors: K });
    const { manifest } = await train(jsEngine(), dataset, options, () => {}, { from });
    expect(manifest.config.from).toBe(from.manifest.version);
  });
});

describe('what Spark’s ALS saved', () => {
  const FIXTURE = join(import.meta.dirname, '../../fixtures/spark-als');

  it('is read from its folders of parts, compressed with Snappy', async () => {
    const { model, stored } = await importFrom({
      ...{ users: join(FIXTURE, 'userFactors'), movies: join(FIXTURE, 'itemFactors') },
      ...{ catalogue, name: 'films' },
    });
    expect(model.manifest.factors).toBe(3);
    expect([...stored.keys()]).toEqual([1, 2, 3, 4, 5, 6]);
    const predictions = JSON.parse(await readFile(join(FIXTURE, 'predictions.json'), 'utf8'));
    for (const [userId, movieId, wanted] of predictions) {
      const { bias, factors } = stored.get(userId)!;
      const row = model.movies.rowOf(movieId);
      const q = [...model.movies.factors.subarray(row * 3, (row + 1) * 3)];
      expect(model.manifest.mean + bias + model.movies.biases[row] + dot([...factors], q)).toBeCloseTo(wanted, 4);
    }
  });
});

describe('bad tables', () => {
  const first = (changed: Partial<Record<'id' | 'features', unknown>>) => ({
    id: [changed.id ?? users.id[0], ...users.id.slice(1)],
    features: [changed.features ?? users.features[0], ...users.features.slice(1)],
  });

  it.each<[what: string, tables: { users?: Columns; movies?: Columns }, message: RegExp]>([
    [
      'a missing id',
      { users: { key: users.id, features: users.features } },
      /got the columns key, features, expected id or userId/,
    ],
    ['a missing vector', { users: { id: users.id } }, /got the columns id, expected features or factors/],
    [
      'a number that is none',
      { users: first({ features: [1, Number.NaN, 0, 0] }) },
      /row 1, features: got NaN at 1, expected a finite/,
    ],
    ['a number that is missing', { users: first({ features: [1, null, 0, 0] }) }, /row 1, features: got null at 1/],
    [
      'a vector that is missing',
      { users: { id: [1, 2], features: [[1, 2, 3, 4], null] } },
      /row 2, features: got 0 numbers, expected 4/,
    ],
    ['vectors of another rank', { users: factorsOf(USERS, 5, 1) }, /row 1, features: got 5 numbers, expected 4/],
    [
      'vectors of several ranks',
      { movies: { id: [1, 2], features: [[1, 2], [1]] } },
      /row 2, features: got 1 numbers, expected 2/,
    ],
    ['a negative id', { users: first({ id: -1 }) }, /row 1, id: got -1, expected an integer from 0/],
    ['a user who comes twice', { users: first({ id: users.id[5] }) }, /got user \d+ twice/],
    [
      'a film that comes twice',
      { movies: { id: [1, 1], features: [[1], [2]] } },
      /row 2, id: got 1 for the second time/,
    ],
    [
      'films that the catalogue lacks',
      { movies: factorsOf([...FILMS, 77, 78], K, 2) },
      /got 2 movies that the catalogue does not name: 77, 78/,
    ],
    [
      'ratings of unknown films',
      { users: { ...users, rated: USERS.map(() => [5, 500]), ratings: USERS.map(() => [4, 4]) } },
      /row 1, rated: got movie 500/,
    ],
    [
      'fewer ratings than films',
      { users: { ...users, rated: USERS.map(() => [5, 6]), ratings: USERS.map(() => [4]) } },
      /row 1, ratings: got 1 numbers, expected 2/,
    ],
    [
      'ratings off the scale',
      { users: { ...users, rated: USERS.map(() => [5]), ratings: USERS.map(() => [4.2]) } },
      /row 1, ratings: got 4\.19.*, expected 0\.5 to 5/,
    ],
    ['no rows', { users: { id: [], features: [] } }, /no rows/],
  ])('are refused for %s, and nothing is written', async (_, tables, message) => {
    const error = await errorOf(importTables(tables));
    expect(error.code).toBe('bad-data');
    expect(error.message).toMatch(message);
  });

  it('are refused where a file is none of the known kinds, damaged or absent', async () => {
    const folder = await newFolder();
    const good = await writeArrow('users.arrow', users, folder);
    const importUsers = (path: string) => errorOf(importFrom({ users: path, movies: good, catalogue, name: 'films' }));
    expect((await importUsers(join(folder, 'absent'))).code).toBe('not-found');
    expect(await importUsers('s3a://bucket/out/users')).toMatchObject({
      code: 'not-found',
      fix: expect.stringContaining('aws s3 sync s3://bucket/out/users FOLDER'),
    });
    const whole = await readFile(good);
    await writeFile(join(folder, 'cut.arrow'), whole.subarray(0, whole.length / 2));
    await writeFile(join(folder, 'none.parquet'), 'PAR1 and no more');
    await writeFile(join(folder, 'users.csv'), 'id,features');
    for (const name of ['cut.arrow', 'none.parquet', 'users.csv']) {
      const error = await importUsers(join(folder, name));
      expect(error.code).toBe('bad-data');
      expect(error.message).toContain(name);
    }
  });

  it('reads a stream of Arrow as it reads a file', async () => {
    const folder = await newFolder();
    const sources = {
      users: await writeArrow('users.arrow', users, folder, 'stream'),
      movies: await writeArrow('movies.arrow', movies, folder),
    };
    const { bytes } = await importFrom({ ...sources, catalogue, name: 'films' });
    expect(Buffer.compare(bytes, (await importTables({})).bytes)).toBe(0);
  });
});
