import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../app.ts';

const app = startApp({ OPEN_USERS: 'false' });
const ADMIN = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
const USER = userIdOf(0);
const RATING = { user: USER, movieId: movieIdOf(0), rating: 4 };

describe('attempts', () => {
  it('a signature of one user does not hold for another', async () => {
    const [one, other] = [await startSession(app), await startSession(app)];
    const signature = one.headers.Cookie.slice(one.headers.Cookie.indexOf('.'));
    for (const forged of [`${other.user}${signature}`, `${one.user}.`, `${one.user}`, `0${one.user}${signature}`]) {
      const headers = { Cookie: `marquee_session=${forged}` };
      expect((await app.get('/ratings', headers)).status).toBe(401);
      expect((await app.remove('/session', headers)).status).toBe(401);
    }
    expect((await app.get('/ratings', one.headers)).body.user).toBe(one.user);
  });

  it('a session of another deployment is none here', async () => {
    const { headers } = await startSession(startApp({ SESSION_SECRET: 'of another deployment' }));
    expect((await app.get('/ratings', headers)).status).toBe(401);
  });

  it('the operator’s token is no token of programs, nor the other way round', async () => {
    expect((await app.post('/ratings', RATING, ADMIN)).status).toBe(401);
    expect((await app.get(`/ratings?user=${USER}`, ADMIN)).status).toBe(401);
    expect((await app.get('/export/all', TOKEN)).status).toBe(401);
    expect((await app.page('/export/all', ADMIN)).status).toBe(200);
  });

  it('where no token is configured, the word that stands for nothing is none', async () => {
    const bare = startApp({ API_TOKEN: undefined, ADMIN_TOKEN: undefined });
    for (const word of ['undefined', 'null', '""', "''", '0']) {
      const headers = { Authorization: `Bearer ${word}` };
      expect((await bare.post('/ratings', RATING, headers)).status).toBe(401);
      expect((await bare.get('/export/all', headers)).status).toBe(401);
    }
  });

  it('a token counts in its header alone', async () => {
    const token = TOKEN.Authorization.slice('Bearer '.length);
    for (const path of [
      `/ratings?user=${USER}&token=${token}`,
      `/ratings?user=${USER}&Authorization=Bearer%20${token}`,
    ]) {
      expect((await app.get(path)).status).toBeGreaterThanOrEqual(400);
    }
    const cookie = { Cookie: `Authorization=Bearer ${token}; token=${token}` };
    expect((await app.get(`/ratings?user=${USER}`, cookie)).status).toBe(401);
    expect((await app.get(`/ratings?user=${USER}`, { 'X-Authorization': `Bearer ${token}` })).status).toBe(401);
  });

  it.each(['..%2f..%2fcurrent.json', '%2e%2e%2fcurrent.json', '..%5ccurrent.json', '%00', 'manifest.json'])(
    'no file of R2 is reached by the name %s',
    async (name) => {
      const { version } = (await app.get('/model')).body;
      for (const path of [`/compact/${version}/${name}`, `/compact/${name}/posterior.arrow`, `/neural/${name}`]) {
        const { status, text } = await app.page(path);
        expect([400, 404], path).toContain(status);
        expect(text).not.toContain('manifestSha256');
      }
    },
  );

  it.each(["1' OR '1'='1", '1; DROP TABLE rating', '1 UNION SELECT 1', '1--'])('%s is no id', async (text) => {
    const id = encodeURIComponent(text);
    const paths = [
      `/recommend?user=${id}`,
      `/ratings?user=${id}`,
      `/movies/${id}`,
      `/similar/${id}`,
      `/gatherings/${id}`,
    ];
    for (const path of paths) expect([400, 404], path).toContain((await app.get(path, TOKEN)).status);
    const title = await app.get(`/movies?q=${id}`);
    expect(title).toMatchObject({ status: 200 });
  });
});
