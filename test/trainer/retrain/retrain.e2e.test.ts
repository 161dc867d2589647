import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OUTCOMES_KEY, parseOutcomes } from '../../../shared/artifact/retrain-outcomes.ts';
import { artifactKey, CURRENT_KEY, FILES, REQUIRED_FILES } from '../../../shared/artifact/schema.ts';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { EVERY_MOVIE } from '../../../shared/ratings/rating.ts';
import { writeRatings } from '../../../shared/ratings/rating-store.ts';
import { createPerson } from '../../../shared/ratings/tables/person.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { openArtifact } from '../../../trainer/artifact/artifact.ts';
import { publish, versionInService } from '../../../trainer/artifact/publish.ts';
import { publishedArtifact } from '../../../trainer/artifact/versions.ts';
import type { Dataset, Movie } from '../../../trainer/data/dataset.ts';
import { digestRatings } from '../../../trainer/data/digest.ts';
import { appendRatings } from '../../../trainer/data/ratings.ts';
import { titledOnly } from '../../../trainer/data/titled.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import type { RetrainReport, RetrainSettings, RetrainTools } from '../../../trainer/retrain/contract.ts';
import { heal } from '../../../trainer/retrain/heal/heal.ts';
import { DEFAULT_GUARD } from '../../../trainer/retrain/log/guard.ts';
import { readPartitions } from '../../../trainer/retrain/log/log.ts';
import { retrain } from '../../../trainer/retrain/retrain.ts';
import type { RetrainStep } from '../../../trainer/retrain/steps.ts';
import { LAST_REPORT_KEY, LEASE_KEY } from '../../../trainer/retrain/store.ts';
import { DEFAULT_MARGINS } from '../../../trainer/retrain/verdict/verdict.ts';
import { train } from '../../../trainer/train/train.ts';
import { datasetOf, lowRank, ratingsOf } from '../../fixtures/datasets.ts';
import { deleteRatings, dying, Killed, MemoryBucket, openDatabase } from './stores.ts';

const QUICK = { factors: 3, relevanceFactors: 4, sweeps: 2 };
const NEWCOMER = 1_000_000_001;
const NOW = Date.parse('2026-11-24T02:00:00.000Z');
const LATER = NOW + 3 * 3_600_000;

let db: Database;
let close: () => Promise<void>;
let base: Dataset;
/** A bucket with a model of the base data in service, and its version. */
let published: MemoryBucket;
let first: string;

beforeAll(async () => {
  ({ db, close } = await openDatabase());
  const ratings = lowRank(30, 40, 0.5);
  base = { ...datasetOf(ratings), sha256: digestRatings(ratings) };
  const artifact = await train(jsEngine(), base, resolveOptions(QUICK));
  first = artifact.manifest.version;
  published = new MemoryBucket();
  await publish(published, artifact);
});
afterAll(() => close());

beforeEach(() => deleteRatings(db));

function toolsOf(bucket: Bucket, onStep: (step: RetrainStep) => void = () => {}): RetrainTools {
  return {
    bucket,
    db,
    loadDataset: async () => base,
    withEngine: (work) => work(jsEngine()),
    onStep,
    onTrouble: () => {},
    onTraining: () => {},
  };
}

function settingsOf(changes: Partial<RetrainSettings> = {}, now = NOW): RetrainSettings {
  const lease = { holder: 'a test', milliseconds: 2 * 3_600_000, now: () => now };
  return {
    data: 'synthetic',
    given: { sweeps: 2 },
    cold: false,
    force: false,
    keep: 5,
    margins: DEFAULT_MARGINS,
    guard: DEFAULT_GUARD,
    lease,
    ...changes,
  };
}

async function decided(bucket: Bucket, changes: Partial<RetrainSettings> = {}): Promise<RetrainReport> {
  const result = await retrain(toolsOf(bucket), settingsOf(changes));
  if (result.decision === 'lease-held') throw new Error(`held by ${result.heldBy.holder}`);
  return result;
}

/** The newcomer rates, and user 1 changes their mind about what they rated and takes something back. */
async function people(): Promise<void> {
  const ratings = Array.from({ length: 12 }, (_, j) => ({
    movieId: 1 + 3 * j,
    rating: 1 + (j % 5),
    timestamp: 2e9 + j,
  }));
  await writeRatings(db, NEWCOMER, ratings, 'page');
  const rated = base.ratings.movieIds.filter((_, i) => base.ratings.userIds[i] === 1);
  await writeRatings(db, 1, [{ movieId: rated[0], rating: null, timestamp: 2e9 }], 'api');
  await writeRatings(db, 1, [{ movieId: rated[1], rating: 0.5, timestamp: 2e9 + 100 }], 'api');
}

/** What serving depends on: the model's bytes, which version rollback returns to, and how far the log was read. */
async function stateOf(bucket: MemoryBucket) {
  const { version, previous } = JSON.parse(bucket.text(CURRENT_KEY));
  const artifact = await publishedArtifact(bucket, version);
  return {
    files: REQUIRED_FILES.map((name) => Buffer.from(artifact.files.get(name)!).toString('base64')),
    dataset: artifact.manifest.dataset,
    metrics: artifact.manifest.metrics,
    previous,
    log: bucket.keys('ratings/'),
    lease: bucket.keys(LEASE_KEY),
  };
}

describe('retrain', () => {
  it('publishes a model of data set and log, gives the reason, and stores a report beside it', async () => {
    await people();
    const bucket = published.copy();
    const report = await decided(bucket);
    expect(report).toMatchObject({
      decision: 'published',
      champion: first,
      start: 'warm',
      watermark: 14,
      data: { base: base.ratings.count, log: 14, ratings: base.ratings.count + 11 },
      comparison: { unseen: 13, newest: { ratings: 7 }, holdOut: { ratings: expect.any(Number) } },
    });
    expect(await versionInService(bucket)).toBe(report.version);
    const { version, previous } = JSON.parse(bucket.text(CURRENT_KEY));
    expect([version, previous]).toEqual([report.version, first]);
    expect(JSON.parse(bucket.text(artifactKey(version, 'retrain.json')))).toMatchObject({
      version,
      decision: 'published',
    });
    expect(JSON.parse(bucket.text(LAST_REPORT_KEY))).toEqual(report);
    const { manifest } = await publishedArtifact(bucket, version);
    expect(manifest).toMatchObject({
      config: { factors: 3, from: first },
      dataset: { ratings: report.data.ratings, users: 31 },
      metrics: { rmse: report.comparison?.holdOut.challenger.rmse },
    });
    expect(bucket.keys(LEASE_KEY)).toEqual([]);
  });

  it('makes people of the page users of the model with their latest ratings', async () => {
    await people();
    const bucket = published.copy();
    const report = await decided(bucket);
    const { users, manifest } = openArtifact(await publishedArtifact(bucket, report.version!));
    const found = new Map<number, Map<number, number>>();
    for await (const { userId, movieIds, stars } of readAllUsers(users, manifest)) {
      found.set(userId, new Map(Array.from(movieIds, (movieId, j) => [movieId, stars[j]])));
    }
    expect([...found.get(NEWCOMER)!]).toEqual(Array.from({ length: 12 }, (_, j) => [1 + 3 * j, 1 + (j % 5)]));
    const rated = base.ratings.movieIds.filter((_, i) => base.ratings.userIds[i] === 1);
    expect(found.get(1)!.has(rated[0])).toBe(false);
    expect(found.get(1)!.get(rated[1])).toBe(0.5);
    expect(found.get(1)!.size).toBe(rated.length - 1);
  });

  it('keeps the model in service without training when there are no new ratings', async () => {
    await people();
    const bucket = published.copy();
    const { version } = await decided(bucket);
    const before = await stateOf(bucket);
    const steps: string[] = [];
    const again = await retrain(
      toolsOf(bucket, (step) => steps.push(step)),
      settingsOf(),
    );
    expect(again).toMatchObject({ decision: 'kept', reason: 'there are no new ratings', version, comparison: null });
    expect(steps).toEqual(['pull', 'join', 'prune']);
    expect(await stateOf(bucket)).toEqual(before);
  });

  it('keeps the model in service when the challenger is worse, unless it is forced', async () => {
    await people();
    const worse = { given: { sweeps: 1, learnTauFrom: 1000, tau: 1e-4, userRidge: 1e9, movieRidge: 1e9 }, cold: true };
    const champion = await train(jsEngine(), base, resolveOptions({ ...QUICK, sweeps: 10 }));
    const bucket = new MemoryBucket();
    await publish(bucket, champion);
    const { version } = champion.manifest;
    const report = await decided(bucket, worse);
    expect(report).toMatchObject({ decision: 'kept', version, start: 'cold' });
    expect(report.reason).toMatch(/the challenger is worse; .*RMSE \d\.\d{4} against \d\.\d{4}/);
    expect(await versionInService(bucket)).toBe(version);
    expect(await decided(bucket, { ...worse, force: true })).toMatchObject({
      decision: 'published',
      reason: expect.stringContaining('forced, though worse'),
    });
    expect(await versionInService(bucket)).not.toBe(version);
  });

  it('publishes when no model is in service or this release cannot read it', async () => {
    await people();
    const empty = new MemoryBucket();
    expect(await decided(empty)).toMatchObject({
      decision: 'published',
      champion: null,
      comparison: null,
      start: 'cold',
    });
    const damaged = published.copy();
    await damaged.put(artifactKey(first, FILES.users), 'damaged');
    expect(await decided(damaged)).toMatchObject({ decision: 'published', champion: first, comparison: null });
    expect(await versionInService(damaged)).not.toBe(first);
  });

  it('starts cold when the number of factors differs, and inherits the settings otherwise', async () => {
    await people();
    expect(await decided(published.copy(), { given: { factors: 2, sweeps: 2 } })).toMatchObject({ start: 'cold' });
    const bucket = published.copy();
    const { version } = await decided(bucket, { given: {} });
    const { manifest } = await publishedArtifact(bucket, version!);
    expect(manifest.config).toMatchObject({ factors: 3, relevanceFactors: 4, sweeps: 2, subspaceSteps: 0 });
  });

  it('needs --data when the model in service was not trained on a known set', async () => {
    await expect(decided(published.copy(), { data: undefined })).rejects.toMatchObject({
      code: 'bad-flag',
      message: expect.stringContaining('synthetic'),
    });
  });

  it('leaves ratings that arrive during training to the next run', async () => {
    await people();
    const bucket = published.copy();
    const late = { movieId: 2, rating: 5, timestamp: 2e9 + 500 };
    let wrote: Promise<unknown> | undefined;
    const tools = toolsOf(bucket, (step) => {
      if (step === 'newest') wrote = writeRatings(db, NEWCOMER, [late], 'page');
    });
    expect(await retrain(tools, settingsOf())).toMatchObject({ decision: 'published', watermark: 14 });
    await wrote;
    const next = await decided(bucket);
    expect(next).toMatchObject({ watermark: 15, comparison: { unseen: 1 } });
    expect(next.data.ratings).toBe(base.ratings.count + 12);
  });

  it('publishes nothing when another process published during training', async () => {
    await people();
    const bucket = published.copy();
    const rival = await train(jsEngine(), base, resolveOptions({ ...QUICK, seed: 7 }));
    let flipped: Promise<unknown> | undefined;
    const tools = toolsOf(bucket, (step) => {
      if (step === 'train') flipped = publish(bucket, rival);
    });
    await expect(retrain(tools, settingsOf())).rejects.toMatchObject({ code: 'publish-conflict' });
    await flipped;
    expect(await versionInService(bucket)).toBe(rival.manifest.version);
    expect(bucket.keys(LEASE_KEY)).toEqual([]);
  });

  it('that is asked to end before it begins takes no step, gives back its lease and counts as failed', async () => {
    const bucket = published.copy();
    await people();
    const stop = AbortSignal.abort(new Error('asked to end'));
    const steps: RetrainStep[] = [];
    const tools = { ...toolsOf(bucket, (step) => steps.push(step)), stop };
    await expect(retrain(tools, settingsOf())).rejects.toThrow('asked to end');
    expect(steps).toEqual([]);
    expect(await versionInService(bucket)).toBe(first);
    expect(parseOutcomes(bucket.text(OUTCOMES_KEY)).at(-1)).toMatchObject({ state: 'failed', reason: 'asked to end' });
    expect(bucket.keys(LEASE_KEY)).toEqual([]);
  });

  it('does not run beside another run, and publishes nothing after another run took its lease', async () => {
    await people();
    const bucket = published.copy();
    let other: Promise<unknown> | undefined;
    const seen: unknown[] = [];
    const tools = toolsOf(bucket, (step) => {
      if (step === 'join') other = retrain(toolsOf(bucket), settingsOf()).then((result) => seen.push(result));
      if (step === 'train') other = bucket.put(LEASE_KEY, JSON.stringify({ stolen: true }));
    });
    await expect(retrain(tools, settingsOf())).rejects.toMatchObject({ code: 'publish-conflict' });
    await other;
    expect(seen).toMatchObject([{ decision: 'lease-held', heldBy: { holder: 'a test' } }]);
    expect(await versionInService(bucket)).toBe(first);
  });
});

describe('a bad row', () => {
  it('stops no run: it is left out, said, and named in the report beside the version', async () => {
    await people();
    const insert = `INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at)
                    VALUES (7, 2, 9, 1459172800.5), (7, 3, 9, -5), (2147483648, 3, 9, 5)`;
    await db.batch([db.prepare(insert)]);
    const bucket = published.copy();
    const said: string[] = [];
    const tools = { ...toolsOf(bucket), onTrouble: (text: string) => said.push(text) };
    const report = (await retrain(tools, settingsOf())) as RetrainReport;
    expect(report).toMatchObject({ decision: 'published', watermark: 17, setAside: [] });
    expect(report.badRows).toMatchObject({
      count: 3,
      first: [
        { seq: 15, user: 7, movie: 2, why: expect.stringContaining('timestamp: got 1459172800.5') },
        { seq: 16, user: 7, movie: 3, why: expect.stringContaining('timestamp: got -5') },
        { seq: 17, user: 2_147_483_648, movie: 3, why: expect.stringContaining('user: got 2147483648') },
      ],
    });
    expect(JSON.parse(bucket.text(artifactKey(report.version!, 'retrain.json'))).badRows).toEqual(report.badRows);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('row 15 of user 7, movie 2: timestamp: got 1459172800.5');
  });

  it('beside a damaged partition stops no run either', async () => {
    await people();
    const bucket = published.copy();
    const before = await decided(bucket);
    const [key] = bucket.keys('ratings/log/');
    await bucket.put(key, new Uint8Array(0));
    await writeRatings(db, NEWCOMER, [{ movieId: 2, rating: 5, timestamp: 2e9 + 500 }], 'page');
    const said: string[] = [];
    const tools = { ...toolsOf(bucket), onTrouble: (text: string) => said.push(text) };
    const report = (await retrain(tools, settingsOf())) as RetrainReport;
    expect(report).toMatchObject({ decision: 'published', watermark: 15, setAside: [{ key, seqs: 14, copied: 14 }] });
    expect(report.data.ratings).toBe(before.data.ratings + 1);
    expect(said).toEqual([expect.stringContaining(`${key} cannot be read`)]);
    expect(bucket.keys('ratings/unreadable/')).toHaveLength(1);
  });
});

describe('films that nobody knows', () => {
  const rate = (userId: number, movieIds: readonly number[], stars = (j: number) => 1 + (j % 5)) =>
    writeRatings(
      db,
      userId,
      movieIds.map((movieId, j) => ({ movieId, rating: stars(j), timestamp: 2e9 + j })),
      'import',
    );
  const unknown = Array.from({ length: 900 }, (_, k) => 900_000_000 + k);
  const filmOf = (movieId: number): Movie => ({ movieId, title: `Film ${movieId}`, year: 1990, genres: ['Drama'] });

  /** The base data with a film file that names these films, and a bucket with a model of it. */
  async function named(movieIds: readonly number[]): Promise<{ data: Dataset; bucket: MemoryBucket }> {
    const data = { ...base, movies: new Map(movieIds.map((movieId) => [movieId, filmOf(movieId)])) };
    const bucket = new MemoryBucket();
    await publish(bucket, await train(jsEngine(), titledOnly(data).dataset, resolveOptions(QUICK)));
    return { data, bucket };
  }

  async function night(data: Dataset, bucket: MemoryBucket, changes: Partial<RetrainSettings> = {}) {
    const tools = { ...toolsOf(bucket), loadDataset: async () => data };
    return (await retrain(tools, settingsOf(changes))) as RetrainReport;
  }

  async function filmsIn(bucket: MemoryBucket): Promise<number[]> {
    return [...openArtifact(await publishedArtifact(bucket, (await versionInService(bucket))!)).movies.movieIds];
  }

  const ALL = Array.from({ length: 40 }, (_, m) => m + 1);

  it('ratings of films without a title change no model, are counted, and stay in the log', async () => {
    const bucket = published.copy();
    await rate(NEWCOMER, unknown);
    const report = await decided(bucket);
    expect(report).toMatchObject({ decision: 'kept', reason: 'there are no new ratings', watermark: 900 });
    expect(report.untitled).toEqual({ ratings: 900, movies: 900 });
    expect((await readPartitions(bucket)).flatMap(({ rows }) => rows)).toHaveLength(900);
  });

  it('the model beside them is the same to the byte as without them, and so is the verdict', async () => {
    await people();
    const [without, beside] = [published.copy(), published.copy()];
    const expected = await decided(without);
    await rate(NEWCOMER + 1, unknown);
    const { comparison, untitled } = await decided(beside);
    expect(untitled.ratings).toBe(900);
    expect(comparison).toEqual(expected.comparison);
    expect((await stateOf(beside)).files).toEqual((await stateOf(without)).files);
  });

  it('a film file that names them takes them in, and one that names a film no more takes it out', async () => {
    const { data, bucket } = await named(ALL.slice(0, 38));
    expect(await filmsIn(bucket)).toEqual(ALL.slice(0, 38));
    await rate(NEWCOMER, [1, 2, 3, 900_000_000]);
    const report = await night(data, bucket, { force: true });
    expect(report.untitled).toEqual({ ratings: 1 + base.ratings.movieIds.filter((id) => id > 38).length, movies: 3 });
    const more = { ...data, movies: new Map([...data.movies, [900_000_000, filmOf(900_000_000)] as const]) };
    expect(await night(more, bucket, { force: true })).toMatchObject({ data: { ratings: report.data.ratings + 1 } });
    expect(await filmsIn(bucket)).toEqual([...ALL.slice(0, 38), 900_000_000]);
    await night(data, bucket, { force: true });
    expect(await filmsIn(bucket)).toEqual(ALL.slice(0, 38));
  });

  it('a film file that changed is a reason to train, although no rating did', async () => {
    const { data, bucket } = await named(ALL);
    expect(await night(data, bucket)).toMatchObject({ reason: 'there are no new ratings' });
    const more = { ...data, movies: new Map([...data.movies, [77, filmOf(77)] as const]) };
    expect(await night(more, bucket)).toMatchObject({ decision: 'published' });
    expect(await filmsIn(bucket)).toEqual([...ALL, 77]);
  });

  it('a catalogue that jumps is not published unless it is forced', async () => {
    const { data, bucket } = await named(ALL);
    const before = await versionInService(bucket);
    const many = new Map([...ALL, 81, 82, 83, 84, 85].map((movieId) => [movieId, filmOf(movieId)]));
    const report = await night({ ...data, movies: many }, bucket);
    expect(report).toMatchObject({ decision: 'kept', version: before });
    expect(report.reason).toBe('the model jumps; catalogue 40 → 45 films, more than 10%; --force publishes it');
    expect(await versionInService(bucket)).toBe(before);
    const forced = await night({ ...data, movies: many }, bucket, { force: true });
    expect(forced).toMatchObject({
      decision: 'published',
      reason: expect.stringMatching(/^forced, though worse; cat/),
    });
  });

  it('films without a title that an earlier release trained on leave by themselves, however many they are', async () => {
    const data = { ...base, movies: new Map(ALL.map((movieId) => [movieId, filmOf(movieId)])) };
    const bucket = new MemoryBucket();
    const flood = ratingsOf(unknown.map((movieId, j) => [NEWCOMER, movieId, 1 + (j % 5), 2e9 + j]));
    const ratings = appendRatings(base.ratings, flood);
    // Without a film file ids stand as titles, as they did for such films in any data set.
    await publish(bucket, await train(jsEngine(), { ...base, ratings }, resolveOptions(QUICK)));
    await rate(NEWCOMER, unknown);
    const report = await night(data, bucket, { margins: { maxRmseIncrease: 9, maxNdcgDrop: 9 } });
    expect(report).toMatchObject({ decision: 'published', untitled: { movies: 900 } });
    expect(await filmsIn(bucket)).toEqual(ALL);
  });

  it('a precision that jumps is not published, and deleted people leave without what made it jump', async () => {
    await people();
    const bucket = published.copy();
    await decided(bucket);
    await rate(NEWCOMER + 1, ALL, (j) => (j % 2 === 0 ? 5 : 0.5));
    const margins = { maxRmseIncrease: 9, maxNdcgDrop: 9 };
    const given = { sweeps: 2, tau: 0.5, learnTauFrom: 9 };
    const kept = await decided(bucket, { margins, given, cold: true });
    expect(kept).toMatchObject({
      decision: 'kept',
      reason: expect.stringMatching(/^the model jumps; rating precision/),
    });
    await deletePerson(db, NEWCOMER, 2e9 + 1000);
    const report = await decided(bucket, { margins, given, cold: true });
    expect(report).toMatchObject({ decision: 'published', forgotten: 1 });
    expect(report.reason).toMatch(/^deleted people must leave the model, though worse; rating precision .* wait$/);
    const { manifest } = await publishedArtifact(bucket, report.version!);
    expect(manifest.dataset).toMatchObject({ users: 30, ratings: base.ratings.count - 1 });
  });
});

describe('a restored database', () => {
  it('stops the retrain until it is healed; then all ratings are learned from, the old and the new', async () => {
    await people();
    const bucket = published.copy();
    const { data, store } = await decided(bucket);
    const restored = [
      'DELETE FROM rating_log WHERE seq > 5',
      'DELETE FROM rating WHERE user_id <> 1000000001 OR movie_id > 13',
      "UPDATE sqlite_sequence SET seq = 5 WHERE name = 'rating_log'",
      "UPDATE store SET pull = 'an earlier one', pull_before = ''",
    ];
    await db.batch(restored.map((sql) => db.prepare(sql)));
    const since = Array.from({ length: 10 }, (_, j) => ({ movieId: 1 + j, rating: 1 + (j % 5), timestamp: 2.1e9 + j }));
    await writeRatings(db, NEWCOMER + 1, since, 'page');
    await expect(decided(bucket)).rejects.toMatchObject({
      code: 'bad-data',
      message: expect.stringMatching(/restored.* up to 14, and D1 agrees with it up to 5$/),
    });
    expect(bucket.keys(LEASE_KEY)).toEqual([]);
    await heal(bucket, db, false, settingsOf().lease);
    expect(await decided(bucket, { force: true })).toMatchObject({
      data: { ratings: data.ratings + 10, log: 24 },
      store: { id: store.id, epoch: store.epoch + 1 },
    });
  });
});

describe('a deleted person', () => {
  const BAD = { given: { sweeps: 1, learnTauFrom: 1000, tau: 1e-4, userRidge: 1e9, movieRidge: 1e9 }, cold: true };

  /** A bucket whose model in service has the newcomer, who was deleted since. */
  async function withDeleted(): Promise<MemoryBucket> {
    await people();
    const bucket = published.copy();
    await decided(bucket);
    await deletePerson(db, NEWCOMER, 2e9 + 1000);
    return bucket;
  }

  async function usersOf(bucket: MemoryBucket, version: string): Promise<number[]> {
    const { users, manifest } = openArtifact(await publishedArtifact(bucket, version));
    const ids: number[] = [];
    for await (const { userId } of readAllUsers(users, manifest)) ids.push(userId);
    return ids;
  }

  async function partitionRows(bucket: MemoryBucket) {
    return (await readPartitions(bucket)).flatMap(({ rows }) => rows);
  }

  it('of the data set is in no model from the next run on', async () => {
    const bucket = published.copy();
    expect(await usersOf(bucket, first)).toContain(3);
    await deletePerson(db, 3, 2e9);
    const report = await decided(bucket);
    const theirs = base.ratings.userIds.filter((userId) => userId === 3).length;
    expect(report).toMatchObject({ decision: 'published', forgotten: 1, data: { base: base.ratings.count - theirs } });
    expect(await usersOf(bucket, report.version!)).not.toContain(3);
    expect(await decided(bucket)).toMatchObject({ decision: 'kept', reason: 'there are no new ratings' });
  });

  it('is in no model and no partition after the next run, while others keep their ratings', async () => {
    const bucket = await withDeleted();
    const before = (await versionInService(bucket))!;
    expect(await usersOf(bucket, before)).toContain(NEWCOMER);
    const others = (await partitionRows(bucket)).filter(({ userId }) => userId !== NEWCOMER);
    const report = await decided(bucket);
    expect(report).toMatchObject({ decision: 'published', forgotten: 1, watermark: 15 });
    expect(await usersOf(bucket, report.version!)).not.toContain(NEWCOMER);
    expect(await usersOf(bucket, report.version!)).toHaveLength(30);
    const rows = await partitionRows(bucket);
    expect(rows.filter(({ userId }) => userId === NEWCOMER)).toMatchObject([{ seq: 15, movieId: EVERY_MOVIE }]);
    expect(rows.filter(({ userId, movieId }) => userId !== NEWCOMER && movieId !== EVERY_MOVIE)).toEqual(others);
    const { manifest } = await publishedArtifact(bucket, report.version!);
    expect(manifest.dataset).toMatchObject({ users: 30, ratings: base.ratings.count - 1 });
  });

  it('leaves the model even when the challenger is worse', async () => {
    const bucket = await withDeleted();
    const report = await decided(bucket, BAD);
    expect(report).toMatchObject({ decision: 'published', forgotten: 1 });
    expect(report.reason).toMatch(/^deleted people must leave the model, though worse; /);
    expect(await usersOf(bucket, report.version!)).not.toContain(NEWCOMER);
    expect(await decided(bucket, BAD)).toMatchObject({ decision: 'kept', forgotten: 0 });
  });

  it('is in no version after the second run, not even in one to roll back to', async () => {
    const bucket = await withDeleted();
    const served = (await versionInService(bucket))!;
    const report = await decided(bucket);
    expect(JSON.parse(bucket.text(CURRENT_KEY)).previous).toBe(served); // whoever still reads it shall find it
    expect(report.deleted).toEqual([]);
    expect((await decided(bucket)).deleted).toEqual([served]);
    expect(bucket.keys(`models/${served}/`)).toEqual([]);
    await publishedArtifact(bucket, first); // which never held anybody but the data set's users
    expect((await decided(bucket)).deleted).toEqual([]);
  });

  it('leaves only the deletion in the log when no model has seen them', async () => {
    const user = await createPerson(db, 2e9);
    await writeRatings(db, user, [{ movieId: 1, rating: 5, timestamp: 2e9 }], 'page');
    await deletePerson(db, user, 2e9 + 1);
    const bucket = published.copy();
    expect(await decided(bucket)).toMatchObject({ decision: 'kept', forgotten: 0 });
    expect(await partitionRows(bucket)).toMatchObject([{ userId: user, movieId: EVERY_MOVIE }]);
  });

  it('is also gone when a run is killed at any operation and another one follows', async () => {
    const start = await withDeleted();
    const pulls = (await db
      .prepare('SELECT pull, pull_before AS before FROM store')
      .first<{ pull: string; before: string }>())!;
    // Each copy of the bucket is of this moment, and so must D1's names of pulls be.
    const asThen = () =>
      db.prepare('UPDATE store SET pull = ?1, pull_before = ?2').bind(pulls.pull, pulls.before).run();
    const undisturbed = start.copy();
    const watched = dying(undisturbed, Number.POSITIVE_INFINITY, 'before');
    await decided(watched);
    const expected = await stateOf(undisturbed);
    for (let nth = 1; nth <= watched.count; nth += 3) {
      await asThen();
      const bucket = start.copy();
      const when = nth % 2 === 0 ? 'before' : 'after';
      const death = retrain(toolsOf(dying(bucket, nth, when)), settingsOf());
      await expect(death, `operation ${nth}, ${when}`).rejects.toThrow(Killed);
      await retrain(toolsOf(bucket), settingsOf({}, LATER));
      expect(await stateOf(bucket), `operation ${nth}, ${when}`).toEqual(expected);
      expect(await partitionRows(bucket)).toEqual(await partitionRows(undisturbed));
    }
  });
});

describe('the list of nights', () => {
  it('says what became of each, also of those that failed or were killed, the newest first', async () => {
    await people();
    const bucket = published.copy();
    await expect(retrain(toolsOf(dying(bucket, 12, 'after')), settingsOf())).rejects.toThrow(Killed);
    const nights = () => parseOutcomes(bucket.text(OUTCOMES_KEY));
    expect(nights()).toMatchObject([{ state: 'running', startedAt: new Date(NOW).toISOString(), endedAt: null }]);
    const report = await retrain(toolsOf(bucket), settingsOf({}, LATER));
    await retrain(toolsOf(bucket), settingsOf({}, LATER + 1));
    const lost = { ...toolsOf(bucket), loadDataset: () => Promise.reject(new Error('no such file')) };
    await expect(retrain(lost, settingsOf({}, LATER + 2))).rejects.toThrow('no such file');
    const { version, data, leftOut, comparison } = report as RetrainReport;
    expect(nights()).toMatchObject([
      { state: 'failed', reason: 'no such file', startedAt: new Date(LATER + 2).toISOString() },
      { state: 'kept', reason: 'there are no new ratings', version, compared: null },
      {
        state: 'published',
        version,
        champion: first,
        ratings: data.ratings,
        leftOut: { ...leftOut, badRows: 0 },
        compared: { on: 'newest ratings', rmse: { challenger: comparison!.newest!.challenger.rmse } },
      },
      { state: 'failed', reason: expect.stringContaining('killed'), startedAt: new Date(NOW).toISOString() },
    ]);
  });
});

describe('a killed retrain', () => {
  it('leaves a model in service after any bucket operation, and the next run reaches the same state', async () => {
    await people();
    const undisturbed = published.copy();
    const watched = dying(undisturbed, Number.POSITIVE_INFINITY, 'before');
    await decided(watched);
    const expected = await stateOf(undisturbed);
    expect(watched.count).toBeGreaterThan(25);
    for (let nth = 1; nth <= watched.count; nth++) {
      for (const when of ['before', 'after'] as const) {
        const bucket = published.copy();
        const death = retrain(toolsOf(dying(bucket, nth, when)), settingsOf());
        // Killed while it frees the lease, a run that failed says why it failed.
        await expect(death, `operation ${nth}, ${when}`).rejects.toThrow(Killed);
        await publishedArtifact(bucket, (await versionInService(bucket))!);
        await retrain(toolsOf(bucket), settingsOf({}, LATER));
        expect(await stateOf(bucket), `operation ${nth}, ${when}`).toEqual(expected);
      }
    }
  });

  it.each<RetrainStep>(['pull', 'join', 'newest', 'hold-out', 'train', 'publish', 'prune'])(
    'holds its lease when killed before the step %s until that expires; the next run then reaches the same state',
    async (step) => {
      await people();
      const undisturbed = published.copy();
      await decided(undisturbed);
      const bucket = published.copy();
      const gone: Bucket = dying(bucket, Number.POSITIVE_INFINITY, 'before');
      const killed = toolsOf(gone, (now) => {
        if (now !== step) return;
        const refuse = () => Promise.reject(new Killed());
        Object.assign(gone, { get: refuse, put: refuse, list: refuse, delete: refuse });
        throw new Killed();
      });
      await expect(retrain(killed, settingsOf())).rejects.toThrow(Killed);
      expect(await retrain(toolsOf(bucket), settingsOf())).toMatchObject({ decision: 'lease-held' });
      await retrain(toolsOf(bucket), settingsOf({}, LATER));
      expect(await stateOf(bucket)).toEqual(await stateOf(undisturbed));
    },
  );
});
