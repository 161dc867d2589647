import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FIXTURE_VERSION, movieIdOf, userIdOf } from '../../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../../app.ts';

const USER = userIdOf(0);
const BROKEN = { DB: null as unknown as D1Database };

/** The lines of the log that some requests leave, parsed. */
async function logged(work: () => Promise<unknown>, method: 'log' | 'error' = 'log') {
  const lines: string[] = [];
  vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
  await work();
  return lines.map((line) => JSON.parse(line));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the id of a request', () => {
  it('is Cloudflare’s own, else a new one for each request', async () => {
    const app = startApp();
    const id = async (headers = {}) => (await app.get('/health/live', headers)).headers.get('X-Request-Id');
    expect(await id({ 'cf-ray': '9a1b2c3d4e5f6789-FRA' })).toBe('9a1b2c3d4e5f6789-FRA');
    expect(await id()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await id()).not.toBe(await id());
  });

  it('is a new one where the header holds what is no id', async () => {
    const { headers } = await startApp().get('/health/live', { 'cf-ray': 'a"b\\c' });
    expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('stands in the problem document too', async () => {
    const { headers, body } = await startApp().get('/recommend?k=0');
    expect(body.requestId).toBe(headers.get('X-Request-Id'));
  });
});

describe('the log of requests', () => {
  it('has one line of JSON for each request, with its route and not its path, and what answered it', async () => {
    const app = startApp({ LOG_REQUESTS: '1' });
    const { headers } = await app.get('/health/live'); // a version is not needed
    expect(headers.get('Server-Timing')).toMatch(/^total;dur=/);
    const lines = await logged(async () => {
      await app.get(`/recommend?user=${USER}`);
      await app.get(`/movies/${movieIdOf(0)}`);
      await app.get('/nothing/here?q=secret');
    });
    expect(lines).toMatchObject([
      { level: 'info', method: 'GET', route: '/recommend', status: 200, version: FIXTURE_VERSION, user: USER },
      { level: 'info', method: 'GET', route: '/movies/{movieId}', status: 200, version: FIXTURE_VERSION },
      { level: 'info', method: 'GET', route: 'none', status: 404 },
    ]);
    expect(lines[0].basis).toBe('trained');
    expect(Object.keys(lines[0].phases)).toEqual(['model', 'ratings', 'fold-in', 'rank']);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('knows nobody but by the number of their user: no address, cookie, token or body', async () => {
    const app = startApp({ LOG_REQUESTS: '1' });
    const { user, headers } = await startSession(app);
    const [line] = await logged(() =>
      app.post('/ratings', { movieId: movieIdOf(0), rating: 4 }, { ...headers, 'CF-Connecting-IP': '192.0.2.7' }),
    );
    const names = ['id', 'level', 'method', 'ms', 'phases', 'route', 'status', 'user', 'version'];
    expect(Object.keys(line).sort()).toEqual(names);
    expect(line).toMatchObject({ method: 'POST', route: '/ratings', user });
  });

  it('has one line for a page, however many routes the page asks while it is drawn', async () => {
    const app = startApp({ LOG_REQUESTS: '1' });
    const lines = await logged(() => app.page('/'));
    expect(lines).toMatchObject([{ route: '/', status: 200, version: FIXTURE_VERSION, basis: 'popular' }]);
  });

  it.each([undefined, '0', 'no number'])('has no line with LOG_REQUESTS %s', async (LOG_REQUESTS) => {
    expect(await logged(() => startApp({ LOG_REQUESTS }).get('/health/live'))).toEqual([]);
  });

  it('has a line for the share of requests that it is told', async () => {
    const app = startApp({ LOG_REQUESTS: '0.25' });
    const draws = [0.1, 0.24, 0.25, 0.9];
    vi.spyOn(Math, 'random').mockImplementation(() => draws.shift()!);
    const lines = await logged(async () => {
      for (let request = 0; request < 4; request++) await app.get('/health/live');
    });
    expect(lines).toHaveLength(2);
  });

  it('always has the stack and the cause of what failed with 500 or more, under the id that the caller got', async () => {
    const app = startApp({ ...BROKEN, LOG_REQUESTS: '0' });
    let id: string | null = null;
    const [line] = await logged(async () => {
      const { status, headers } = await app.post('/session', '');
      expect(status).toBeGreaterThanOrEqual(500);
      id = headers.get('X-Request-Id');
    }, 'error');
    expect(line).toMatchObject({ level: 'error', id, method: 'POST', route: '/session' });
    expect(line.error).toMatch(/^\w*Error: .*\n +at /);
  });
});

describe('Server-Timing', () => {
  it('names what took the time of a list, and of a write', async () => {
    const app = startApp();
    const timing = (answer: { headers: Headers }) => answer.headers.get('Server-Timing');
    const phases = 'model;dur=\\d+, ratings;dur=\\d+, fold-in;dur=\\d+, rank;dur=\\d+, total;dur=\\d+';
    expect(timing(await app.get(`/recommend?user=${USER}`))).toMatch(new RegExp(`^${phases}$`));
    const written = await app.post('/ratings', { user: userIdOf(1), movieId: movieIdOf(0), rating: 4 }, TOKEN);
    expect(timing(written)).toMatch(/write;dur=\d+/);
  });

  it('stands on the page, on files and on problems', async () => {
    const app = startApp();
    for (const path of ['/', '/export?user=103', '/recommend?k=0', '/nothing', '/openapi.json']) {
      expect((await app.page(path, TOKEN)).headers.get('Server-Timing'), path).toContain('total;dur=');
    }
  });
});

describe('data points', () => {
  it('are written once a request, of the same numbers as the log', async () => {
    const points: AnalyticsEngineDataPoint[] = [];
    const ANALYTICS = { writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) };
    const app = startApp({ ANALYTICS });
    await app.get(`/recommend?user=${USER}`);
    await app.page('/');
    await app.get('/movies/0');
    expect(points.map(({ indexes, blobs }) => [indexes, blobs])).toEqual([
      [['/recommend'], ['/recommend', 'GET', '2xx', FIXTURE_VERSION, 'trained']],
      [['/'], ['/', 'GET', '2xx', FIXTURE_VERSION, 'popular']],
      [['/movies/{movieId}'], ['/movies/{movieId}', 'GET', '4xx', FIXTURE_VERSION, '']],
    ]);
    for (const { doubles } of points) {
      expect(doubles).toHaveLength(7);
      expect(doubles!.every((value) => Number.isFinite(value))).toBe(true);
    }
  });

  it('are not needed', async () => {
    expect('ANALYTICS' in env).toBe(false);
    expect((await startApp().get('/recommend')).status).toBe(200);
  });
});
