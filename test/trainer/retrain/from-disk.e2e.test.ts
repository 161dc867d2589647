import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { writeRatings } from '../../../shared/ratings/rating-store.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { publish } from '../../../trainer/artifact/publish.ts';
import { publishedArtifact } from '../../../trainer/artifact/versions.ts';
import type { Dataset } from '../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { takeRatings } from '../../../trainer/data/ratings.ts';
import { spillDataset } from '../../../trainer/data/spill/spill-dataset.ts';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { SpillFolder } from '../../../trainer/math/spill-file.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import type { RetrainReport } from '../../../trainer/retrain/contract.ts';
import { DEFAULT_GUARD } from '../../../trainer/retrain/log/guard.ts';
import { retrain } from '../../../trainer/retrain/retrain.ts';
import { DEFAULT_MARGINS } from '../../../trainer/retrain/verdict/verdict.ts';
import { train } from '../../../trainer/train/train.ts';
import { newFolder, TINY, writeTinySet } from '../../scripts/command.ts';
import { temporaryFolder } from '../data/files.ts';
import { MemoryBucket, openDatabase } from './stores.ts';

const QUICK = { factors: 3, relevanceFactors: 4, sweeps: 2 };
/** So small that the set is several parts and blocks. */
const SIZES = { partRatings: 300, blockRatings: 200 };
const NEWCOMERS = [1_000_000_001, 1_000_000_002];

let engine: Engine;
let db: Database;
let close: () => Promise<void>;
let folder: string;
let base: Dataset;

beforeAll(async () => {
  engine = await openEngine('wasm', { threads: 1 });
  ({ db, close } = await openDatabase());
  folder = await newFolder();
  const { userIds, movieIds } = await writeTinySet(folder);
  const leaving = [...new Set(userIds)].slice(0, 2);
  const theirs = new Set(movieIds.filter((_, i) => leaving.includes(userIds[i])));
  const untitled = movieIds.find((movieId) => !theirs.has(movieId));
  const films = join(folder, 'movies.csv');
  const lines = (await readFile(films, 'utf8')).split('\n');
  await writeFile(films, lines.filter((line) => !line.startsWith(`${untitled},`)).join('\n'));
  base = await loadDataset(folder);
});
afterAll(async () => {
  engine.close();
  await close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  const tables = ['rating_log', 'rating', 'person'];
  await db.batch(tables.map((table) => db.prepare(`DELETE FROM ${table}`)));
});

/** A bucket with a model of these films in service. */
async function served(films = TINY.movies): Promise<MemoryBucket> {
  const kept = base.ratings.movieIds.map((_, i) => i).filter((i) => base.ratings.movieIds[i] <= films);
  const movies = new Map([...base.movies].filter(([movieId]) => movieId <= films));
  const artifact = await train(
    engine,
    { ...base, movies, ratings: takeRatings(base.ratings, kept) },
    resolveOptions(QUICK),
  );
  const bucket = new MemoryBucket();
  await publish(bucket, artifact);
  return bucket;
}

/** A night, and all that a model in service is afterwards but for when it was made. */
async function night(before: MemoryBucket, from: 'memory' | 'disk') {
  const bucket = before.copy();
  const spill = new SpillFolder(await temporaryFolder());
  const onDisk = async () => ({ dataset: await spillDataset(spill, folder, [], {}, SIZES), spill, sizes: SIZES });
  const ignore = () => {};
  const tools = {
    ...{ bucket, db, onStep: ignore, onTrouble: ignore, onTraining: ignore },
    loadDataset: () => (from === 'memory' ? loadDataset(folder) : Promise.reject(new Error('it was held'))),
    spillDataset: () => (from === 'memory' ? Promise.resolve(null) : onDisk()),
    withEngine: <T>(work: (engine: Engine) => Promise<T>) => work(engine),
  };
  const lease = { holder: 'a test', milliseconds: 3_600_000, now: () => Date.parse('2026-11-24T02:00:00.000Z') };
  const settings = { data: folder, given: {}, cold: false, force: false, keep: 5, margins: DEFAULT_MARGINS };
  const report = (await retrain(tools, { ...settings, guard: DEFAULT_GUARD, lease })) as RetrainReport;
  spill.close();
  expect(await readdir(spill.path)).toEqual([]);
  const { version } = JSON.parse(bucket.text(CURRENT_KEY));
  const { manifest } = await publishedArtifact(bucket, version);
  const files = manifest.files.filter(({ name }) => name !== FILES.report); // which tells version and time
  return {
    report: { ...report, version: null, seconds: null },
    manifest: { ...manifest, version: null, createdAt: null, seconds: null, files }, // with the hash of each file
    log: bucket.keys('ratings/'),
  };
}

/** Newcomers rate, one of them what nobody has a title for; people of the set change their minds; one of them leaves. */
async function people(): Promise<void> {
  for (const [n, userId] of NEWCOMERS.entries()) {
    const ratings = Array.from({ length: 12 }, (_, j) => ({
      movieId: 1 + n + 3 * j,
      rating: 1 + (j % 5),
      timestamp: 2e9 + j,
    }));
    await writeRatings(db, userId, [...ratings, { movieId: 9999, rating: 4, timestamp: 2e9 }], 'page');
  }
  const [first, second, third] = [...new Set(base.ratings.userIds)];
  const rated = base.ratings.movieIds.filter((_, i) => base.ratings.userIds[i] === first);
  await writeRatings(db, first, [{ movieId: rated[0], rating: null, timestamp: 2e9 }], 'api');
  await writeRatings(db, first, [{ movieId: rated[1], rating: 0.5, timestamp: 2e9 + 100 }], 'api');
  await writeRatings(db, third, [{ movieId: rated[2], rating: 5, timestamp: 100 }], 'api');
  await leave(second);
}

function leave(userId: number): Promise<void> {
  return deletePerson(db, userId, 2e9 + 1000);
}

describe('a night whose ratings lie on a disk', () => {
  it('publishes the bytes of one in memory, and comes to the same figures', async () => {
    await people();
    const bucket = await served();
    const [held, read] = [await night(bucket, 'memory'), await night(bucket, 'disk')];
    const [, second] = new Set(base.ratings.userIds);
    const leaving = base.ratings.userIds.filter((userId) => userId === second).length;
    expect(read).toEqual(held);
    expect(held.report).toMatchObject({
      decision: 'published',
      forgotten: 1,
      untitled: { movies: 2 },
      data: { base: base.ratings.count - leaving },
      comparison: { newest: { ratings: expect.any(Number) } },
    });
  });

  it('leaves what is new for another night where deleted people must leave and the model jumps, as in memory', async () => {
    await leave(base.ratings.userIds[0]);
    const bucket = await served(60);
    const [held, read] = [await night(bucket, 'memory'), await night(bucket, 'disk')];
    expect(read).toEqual(held);
    expect(held.report.reason).toMatch(/new ratings wait$/);
  });

  it('trains nothing where nothing is new', async () => {
    const { report } = await night(await served(), 'disk');
    expect(report).toMatchObject({ decision: 'kept', reason: 'there are no new ratings' });
  });
});
