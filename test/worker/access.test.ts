import { describe, expect, it } from 'vitest';
import { movieIdOf, userIdOf } from '../fixtures/planted.ts';
import { startApp, startSession, TOKEN } from './world.ts';

const app = startApp();
const closed = startApp({ OPEN_USERS: 'false' });
const USER = userIdOf(0);
const RATING = { movieId: movieIdOf(0), rating: 4 };

describe('sessions', () => {
  it('start with a signed cookie that scripts cannot read, and stay the same when started again', async () => {
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

  it('do not survive tampering', async () => {
    const { user, headers } = await startSession(app);
    const Cookie = headers.Cookie.replace(String(user), String(user + 1));
    expect((await app.get('/ratings', { Cookie })).status).toBe(401);
  });

  it('need a secret', async () => {
    const answer = await startApp({ SESSION_SECRET: '' }).post('/session', '');
    expect(answer).toMatchObject({ status: 500, body: { code: 'not-configured' } });
    expect(answer.headers.get('Set-Cookie')).toBeNull();
  });
});

describe('writing', () => {
  it('needs somebody', async () => {
    for (const answer of [await app.post('/ratings', RATING), await app.remove(`/ratings/${RATING.movieId}`)]) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    expect((await app.post('/ratings', { ...RATING, user: USER })).status).toBe(401);
  });

  it('is for the session’s own user only', async () => {
    const { user, headers } = await startSession(app);
    expect((await app.post('/ratings', { ...RATING, user }, headers)).status).toBe(200);
    const other = await app.post('/ratings', { ...RATING, user: USER }, headers);
    expect(other).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await app.remove(`/ratings/${RATING.movieId}?user=${USER}`, headers)).status).toBe(403);
  });

  it('is for any user with the token, who must be named', async () => {
    expect((await app.post('/ratings', { ...RATING, user: USER }, TOKEN)).body).toEqual({ user: USER, ratings: 1 });
    expect((await app.post(`/ratings?user=${USER}`, RATING, TOKEN)).body).toEqual({ user: USER, ratings: 1 });
    const unnamed = await app.post('/ratings', RATING, TOKEN);
    expect(unnamed).toMatchObject({ status: 400, body: { code: 'bad-parameter', parameter: 'user' } });
  });

  it.each(['Bearer wrong', 'Bearer', 'Basic YTpi', 'Bearer a-token-for-test'])(
    'is refused with "%s"',
    async (value) => {
      const answer = await app.post('/ratings', { ...RATING, user: USER }, { Authorization: value });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    },
  );

  it('is refused with any token where none is configured', async () => {
    const answer = await startApp({ API_TOKEN: '' }).post('/ratings', RATING, { Authorization: 'Bearer ' });
    expect(answer.status).toBe(401);
  });
});

describe.each(['/recommend', '/ratings', '/next'])('reading %s of somebody', (path) => {
  it('is open for the data set’s users where the deployment says so', async () => {
    expect((await app.get(`${path}?user=${USER}`)).status).toBe(200);
    expect(await closed.get(`${path}?user=${USER}`)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it('is never open for people who came to the page', async () => {
    const [own, other] = [await startSession(app), await startSession(app)];
    expect((await app.get(`${path}?user=${own.user}`, own.headers)).status).toBe(200);
    expect((await app.get(`${path}?user=${own.user}`)).status).toBe(401);
    expect((await app.get(`${path}?user=${own.user}`, other.headers)).status).toBe(403);
    expect((await app.get(`${path}?user=${own.user}`, TOKEN)).status).toBe(200);
  });
});

describe('GET /ratings', () => {
  it('of nobody is 401', async () => {
    expect(await app.get('/ratings')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });
});
