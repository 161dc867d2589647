import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OUTCOMES_KEY } from '../../../shared/artifact/retrain-outcomes.ts';
import { FIXTURE_VERSION, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { fixtureManifest, startApp, TOKEN } from '../app.ts';
import { HeldQueue } from '../faulty-stores.ts';
import { type ReadMetric, readPrometheus } from '../prometheus.ts';

const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
const USER = userIdOf(0);

type App = ReturnType<typeof startApp>;
const read = async (app: App) => readPrometheus(await app.text('/metrics', ADMIN));
const sampleOf = (metric: ReadMetric | undefined, labels: Record<string, string>, name?: string) =>
  metric?.samples.find(
    (sample) =>
      (name === undefined || sample.name === name) &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('GET /metrics', () => {
  it('needs ADMIN_TOKEN, and no other', async () => {
    const app = startApp();
    for (const headers of [{}, TOKEN]) {
      expect(await app.get('/metrics', headers)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
    const { status, headers } = await app.page('/metrics', ADMIN);
    expect([status, headers.get('Content-Type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  });

  it('counts requests by route, method and class of status, and times them', async () => {
    const app = startApp();
    await app.get(`/recommend?user=${USER}`);
    await app.get('/recommend');
    await app.get('/recommend?k=0');
    await app.get(`/movies/${movieIdOf(1)}`);
    await app.get('/nothing/at/all');
    const metrics = await read(app);
    const requests = metrics.get('marquee_requests_total');
    expect(sampleOf(requests, { route: '/recommend', method: 'GET', status: '2xx' })).toBe(2);
    expect(sampleOf(requests, { route: '/recommend', status: '4xx' })).toBe(1);
    expect(sampleOf(requests, { route: '/movies/{movieId}', status: '2xx' })).toBe(1);
    expect(sampleOf(requests, { route: 'none', status: '4xx' })).toBe(1);
    const durations = metrics.get('marquee_request_duration_seconds');
    const name = 'marquee_request_duration_seconds_count';
    expect(sampleOf(durations, { route: '/recommend' }, name)).toBe(3);
    for (const { help } of metrics.values()) expect(help).not.toBe('');
    expect(requests?.help).toContain('By this isolate');
  });

  it('counts lists by basis, loads of versions, and uses of caches', async () => {
    const app = startApp();
    await app.get(`/recommend?user=${USER}`);
    await app.get(`/recommend?user=${USER}`);
    await app.get('/recommend');
    const metrics = await read(app);
    const lists = metrics.get('marquee_lists_total');
    expect([sampleOf(lists, { basis: 'trained' }), sampleOf(lists, { basis: 'popular' })]).toEqual([2, 1]);
    const loads = metrics.get('marquee_model_load_seconds');
    expect(sampleOf(loads, { result: 'loaded' }, 'marquee_model_load_seconds_count')).toBe(1);
    const caches = metrics.get('marquee_cache_uses_total');
    expect(sampleOf(caches, { cache: 'tastes', result: 'hit' })).toBe(1);
    expect(sampleOf(caches, { cache: 'tastes', result: 'miss' })).toBe(1);
  });

  it('says what is in service and how old it is', async () => {
    const app = startApp();
    await app.get('/recommend');
    const metrics = await read(app);
    expect(sampleOf(metrics.get('marquee_model_info'), { version: FIXTURE_VERSION })).toBe(1);
    const age = (app.now() - Date.parse(fixtureManifest().createdAt)) / 1000;
    expect(sampleOf(metrics.get('marquee_model_age_seconds'), {})).toBe(age);
    expect(sampleOf(metrics.get('marquee_isolate_start_seconds'), {})).toBe(app.now() / 1000);
  });

  it('counts failures of D1, what answers had to do without, and what went to the queue', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const failing = {
      prepare: () => ({ bind: () => ({ raw: fail, all: fail, first: fail, run: fail }) }),
      batch: fail,
    };
    const app = startApp({ DB: failing as unknown as D1Database, PENDING: new HeldQueue().binding });
    expect((await app.get(`/recommend?user=${USER}`)).body.degraded).toEqual(['ratings']);
    const metrics = await read(app);
    expect(sampleOf(metrics.get('marquee_d1_failures_total'), { operation: 'read' })).toBe(1);
    expect(sampleOf(metrics.get('marquee_degraded_total'), { without: 'ratings' })).toBe(1);
    expect(sampleOf(metrics.get('marquee_queued_changes_total'), {})).toBe(0);
  });

  it('tells of the last retrain', async () => {
    const night = { startedAt: '2026-01-01T02:30:00.000Z', endedAt: '2026-01-01T02:31:30.000Z' };
    const rest = { reason: 'out of disk', version: null, champion: null, ratings: null, leftOut: null, compared: null };
    await env.MODELS.put(OUTCOMES_KEY, JSON.stringify({ items: [{ state: 'failed', ...night, ...rest }] }));
    const metrics = await read(startApp());
    expect(sampleOf(metrics.get('marquee_retrain_success'), { state: 'failed' })).toBe(0);
    expect(sampleOf(metrics.get('marquee_retrain_end_seconds'), {})).toBe(Date.parse(night.endedAt) / 1000);
    expect(sampleOf(metrics.get('marquee_retrain_duration_seconds'), {})).toBe(90);
    await env.MODELS.delete(OUTCOMES_KEY);
  });
});

describe('the reader of the text format', () => {
  it.each([
    ['a sample without a head', 'a 1\n'],
    ['no end of the last line', '# HELP a b\n# TYPE a gauge\na 1'],
    ['a sample twice', '# HELP a b\n# TYPE a gauge\na 1\na 2\n'],
    ['a label without quotes', '# HELP a b\n# TYPE a gauge\na{b=c} 1\n'],
    ['a quote that is not escaped', '# HELP a b\n# TYPE a gauge\na{b="c"d"} 1\n'],
    ['a histogram without +Inf', '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n'],
    [
      'a histogram that is not cumulative',
      '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    ],
  ])('refuses %s', (_, text) => {
    expect(() => readPrometheus(text)).toThrow();
  });
});

async function fail(): Promise<never> {
  throw new Error('injected: D1 is down');
}
