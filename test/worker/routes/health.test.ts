import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OUTCOMES_KEY, type RetrainOutcome } from '../../../shared/artifact/retrain-outcomes.ts';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { dropLetter, keepLetter } from '../../../shared/ratings/dead-letters.ts';
import { FIXTURE_VERSION } from '../../fixtures/groups.ts';
import { publishFixture, startApp } from '../app.ts';
import { countedBucket } from '../counting-stores.ts';

const NIGHT: RetrainOutcome = {
  state: 'published',
  startedAt: '2026-01-01T02:30:00.000Z',
  endedAt: '2026-01-01T02:31:00.000Z',
  reason: 'the challenger is not worse',
  version: FIXTURE_VERSION,
  champion: null,
  ratings: 1000,
  leftOut: null,
  compared: null,
};
const noteNights = (...items: RetrainOutcome[]) => env.MODELS.put(OUTCOMES_KEY, JSON.stringify({ items }));

afterEach(async () => {
  vi.restoreAllMocks();
  await env.MODELS.delete(OUTCOMES_KEY);
});

describe('GET /health', () => {
  it('says how each component is, beside what it always said', async () => {
    const app = startApp({ MODEL_MAX_AGE: '0' });
    const { status, body } = await app.get('/health');
    expect([status, body.status, body.version]).toEqual([200, 'ok', FIXTURE_VERSION]);
    expect(body.components).toMatchObject({
      model: { status: 'ok', version: FIXTURE_VERSION },
      d1: { status: 'ok' },
      retrain: { status: 'unknown', running: false, last: null },
      experiment: null,
    });
    expect(body.components.model.ageHours).toBeGreaterThan(0);
  });

  it('shows a failed night at once, and leaves its reason to the operator', async () => {
    const reason = 'ENOENT: /home/ann/films/links.csv';
    await noteNights({ ...NIGHT, state: 'failed', reason, version: null }, NIGHT);
    const { status, body } = await startApp({ MODEL_MAX_AGE: '0' }).get('/health');
    expect([status, body.status]).toEqual([200, 'stale']);
    expect(body.warnings).toEqual([expect.stringMatching(/^the retrain of 2026-01-01T02:31:00.000Z failed/)]);
    expect(JSON.stringify(body)).not.toContain('ann');
    expect(body.components.retrain).toMatchObject({
      status: 'stale',
      last: { state: 'failed', reason: null, seconds: 60 },
    });
  });

  it('does not warn of a night that kept the model, nor of one that runs', async () => {
    await noteNights({ ...NIGHT, state: 'kept', reason: 'there are no new ratings' });
    const kept = startApp({ MODEL_MAX_AGE: '0' });
    expect((await kept.get('/health')).body).toMatchObject({ status: 'ok', warnings: [] });
    const running = { ...NIGHT, state: 'running', startedAt: new Date(kept.now()).toISOString() } as const;
    await noteNights({ ...running, endedAt: null, reason: null, version: null }, NIGHT);
    const { body } = await startApp({ MODEL_MAX_AGE: '0' }).get('/health');
    expect(body).toMatchObject({
      status: 'ok',
      components: { retrain: { running: true, last: { state: 'published' } } },
    });
  });

  it('warns of a night that has not ended for hours: it was killed', async () => {
    await noteNights({ ...NIGHT, state: 'running', endedAt: null, reason: null, version: null });
    const { body } = await startApp({ MODEL_MAX_AGE: '0' }).get('/health');
    expect(body.warnings).toEqual([expect.stringContaining('failed')]);
    expect(body.components.retrain).toMatchObject({ running: false, last: { state: 'failed', seconds: null } });
  });

  it('reads the nights from R2 every ten seconds at most, and takes a damaged list for none', async () => {
    await env.MODELS.put(OUTCOMES_KEY, 'no list');
    const { bucket, uses } = countedBucket(env.MODELS);
    const app = startApp({ MODELS: bucket, MODEL_MAX_AGE: '0' });
    const reads = () => uses.filter(({ key }) => key === OUTCOMES_KEY).length;
    expect((await app.get('/health')).body.components.retrain.last).toBeNull();
    await app.get('/health');
    expect(reads()).toBe(1);
    await noteNights(NIGHT);
    app.pass(11);
    expect((await app.get('/health')).body.components.retrain.last).toMatchObject({ state: 'published' });
    expect(reads()).toBe(2);
  });

  it('tells how many writes wait on the queue, and warns of many', async () => {
    const holding = (backlogCount: number) => ({ metrics: async () => ({ backlogCount, backlogBytes: 1 }) });
    const healthWith = async (queue: unknown) =>
      (await startApp({ PENDING: queue as Queue<never>, MODEL_MAX_AGE: '0' }).get('/health')).body;
    const few = await healthWith(holding(3));
    expect([few.status, few.components.queue]).toEqual(['ok', { status: 'ok', backlog: 3, givenUp: 0 }]);
    const many = await healthWith(holding(5000));
    expect([many.status, many.warnings]).toEqual(['stale', ['5000 writes wait on the queue']]);
    const silent = { metrics: () => Promise.reject(new Error('not here')) };
    for (const queue of [undefined, {}, silent]) {
      expect((await healthWith(queue)).components.queue).toEqual({ status: 'unknown', backlog: null, givenUp: 0 });
    }
  });

  it('warns of writes that the queue gave up on, until they were replayed, and looks once a minute', async () => {
    await keepLetter(env.MODELS, 'a-message', { user: 7 });
    await keepLetter(env.MODELS, 'another.bad-rows', { user: 7, bad: [] }); // nothing that a replay takes up
    const app = startApp({ MODEL_MAX_AGE: '0' });
    const now = async () => (await app.get('/health')).body;
    const [warning] = (await now()).warnings;
    expect(warning).toBe('writes that the queue gave up on wait in R2 (1): npm run replay -- --remote');
    expect(await now()).toMatchObject({ status: 'stale', components: { queue: { status: 'stale', givenUp: 1 } } });
    for (const name of ['a-message', 'another.bad-rows']) await dropLetter(env.MODELS, name);
    expect((await now()).components.queue.givenUp).toBe(1);
    app.pass(61);
    expect(await now()).toMatchObject({ status: 'ok', warnings: [], components: { queue: { givenUp: 0 } } });
  });

  it('takes what waits in the queue of npm start, which R2 has too, for no write that was given up on', async () => {
    await keepLetter(env.MODELS, 'a-message', { user: 7 });
    const { body } = await startApp({ MODEL_MAX_AGE: '0', KEEP_QUEUED: 'true' }).get('/health');
    expect(body).toMatchObject({ status: 'ok', components: { queue: { givenUp: null } } });
    await dropLetter(env.MODELS, 'a-message');
  });
});

describe('GET /health/live and /health/ready', () => {
  it('live answers without model, D1 and R2', async () => {
    const nothing = { DB: null as unknown as D1Database, MODELS: null as unknown as R2Bucket };
    expect(await startApp(nothing).get('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('ready answers 200 with a model, also while D1 is down', async () => {
    const body = { status: 'ok', version: FIXTURE_VERSION };
    expect(await startApp().get('/health/ready')).toMatchObject({ status: 200, body });
    expect(await startApp({ DB: null as unknown as D1Database }).get('/health/ready')).toMatchObject({
      status: 200,
      body,
    });
  });

  it('ready answers 503 without a model', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await env.MODELS.delete(CURRENT_KEY);
    const body = { status: 'unavailable', version: null };
    expect(await startApp().get('/health/ready')).toMatchObject({ status: 503, body });
    await publishFixture(env.MODELS);
  });
});
