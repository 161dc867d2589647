import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { movieIdOf, userIdOf } from '../../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../../app.ts';

const app = startApp();
const closed = startApp({ OPEN_USERS: 'false' });
const USER = userIdOf(0);
const RATING = { movieId: movieIdOf(0), rating: 4 };

describe('sessions', () => {
  it('POST /session sets a signed cookie that scripts cannot read; posting again keeps the session', async () => {
    const started = await app.post('/session', '');
    expect(started.status).toBe(200);
    expect(started.body.user).toBeGreaterThan(1_000_000_000);
    const cookie = started.headers.get('Set-Cookie')!;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    const again = await app.post('/session', '', { Cookie: cookie.split(';')[0] });
    expect(again.body).toEqual(started.body);
    expect((await app.post('/session', '')).body.user).not.toBe(started.body.user);
  });

  it('a tampered cookie is no session', async () => {
    const { user, headers } = await startSession(app);
    const Cookie = headers.Cookie.replace(String(user), String(user + 1));
    expect((await app.get('/ratings', { Cookie })).status).toBe(401);
  });

  it('a session is signed anew when the secret changes, and ends when the previous secret goes, too', async () => {
    const { user, headers } = await startSession(app);
    const rotated = startApp({ SESSION_SECRET: 'a new one', SESSION_SECRET_PREVIOUS: env.SESSION_SECRET });
    const answer = await rotated.post('/ratings', RATING, headers);
    expect(answer).toMatchObject({ status: 200, body: { user } });
    const renewed = { Cookie: answer.headers.get('Set-Cookie')!.split(';')[0] };
    expect(renewed.Cookie).not.toBe(headers.Cookie);
    const later = startApp({ SESSION_SECRET: 'a new one' });
    expect((await later.get('/ratings', renewed)).body).toMatchObject({ user, ratings: [RATING] });
    expect((await later.get('/ratings', renewed)).headers.get('Set-Cookie')).toBeNull();
    expect((await later.get('/ratings', headers)).status).toBe(401);
    expect((await rotated.post('/session', '', headers)).body).toEqual({ user });
  });

  it('the cookie is marked Secure over https', async () => {
    const answer = await app.post('https://marquee.example/session', '');
    expect(answer.headers.get('Set-Cookie')).toMatch(/; Secure/);
    expect((await app.post('/session', '')).headers.get('Set-Cookie')).not.toMatch(/Secure/);
  });

  it('POST /session answers 500 not-configured without a secret', async () => {
    const answer = await startApp({ SESSION_SECRET: '' }).post('/session', '');
    expect(answer).toMatchObject({ status: 500, body: { code: 'not-configured' } });
    expect(answer.headers.get('Set-Cookie')).toBeNull();
  });
});

describe('writing', () => {
  it('writing without session or token answers 401', async () => {
    for (const answer of [await app.post('/ratings', RATING), await app.remove(`/ratings/${RATING.movieId}`)]) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    expect((await app.post('/ratings', { ...RATING, user: USER })).status).toBe(401);
  });

  it('a session writes for its own user only', async () => {
    const { user, headers } = await startSession(app);
    expect((await app.post('/ratings', { ...RATING, user }, headers)).status).toBe(200);
    const other = await app.post('/ratings', { ...RATING, user: USER }, headers);
    expect(other).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await app.remove(`/ratings/${RATING.movieId}?user=${USER}`, headers)).status).toBe(403);
  });

  it('the token writes for any user, who must be named', async () => {
    expect((await app.post('/ratings', { ...RATING, user: USER }, TOKEN)).body).toEqual({ user: USER, ratings: 1 });
    expect((await app.post(`/ratings?user=${USER}`, RATING, TOKEN)).body).toEqual({ user: USER, ratings: 1 });
    const unnamed = await app.post('/ratings', RATING, TOKEN);
    expect(unnamed).toMatchObject({ status: 400, body: { code: 'bad-parameter', parameter: 'user' } });
  });

  it.each(['Bearer wrong', 'Bearer', 'Basic YTpi', 'Bearer a-token-for-test'])(
    'writing with "%s" answers 401',
    async (value) => {
      const answer = await app.post('/ratings', { ...RATING, user: USER }, { Authorization: value });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    },
  );

  it('writing with any token answers 401 where none is configured', async () => {
    const answer = await startApp({ API_TOKEN: '' }).post('/ratings', RATING, { Authorization: 'Bearer ' });
    expect(answer.status).toBe(401);
  });
});

describe.each(['/recommend', '/ratings', '/next'])('reading %s of somebody', (path) => {
  it('data set users can be read by anybody if OPEN_USERS says so', async () => {
    expect((await app.get(`${path}?user=${USER}`)).status).toBe(200);
    expect(await closed.get(`${path}?user=${USER}`)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it('people who came to the page can be read by themselves and by the token only', async () => {
    const [own, other] = [await startSession(app), await startSession(app)];
    expect((await app.get(`${path}?user=${own.user}`, own.headers)).status).toBe(200);
    expect((await app.get(`${path}?user=${own.user}`)).status).toBe(401);
    expect((await app.get(`${path}?user=${own.user}`, other.headers)).status).toBe(403);
    expect((await app.get(`${path}?user=${own.user}`, TOKEN)).status).toBe(200);
  });
});

describe('writing from a page', () => {
  const writes = (headers: Record<string, string>) => [
    () => app.post('/ratings', RATING, headers),
    () => app.post('/import', '1::10::4::1', { ...headers, 'Content-Type': 'text/csv' }),
    () => app.post('/session', '', headers),
    () => app.remove(`/ratings/${RATING.movieId}`, headers),
    () => app.remove('/session', headers),
  ];

  it.each<Record<string, string>>([
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://elsewhere.example' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: 'https://elsewhere.example' },
    { Origin: 'null' },
  ])('a page of another site cannot write: %j', async (from) => {
    const { user, headers } = await startSession(app);
    for (const write of writes({ ...headers, ...from })) {
      expect(await write()).toMatchObject({ status: 403, body: { code: 'cross-site' } });
    }
    expect((await app.get('/ratings', headers)).body).toEqual({ user, ratings: [] });
  });

  it.each<Record<string, string>>([
    { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost' },
    { 'Sec-Fetch-Site': 'none' },
    { Origin: 'http://localhost' },
  ])('a page of this site can write: %j', async (from) => {
    const { headers } = await startSession(app);
    for (const write of writes({ ...headers, ...from })) expect((await write()).status).toBe(200);
  });

  it('a page of another site can write with a token, which no browser adds by itself', async () => {
    const from = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://elsewhere.example' };
    expect((await app.post('/ratings', { ...RATING, user: USER }, { ...TOKEN, ...from })).status).toBe(200);
  });
});

describe('DELETE /session', () => {
  it('DELETE /session deletes ratings and cookie at once, and the user cannot write any more', async () => {
    const { user, headers } = await startSession(app);
    await app.post('/ratings', RATING, headers);
    const answer = await app.remove('/session', headers);
    expect(answer).toMatchObject({ status: 200, body: { user } });
    expect(answer.headers.get('Set-Cookie')).toMatch(/^marquee_session=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax/);
    const stored = env.DB.prepare('SELECT movie_id FROM rating WHERE user_id = ?1').bind(user);
    expect((await stored.all()).results).toEqual([]);
    const logged = env.DB.prepare('SELECT movie_id FROM rating_log WHERE user_id = ?1').bind(user);
    expect((await logged.all()).results).toEqual([{ movie_id: -1 }]);
    // A copy of the cookie, for example in another browser, is no longer valid.
    const file = `userId,movieId,rating,timestamp\n${user},${RATING.movieId},3,1000\n`;
    for (const late of [
      await app.post('/ratings', RATING, headers),
      await app.remove(`/ratings/${RATING.movieId}`, headers),
      await app.post('/import', file, { ...headers, 'Content-Type': 'text/csv' }),
      await app.post('/ratings', { ...RATING, user }, TOKEN),
    ]) {
      expect(late).toMatchObject({ status: 410, body: { code: 'deleted-user' } });
    }
    expect((await app.post('/session', '', headers)).body.user).toBeGreaterThan(user);
  });

  it('DELETE /session is for the person and, naming them, for the token', async () => {
    const [own, other] = [await startSession(app), await startSession(app)];
    expect((await app.remove('/session')).status).toBe(401);
    expect((await app.remove(`/session?user=${own.user}`, other.headers)).status).toBe(403);
    expect((await app.remove('/session', TOKEN)).status).toBe(400);
    expect((await app.remove(`/session?user=${own.user}`, TOKEN)).body).toEqual({ user: own.user });
    expect((await app.post('/ratings', RATING, own.headers)).status).toBe(410);
    expect((await app.post('/ratings', RATING, other.headers)).status).toBe(200);
  });
});

describe('secrets', () => {
  it('secrets appear in no answer and in no log, whatever fails', async () => {
    const spies = (['log', 'info', 'warn', 'error'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    );
    const { headers } = await startSession(app);
    const broken = startApp({ DB: null as unknown as D1Database });
    const said: string[] = [];
    for (const answer of [
      await broken.post('/ratings', { ...RATING, user: USER }, TOKEN),
      await broken.post('/ratings', RATING, headers),
      await broken.get('/recommend', headers),
      await app.post('/ratings', { ...RATING, user: USER }, { Authorization: 'Bearer a-wrong-token' }),
    ]) {
      said.push(JSON.stringify(answer.body));
    }
    said.push(
      ...spies.flatMap((spy) =>
        spy.mock.calls
          .flat()
          .map((value) => (value instanceof Error ? `${value.stack} ${String(value.cause)}` : String(value))),
      ),
    );
    for (const spy of spies) spy.mockRestore();
    expect(said.length).toBeGreaterThan(6);
    const secrets = [env.SESSION_SECRET!, env.API_TOKEN!, 'a-wrong-token', headers.Cookie.split('.')[1]];
    for (const secret of secrets) expect(said.join('\n')).not.toContain(secret);
  });
});

describe('GET /ratings', () => {
  it('GET /ratings without user and session answers 401', async () => {
    expect(await app.get('/ratings')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });
});
