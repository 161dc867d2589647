import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredUser } from '../../../shared/artifact/user-batch.ts';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import type { Model } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import { partitionKey } from '../../../shared/ratings/log-partitions.ts';
import { EVERY_MOVIE } from '../../../shared/ratings/rating.ts';
import { openArtifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import type { Dataset, Ratings } from '../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import { takeRatings } from '../../../trainer/data/ratings.ts';
import { historyMoments } from '../../../trainer/engines/history-moments.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { importFactors } from '../../../trainer/import/import-factors.ts';
import { type Moments, readMoments } from '../../../trainer/import/moments.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { restrict } from '../../../trainer/models/relevance/next-watch.ts';
import { historyScales } from '../../../trainer/models/relevance/settings.ts';
import { recommendStored } from '../../../trainer/predict/predict.ts';
import { BadRowList } from '../../../trainer/retrain/log/bad-rows.ts';
import { joinLog, withoutPeople } from '../../../trainer/retrain/log/join.ts';
import { encodePartition } from '../../../trainer/retrain/log/partition.ts';
import { ratingsCsv } from '../../scripts/command.ts';
import { asParquet, hasSpark, killExecutor, runJob, storageSays, TWO_EXECUTORS } from './job.ts';

const canRun = await hasSpark();
if (!canRun) console.warn('Spark is not tested: python3 has no pyspark, pandas and pyarrow, or there is no Java');

const USERS = 60;
const K = 7;
const OPTIONS = resolveOptions({ relevanceFactors: 16 });
const DELETED = 7;
const NEW_USER = 1_000_000;
const NEIGHBOUR = 1_000_001;

/** What the job says when it is about to start ALS. */
const BEFORE_ALS = 'ratings of';

/** A cluster of Java processes takes seconds on an idle machine, and many minutes on a crowded one. */
const PATIENCE = 1_800_000;

/** What came in since, as the nightly job keeps it in R2: of two databases, user 3 moved from the first to the second. */
function logsOf({ userIds, movieIds, timestamps }: Ratings) {
  const at = userIds.indexOf(3);
  const [changed, takenBack] = [at, at + 1].map((i) => ({ movieId: movieIds[i], timestamp: timestamps[i] + 1 }));
  const row = { userId: 3, receivedAt: 0 };
  const first = [
    { ...row, seq: 1, ...changed, halfStars: 1 },
    { ...row, seq: 2, ...changed, halfStars: 2 }, // the same second: the later one counts
    { ...row, seq: 3, ...takenBack, halfStars: 7 },
    { ...row, seq: 4, userId: NEW_USER, movieId: movieIds[0], halfStars: 9, timestamp: 1.5e9 },
    { ...row, seq: 5, userId: DELETED, movieId: movieIds[0], halfStars: 10, timestamp: 1.6e9 },
  ];
  const second = [
    { ...row, seq: 4, userId: NEIGHBOUR, movieId: movieIds[1], halfStars: 8, timestamp: 1.5e9 }, // a seq of both
    { ...row, seq: 5, userId: DELETED, movieId: EVERY_MOVIE, halfStars: null, timestamp: 1.5e9 },
    { ...row, seq: 6, ...takenBack, halfStars: null },
    { ...row, seq: 7, userId: NEW_USER, movieId: movieIds[0], halfStars: 9, timestamp: 1.5e9 }, // came with a move
    { ...row, seq: 8, userId: NEIGHBOUR, movieId: movieIds[2], halfStars: 200, timestamp: 1.5e9 }, // no rating
  ];
  return [first, second];
}

interface Trained {
  readonly model: Model;
  readonly bytes: Uint8Array;
  readonly users: ReadonlyMap<number, StoredUser>;
  readonly moments: Moments;
}

describe.runIf(canRun)('training on Spark', () => {
  let folder: string;
  let base: Dataset;
  let logs: ReturnType<typeof logsOf>;
  let killed: number | null = null;
  let [whole, disturbed]: Trained[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'marquee-spark-'));
    base = await firstUsers(USERS);
    logs = logsOf(base.ratings);
    await writeFile(join(folder, 'ratings.csv'), ratingsCsv(base.ratings));
    for (const [shard, log] of logs.entries()) await writeLog(shard, log);
    const [undisturbed, withKill] = await Promise.all([
      train('whole', 'ratings/log', 'local[2]'),
      train('killed', 'mixed/log', TWO_EXECUTORS, (line, pid) => {
        if (line.includes(BEFORE_ALS)) killed = killExecutor(pid);
      }),
    ]);
    [whole, disturbed] = [undisturbed, withKill];
  }, PATIENCE);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Two partitions: in `ratings/` as R2 has them, in `mixed/` with the later one as Parquet. */
  async function writeLog(shard: number, log: ReturnType<typeof logsOf>[number]): Promise<void> {
    for (const [at, part] of [log.slice(0, 2), log.slice(2)].entries()) {
      const key = partitionKey(part[0].seq, part.at(-1)!.seq, shard);
      const [file, copy] = [join(folder, key), join(folder, key.replace('ratings', 'mixed'))];
      for (const path of [file, copy]) await mkdir(dirname(path), { recursive: true });
      await writeFile(file, encodePartition(part));
      if (at === 0) await copyFile(file, copy);
      else await asParquet(file, copy.replace('.arrow', '.parquet'));
    }
  }

  async function train(
    name: string,
    partitions: string,
    master: string,
    hear?: (line: string, pid: number) => void,
  ): Promise<Trained> {
    const to = join(folder, name);
    const flags = ['--ratings', folder, '--log', join(folder, partitions), '--to', to];
    const { status, stderr } = await runJob(flags, master, hear);
    if (status !== 0) throw new Error(`the job exited with ${status}:\n${stderr}`);
    const tables = { users: join(to, 'users'), movies: join(to, 'movies'), moments: join(to, 'moments') };
    const artifact = join(folder, `${name}-model`);
    await importFactors(jsEngine(), { ...tables, catalogue: base.movies, name: 'first' }, OPTIONS, artifact);
    const { users: bytes, ...model } = openArtifact(await readArtifact(artifact));
    const users = new Map<number, StoredUser>();
    for await (const user of readAllUsers(bytes, model.manifest)) users.set(user.userId, user);
    return { model, bytes, users, moments: await readMoments(tables.moments, K) };
  }

  it('takes up what the logs of both databases say: of each rating the latest, and nobody who was deleted', () => {
    const { users, model } = whole;
    expect(users.size).toBe(USERS + 1); // one deleted, two new
    expect(users.has(DELETED)).toBe(false);
    expect(users.get(NEW_USER)?.stars).toEqual(Float32Array.of(4.5));
    expect(users.get(NEIGHBOUR)?.stars).toEqual(Float32Array.of(4));
    const { movieIds, stars } = users.get(3)!;
    expect(stars[movieIds.indexOf(logs[0][0].movieId)]).toBe(1);
    expect(movieIds).not.toContain(logs[0][2].movieId);
    const deleted = base.ratings.userIds.filter((userId) => userId === DELETED).length;
    expect(model.manifest.dataset.ratings).toBe(base.ratings.count - deleted - 1 + 2);
  });

  it('has the ratings that our own retraining would have', () => {
    const rows = new BadRowList().sound(logs.flat()).filter(({ userId }) => userId !== DELETED);
    const { ratings } = joinLog(withoutPeople(base, new Set([DELETED])), rows);
    expect(asText(ratingsOf(whole.users))).toEqual(asText(ratings));
  });

  it('reads a log of which a part is Parquet as it reads one that is Arrow', async () => {
    expect((await readdir(join(folder, 'mixed/log'))).sort()).toEqual([
      expect.stringMatching(/\.arrow$/),
      expect.stringMatching(/\.parquet$/),
    ]);
    for (const [userId, { movieIds, stars, times }] of whole.users) {
      expect(disturbed.users.get(userId)).toMatchObject({ movieIds, stars, times });
    }
  });

  it('stores of everybody what folding their ratings in answers', () => {
    const { model, users } = whole;
    for (const { movieIds, stars, factors, bias, relevance } of users.values()) {
      const folded = foldIn(model, { rows: Int32Array.from(movieIds, model.movies.rowOf), stars });
      expect(largestDifference([...factors, bias], [...Array.from(folded.factors), folded.bias])).toBeLessThan(1e-4);
      expect(largestDifference(relevance, folded.relevance)).toBeLessThan(1e-4);
    }
  });

  it('sums the same moments of histories as the reference', () => {
    const { model, users, moments } = whole;
    const { xx, xy, likes, movieIds: core } = moments.grams;
    const ratings = ratingsOf(users);
    const matrix = indexRatings(ratings, base.movies);
    const sequences = restrict(matrix.byUser, core.map(model.movies.rowOf));
    const reference = historyMoments(
      sequences,
      historyScales(OPTIONS),
      [
        { likeFrom: 4, window: 20, windowShare: 0.25 },
        { likeFrom: 0, window: 1, windowShare: 0 },
      ],
      { first: 5, step: 1, likeFrom: 4 },
    );
    expect(core.length).toBe(120);
    expect(largestDifference(xx, reference.xx)).toBeLessThan(1e-4);
    xy.forEach((target, at) => {
      expect(largestDifference(target, reference.xy[at])).toBeLessThan(1e-4);
    });
    expect(largestDifference(likes, reference.likes)).toBe(0);
  });

  it('explains its ratings better than the films’ and users’ means', () => {
    const { model, users } = whole;
    let [own, plain] = [0, 0];
    for (const { movieIds, stars, factors, bias } of users.values()) {
      movieIds.forEach((movieId, j) => {
        const row = model.movies.rowOf(movieId);
        let score = model.manifest.mean + bias + model.movies.biases[row];
        for (let x = 0; x < K; x++) score += factors[x] * model.movies.factors[row * K + x];
        own += (stars[j] - score) ** 2;
        plain += (stars[j] - model.manifest.mean - model.movies.deviations[row]) ** 2;
      });
    }
    expect(own).toBeLessThan(0.8 * plain);
  });

  it('comes to the same model when an executor is killed in the middle', async () => {
    expect(killed).not.toBeNull();
    expect([...disturbed.users.keys()]).toEqual([...whole.users.keys()]);
    for (const [userId, { factors, relevance }] of whole.users) {
      const other = disturbed.users.get(userId)!;
      expect(largestDifference(factors, other.factors)).toBeLessThan(1e-4);
      expect(largestDifference(relevance, other.relevance)).toBeLessThan(1e-4);
    }
    expect(largestDifference(whole.moments.grams.xx, disturbed.moments.grams.xx)).toBeLessThan(1e-4);
    const lists = await Promise.all([whole, disturbed].map(listOf));
    expect(lists[1]).toEqual(lists[0]);
  });

  it('refuses rows that are no ratings, and names them', async () => {
    const bad = join(folder, 'bad.csv');
    await writeFile(bad, 'userId,movieId,rating,timestamp\n1,2,4,5\n1,3,NaN,5\n1,4,7,5\n');
    const { status, stderr } = await runJob(['--ratings', bad, '--to', join(folder, 'none')], 'local[1]');
    expect(status).toBe(1);
    expect(stderr).toMatch(/bad\.csv: 2 rows are no ratings: user 1\.0, movie 3\.0, nan stars/i);
  });

  it('reads s3a: by what the environment says, and explains what Hadoop answers', async () => {
    const { r2, local, packageMissing, keysMissing } = await storageSays();
    expect(r2).toEqual({
      'spark.jars.packages': expect.stringMatching(/^org\.apache\.hadoop:hadoop-aws:\d+\.\d+\.\d+$/),
      'spark.hadoop.fs.s3a.endpoint.region': 'auto',
      'spark.hadoop.fs.s3a.path.style.access': 'true',
    });
    expect(local).toEqual({});
    expect(packageMissing).toContain(`Give spark-submit --packages ${r2['spark.jars.packages']}`);
    expect(keysMissing).toMatch(/Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
  });
});

/** The embedded set's first users. */
async function firstUsers(count: number): Promise<Dataset> {
  const { ratings, ...about } = await loadDataset('ml-latest-small-2016');
  const kept = Array.from({ length: ratings.count }, (_, i) => i).filter((i) => ratings.userIds[i] <= count);
  return { ...about, ratings: takeRatings(ratings, kept) };
}

function asText({ userIds, movieIds, stars, timestamps }: Ratings): string[] {
  return Array.from(userIds, (userId, i) => [userId, movieIds[i], stars[i], timestamps[i]].join()).sort();
}

function ratingsOf(users: ReadonlyMap<number, StoredUser>): Ratings {
  const rows = [...users.values()].flatMap(({ userId, movieIds, stars, times }) =>
    Array.from(movieIds, (movieId, j) => ({ userId, movieId, stars: stars[j], time: times[j] })),
  );
  return {
    count: rows.length,
    userIds: Int32Array.from(rows, ({ userId }) => userId),
    movieIds: Int32Array.from(rows, ({ movieId }) => movieId),
    stars: Float32Array.from(rows, ({ stars }) => stars),
    timestamps: Float64Array.from(rows, ({ time }) => time),
  };
}

async function listOf({ model, bytes }: Trained): Promise<number[]> {
  const request = { k: 10, blend: 0, popularity: 0, certainty: 0, filter: {} };
  const items = await recommendStored(model, bytes, { userId: 15, now: 1.5e9 }, request);
  return items.map(({ movieId }) => movieId);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let at = 0; at < a.length; at++) most = Math.max(most, Math.abs(a[at] - b[at]));
  return most;
}
