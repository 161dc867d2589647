import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTensorflow } from '../optional-parts.ts';
import { newFolder, QUICK, ROOT, readCsv, succeed, writeTinySet } from './command.ts';
import { getJson, type Server, startServer } from './server.ts';

const python = (...args: string[]) => promisify(execFile)('python3', args, { maxBuffer: 2 ** 24 });

/** Where continuous integration must not skip: .ci/run sets it. */
const hasPyarrow = await python('-c', 'import pyarrow').then(
  () => true,
  () => Boolean(process.env.REQUIRE_PYARROW),
);
if (!hasPyarrow) console.warn('test/artifact.py is skipped: python3 has no pyarrow (pip install pyarrow)');

const USER = 3;
const TOP = 20;
/** Oldest first: few enough for the Bias model to have a share. */
const RATINGS = [
  { movieId: 5, rating: 5 },
  { movieId: 9, rating: 2 },
  { movieId: 40, rating: 4.5 },
];
const MODELS = [
  { model: 'vb', flags: QUICK },
  { model: 'dot', flags: ['--factors', '7', '--relevance-factors', '8', '--epochs', '2', '--backend', 'wasm'] },
];

interface Item {
  readonly movieId: number;
  readonly score: number;
  readonly predictedRating: number;
}

/** Expects the same movies in order, and numbers within 1e-4. */
function expectSame(got: readonly Item[], wanted: readonly Item[]): void {
  expect(got.map(({ movieId }) => movieId)).toEqual(wanted.map(({ movieId }) => movieId));
  got.forEach(({ score, predictedRating }, rank) => {
    expect(Math.abs(score - wanted[rank].score)).toBeLessThan(1e-4);
    expect(Math.abs(predictedRating - wanted[rank].predictedRating)).toBeLessThan(1e-4);
  });
}

const TRAINABLE = MODELS.filter(({ model }) => model === 'vb' || !noTensorflow);

describe.runIf(hasPyarrow).each(TRAINABLE)('test/artifact.py, of a $model model,', ({ model, flags }) => {
  let folder: string;
  let artifact: string;
  let server: Server;

  beforeAll(async () => {
    folder = await newFolder();
    await writeTinySet(folder);
    artifact = join(folder, 'model');
    const state = join(folder, 'state');
    await succeed('train', ['--data', join(folder, 'ratings.csv'), '--model', model, ...flags, '--out', artifact]);
    await succeed('publish', ['--model', artifact], { MARQUEE_STATE: state });
    server = await startServer(state, []);
  });

  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function answer(...args: string[]): Promise<Item[]> {
    const { stdout } = await python(join(ROOT, 'test/artifact.py'), artifact, '--k', `${TOP}`, ...args);
    return JSON.parse(stdout).items;
  }

  it.each(['relevance', 'rating'])('lists by %s for a user of the training what the Worker lists', async (by) => {
    const { basis, items } = await getJson(`${server.url}/recommend?user=${USER}&by=${by}&k=${TOP}`);
    expect(basis).toBe('trained');
    expectSame(await answer('--user', `${USER}`, '--by', by), items);
  });

  it.each(['relevance', 'rating'])('lists by %s for that user what npm run recommend lists', async (by) => {
    const out = join(folder, `${by}.csv`);
    await succeed('recommend', ['--model', artifact, '--user', `${USER}`, '--by', by, '--k', `${TOP}`, '--out', out]);
    expectSame(await answer('--user', `${USER}`, '--by', by), (await readCsv(out)) as unknown as Item[]);
  });

  it.each([
    ['relevance', -0.5, 0],
    ['relevance', 1, 0],
    ['rating', 0, 0.7],
    ['rating', 0, 0],
  ])('lists by %s with popularity %d and certainty %d what the Worker lists', async (by, popularity, certainty) => {
    const query = `by=${by}&popularity=${popularity}&certainty=${certainty}&k=${TOP}`;
    const { items } = await getJson(`${server.url}/recommend?user=${USER}&${query}`);
    const flags = [`--popularity=${popularity}`, `--certainty=${certainty}`];
    expectSame(await answer('--user', `${USER}`, '--by', by, ...flags), items);
    const out = join(folder, `${by}-${popularity}-${certainty}.csv`);
    const list = ['--model', artifact, '--user', `${USER}`, '--by', by, '--k', `${TOP}`, '--out', out, ...flags];
    await succeed('recommend', list);
    expectSame((await readCsv(out)) as unknown as Item[], items);
  });

  it.each([-1, 0.5])('lists for nobody with popularity %d what the Worker lists', async (popularity) => {
    const { basis, items } = await getJson(`${server.url}/recommend?popularity=${popularity}&k=${TOP}`);
    expect(basis).toBe('popular');
    expectSame(await answer('--ratings', '', `--popularity=${popularity}`), items);
  });

  it.each(['relevance', 'rating'])('folds ratings in and lists by %s what the Worker lists', async (by) => {
    const { basis, items } = await getJson(`${server.url}/recommend`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ratings: RATINGS, by, k: TOP }),
    });
    expect(basis).toBe('folded-in');
    const ratings = RATINGS.map(({ movieId, rating }) => `${movieId}=${rating}`).join();
    expectSame(await answer('--ratings', ratings, '--by', by), items);
  });
});
