import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { partitionKey } from '../../../shared/ratings/log-partitions.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { readRatings, writeRatings } from '../../../shared/ratings/rating-store.ts';
import { MARK_KEY, writeMark } from '../../../shared/ratings/store-mark.ts';
import { readStore } from '../../../shared/ratings/tables/store.ts';
import { trimLog } from '../../../worker/events/trim-log.ts';
import worker from '../../../worker/index.ts';
import { publishFixture, startApp } from '../app.ts';

/** When the fixture was trained, by its manifest. */
const TRAINED = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;

beforeEach(async () => {
  vi.restoreAllMocks();
  const sql = ['DELETE FROM rating_log', 'DELETE FROM rating', "DELETE FROM sqlite_sequence WHERE name = 'rating_log'"];
  await env.DB.batch(sql.map((statement) => env.DB.prepare(statement)));
  const { objects } = await env.MODELS.list({ prefix: 'ratings/log/' });
  await env.MODELS.delete(objects.map(({ key }) => key));
});

const all = async (sql: string) => (await env.DB.prepare(sql).all<Record<string, number | null>>()).results;
const seqs = async () => (await all('SELECT seq FROM rating_log ORDER BY seq')).map(({ seq }) => seq);
const view = () => all('SELECT user_id, movie_id, half_stars, rated_at FROM rating ORDER BY user_id, movie_id');
const rebuilt = () =>
  all(`SELECT user_id, movie_id, half_stars, rated_at FROM rating_log
       WHERE seq IN (SELECT max(seq) FROM rating_log GROUP BY user_id, movie_id) ORDER BY user_id, movie_id`);

/** Eight rows: movie 1 rated three times, 2 twice, 3 taken back, 4 once. */
async function rated(): Promise<void> {
  const changes: [number, number | null, number][] = [
    [1, 4, 10],
    [2, 3, 10],
    [1, 5, 11],
    [3, 2, 12],
    [4, 1, 13],
    [1, 2, 14],
    [3, null, 15],
    [2, 5, 16],
  ];
  for (const [movieId, rating, timestamp] of changes) {
    await writeRatings(env.DB, 7, [{ movieId, rating, timestamp }], 'api');
  }
}

/** Makes R2 as a retrain leaves it that read the log up to a seq. */
const taken = (to: number) => env.MODELS.put(partitionKey(1, to), 'a partition');

async function schedule(at: number): Promise<void> {
  const context = createExecutionContext();
  await worker.scheduled(createScheduledController({ scheduledTime: at, cron: '0 4 * * *' }), env);
  await waitOnExecutionContext(context);
}

describe('the cron trigger', () => {
  it('the cron trigger deletes superseded rows that R2 has, and no others', async () => {
    await rated();
    const before = await view();
    await schedule(TRAINED);
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]); // no retrain has read the log yet
    await taken(5);
    await schedule(TRAINED);
    expect(await seqs()).toEqual([5, 6, 7, 8]);
    await taken(8);
    await schedule(TRAINED);
    await schedule(TRAINED);
    expect(await seqs()).toEqual([5, 6, 7, 8]); // the current ratings, one row each
    expect(await view()).toEqual(before);
    expect(await rebuilt()).toEqual(before);
  });

  it('the cron trigger deletes the row of a deleted person once R2 has it', async () => {
    await writeRatings(env.DB, 1_000_000_777, [{ movieId: 1, rating: 4, timestamp: 10 }], 'page');
    await deletePerson(env.DB, 1_000_000_777, 20);
    await schedule(TRAINED);
    expect(await seqs()).toEqual([2]);
    await taken(2);
    await schedule(TRAINED);
    expect(await seqs()).toEqual([]);
    expect(await readRatings(env.DB, 1_000_000_777)).toEqual([]);
  });

  it('trimLog returns how many rows it deleted, in a log of any length', async () => {
    await rated();
    // A seq far from the others, as after years.
    await env.DB.prepare('UPDATE rating_log SET seq = seq + 123456 WHERE seq > 6').run();
    await taken(123_464);
    expect(await trimLog(env.DB, env.MODELS)).toBe(4);
    expect(await trimLog(env.DB, env.MODELS)).toBe(0);
    expect(await seqs()).toEqual([5, 6, 123_463, 123_464]);
  });

  it('the cron trigger deletes nothing when D1 is older than what R2 has taken from it, or another database', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await rated();
    await taken(8);
    const { id, epoch, pull } = await readStore(env.DB);
    const mark = { store: id, epoch, pull, lastPerson: 0, epochs: [] };
    for (const other of [{ pull: 'a later one' }, { store: 'another' }]) {
      await writeMark(env.MODELS, { ...mark, ...other });
      expect(await trimLog(env.DB, env.MODELS)).toBe(0);
    }
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(warn.mock.calls.flat()).toEqual(Array(2).fill(expect.stringContaining('npm run heal')));
    await writeMark(env.MODELS, mark);
    expect(await trimLog(env.DB, env.MODELS)).toBe(4);
    await env.MODELS.delete(MARK_KEY);
  });

  it('the cron trigger warns in the log when the model is older than its limit', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const aged = { ...env, MODEL_MAX_AGE: '48' };
    const run = (at: number) => worker.scheduled(createScheduledController({ scheduledTime: at }), aged);
    await run(TRAINED + 48 * HOUR);
    expect(warn).not.toHaveBeenCalled();
    await run(TRAINED + 50 * HOUR);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('trained 50 hours ago, expected at most 48')]]);
  });
});

describe('GET /health', () => {
  it.each<[string | undefined, number, string]>([
    ['36', 35, 'ok'],
    ['36', 37, 'stale'],
    [undefined, 47, 'ok'],
    [undefined, 49, 'stale'],
    ['0', 9999, 'ok'],
  ])('GET /health with MODEL_MAX_AGE %s and a model of %s hours is %s', async (MODEL_MAX_AGE, hours, status) => {
    const app = startApp({ MODEL_MAX_AGE });
    app.pass(hours * 3600 - (app.now() - TRAINED) / 1000);
    const answer = await app.get('/health');
    expect(answer).toMatchObject({ status: 200, body: { status, lastError: null } });
    expect(answer.body.warnings).toEqual(status === 'ok' ? [] : [expect.stringContaining(`${hours} hours ago`)]);
  });

  it('the age of a model counts from its training, also where the data have no times', async () => {
    await publishFixture(env.MODELS, undefined, {
      manifest: { dataset: { ...(await manifest()).dataset, cutoff: null } },
    });
    const app = startApp({ MODEL_MAX_AGE: '1' });
    expect((await app.get('/health')).body).toMatchObject({ status: 'stale' });
    expect((await app.get('/model')).body.dataset.cutoff).toBeNull();
  });
});

async function manifest() {
  return (await startApp().get('/model')).body;
}
