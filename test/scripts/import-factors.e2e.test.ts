import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factorsOf, writeArrow } from '../trainer/import/tables.ts';
import { marquee, newFolder, QUICK, ROOT, succeed, TINY, writeTinySet } from './command.ts';
import { getJson, type Server, startServer } from './server.ts';

const python = (...args: string[]) => promisify(execFile)('python3', args);
const hasPyarrow = await python('-c', 'import pyarrow').then(
  () => true,
  () => Boolean(process.env.REQUIRE_PYARROW),
);

const RATINGS = [
  { movieId: 5, rating: 5 },
  { movieId: 9, rating: 2 },
  { movieId: 40, rating: 4.5 },
];

interface Item {
  readonly movieId: number;
  readonly score: number;
  readonly uncertainty: number;
  readonly because?: readonly unknown[];
}

describe('npm run import-factors', () => {
  let folder: string;
  let artifact: string;
  let server: Server;

  beforeAll(async () => {
    folder = await newFolder();
    await writeTinySet(folder);
    const ids = (count: number) => Array.from({ length: count }, (_, k) => k + 1);
    await writeArrow('users.arrow', factorsOf(ids(TINY.users), 4, 1), folder);
    await writeArrow('items.arrow', factorsOf(ids(TINY.movies), 4, 2), folder);
    artifact = join(folder, 'model');
    await succeed('import-factors', [...tables(), '--to', artifact]);
    const state = join(folder, 'state');
    await succeed('publish', ['--model', artifact], { MARQUEE_STATE: state });
    server = await startServer(state, []);
  });

  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function tables(): string[] {
    const [users, movies] = ['users.arrow', 'items.arrow'].map((name) => join(folder, name));
    return ['--users', users, '--movies', movies, '--catalogue', folder];
  }

  it('serves lists of users in the table, which test/artifact.py computes too', async () => {
    const { basis, items } = await getJson(`${server.url}/recommend?user=3&k=10`);
    expect(basis).toBe('trained');
    expect(items).toHaveLength(10);
    if (!hasPyarrow) return;
    const { stdout } = await python(join(ROOT, 'test/artifact.py'), artifact, '--user', '3', '--k', '10');
    const own: Item[] = JSON.parse(stdout).items;
    expect(own.map(({ movieId }) => movieId)).toEqual(items.map(({ movieId }: Item) => movieId));
  });

  it('serves lists of new people, with reasons and uncertainty, and films that are alike', async () => {
    const { basis, items } = await getJson(`${server.url}/recommend`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ratings: RATINGS, k: 5, explain: 2 }),
    });
    expect(basis).toBe('folded-in');
    for (const { because, uncertainty } of items as Item[]) {
      expect(because?.length).toBeGreaterThan(0);
      expect(uncertainty).toBeGreaterThan(0);
    }
    expect((await getJson(`${server.url}/similar/5?k=3&minRatings=0`)).items).toHaveLength(3);
  });

  it('knows more with ratings: it measures itself, and a training starts from it', async () => {
    const ratings = join(folder, 'ratings.csv');
    const whole = join(folder, 'whole');
    const flags = ['--ratings', ratings, '--test', ratings, '--relevance-factors', '8', '--threads', '1', '--json'];
    const { metrics, dataset } = JSON.parse(await succeed('import-factors', [...tables(), ...flags, '--to', whole]));
    expect(dataset.users).toBe(TINY.users);
    expect(metrics.protocol).toMatch(/^ratings\.csv; /);
    expect(metrics.rmse).toBeLessThan(metrics.baselines.bias.rmse);
    expect(JSON.parse(await readFile(join(whole, 'manifest.json'), 'utf8')).metrics).toEqual(metrics);
    const quick = QUICK.map((word) => (word === '7' ? '4' : word));
    await succeed('train', ['--data', ratings, ...quick, '--from', whole, '--out', join(folder, 'next')]);
  });

  it.each([
    [['--moments', 'm', '--ratings', 'r'], /--moments and --ratings exclude each other/],
    [['--factors', '7'], /--factors is how many there are in the tables/],
    [['--mean', '9'], /--mean: got 9, expected a number from 0\.5 to 5/],
  ])('refuses the flags %j', async (flags, message) => {
    const { status, stderr } = await marquee('import-factors', [...tables(), ...flags]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
