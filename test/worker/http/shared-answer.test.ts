import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const PATHS = [
  `/movies/${movieIdOf(0)}`,
  '/movies?q=film',
  `/similar/${movieIdOf(0)}`,
  `/similar?movie=${movieIdOf(0)}`,
  '/top?by=count',
  '/profiles',
  '/model',
];
const RELEASE = { id: '0a1b2c3d-release' };

/** The tag of an answer, whose status must be 200. */
async function tagOf(app: ReturnType<typeof startApp>, path: string): Promise<string> {
  const { status, headers } = await app.page(path);
  expect(status, path).toBe(200);
  expect(headers.get('ETag'), path).toMatch(/^"[^"]+"$/);
  return headers.get('ETag')!;
}

beforeEach(() => publishFixture(env.MODELS));

describe('what is the same for everybody', () => {
  it.each([...PATHS, '/openapi.json'])(
    '%s is answered 304 to whoever has it, and anew to anybody else',
    async (path) => {
      const app = startApp({ RELEASE });
      const tag = await tagOf(app, path);
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
        const answer = await app.page(path, { 'If-None-Match': known });
        expect([answer.status, answer.text, answer.headers.get('ETag')], known).toEqual([304, '', tag]);
        expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
      }
      expect((await app.page(path, { 'If-None-Match': '"other"' })).status).toBe(200);
    },
  );

  it('has another tag with another version, with other hidden films, and with another release of the Worker', async () => {
    const before = await Promise.all(PATHS.map((path) => tagOf(startApp({ RELEASE }), path)));
    const expectOthers = async (app: ReturnType<typeof startApp>) => {
      for (const [at, path] of PATHS.entries()) expect(await tagOf(app, path), path).not.toBe(before[at]);
    };
    await expectOthers(startApp({ RELEASE: { id: '99999999-release' } }));
    const current = await (await env.MODELS.get(CURRENT_KEY))!.json<object>();
    await env.MODELS.put(CURRENT_KEY, JSON.stringify({ ...current, hidden: [movieIdOf(7)] }));
    await expectOthers(startApp({ RELEASE }));
    await publishFixture(env.MODELS, '20260105T000000Z-another');
    await expectOthers(startApp({ RELEASE }));
  });

  it('may be kept for MODEL_TTL seconds by anybody, and is asked about each time with a session or a token', async () => {
    const app = startApp({ MODEL_TTL: '7' });
    const { headers } = await startSession(app);
    for (const path of PATHS) {
      expect((await app.get(path)).headers.get('Cache-Control'), path).toBe('public, max-age=7');
      for (const known of [headers, TOKEN]) {
        expect((await app.get(path, known)).headers.get('Cache-Control'), path).toBe('public, no-cache');
      }
    }
    expect((await startApp({ MODEL_TTL: '0' }).get('/top')).headers.get('Cache-Control')).toBe('public, no-cache');
  });

  it('is kept by nobody where it went wrong', async () => {
    const app = startApp();
    for (const path of ['/movies/123456789', '/top?k=0', '/similar?movie=x']) {
      const { status, headers } = await app.get(path);
      expect([status >= 400, headers.get('ETag'), headers.get('Cache-Control')], path).toEqual([
        true,
        null,
        'no-store',
      ]);
    }
  });

  it('is never what depends on who asks', async () => {
    const app = startApp();
    for (const path of ['/recommend', '/next', '/health', '/map/me']) {
      const { headers } = await app.get(path);
      expect([headers.get('ETag'), headers.get('Cache-Control')], path).toEqual([null, 'no-store']);
    }
  });
});
