import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { PATHS } from '../../../../worker/web/state/address.ts';
import { movieIdOf, userIdOf } from '../../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../../app.ts';

const SHOP = 'https://shop.example';
const app = startApp({ CORS_ORIGINS: `${SHOP}, http://localhost:5173` });
const closed = startApp();
const RATING = { movieId: movieIdOf(0), rating: 4 };
const STRANGERS = [
  'https://shop.example.evil.example',
  'https://evil.example',
  'http://shop.example',
  'https://shop.example:8443',
  'https://shop.example/',
  'https://SHOP.example',
  `${SHOP}, http://localhost:5173`,
  'null',
  '*',
];

const allowedTo = (headers: Headers) =>
  [...headers].filter(([name]) => name.startsWith('access-control-')).map(([name]) => name);
const asks = (Origin: string, method = 'POST') => ({
  Origin,
  'Access-Control-Request-Method': method,
  'Access-Control-Request-Headers': 'authorization,content-type',
});

describe('CORS', () => {
  it('is closed by default: no answer allows another origin anything, and a preflight is a wrong method', async () => {
    for (const path of ['/recommend', '/top', '/nothing', '/']) {
      const answer = await closed.page(path, { Origin: SHOP });
      expect([allowedTo(answer.headers), answer.headers.get('Vary')], path).toEqual([[], null]);
    }
    const { status, headers } = await closed.raw('OPTIONS', '/ratings', asks(SHOP));
    expect([status, allowedTo(headers)]).toEqual([405, []]);
  });

  it.each([SHOP, 'http://localhost:5173'])('lets pages of %s read every kind of answer, errors too', async (Origin) => {
    const gzip = { 'Accept-Encoding': 'gzip' };
    const paths = ['/recommend', '/top', '/nothing', '/movies/x', '/map/films', '/openapi.json', '/docs', '/export'];
    for (const path of [...paths, ...Object.values(PATHS)]) {
      const { headers } = await app.page(path, { Origin, ...gzip });
      expect(headers.get('Access-Control-Allow-Origin'), path).toBe(Origin);
      expect(headers.get('Access-Control-Allow-Credentials'), path).toBe('true');
      expect(headers.get('Vary'), path).toContain('Origin');
      expect(headers.get('X-Content-Type-Options'), path).toBe('nosniff');
    }
    const { headers } = await app.page('/top', { Origin });
    const again = await app.page('/top', { Origin, 'If-None-Match': headers.get('ETag')! });
    expect([again.status, again.headers.get('Access-Control-Allow-Origin')]).toEqual([304, Origin]);
  });

  it('answers their preflight with what they may send', async () => {
    const { status, headers, text } = await app.raw('OPTIONS', '/ratings', asks(SHOP, 'DELETE'));
    expect([status, text]).toEqual([204, '']);
    expect(headers.get('Access-Control-Allow-Methods')).toContain('DELETE');
    expect(headers.get('Access-Control-Allow-Headers')).toContain('Authorization');
    expect(headers.get('Access-Control-Allow-Origin')).toBe(SHOP);
  });

  it.each(STRANGERS)('stays closed to %s', async (Origin) => {
    const { headers } = await app.get('/recommend', { Origin });
    expect([allowedTo(headers), headers.get('Vary')]).toEqual([[], 'Origin']);
    const preflight = await app.raw('OPTIONS', '/ratings', asks(Origin));
    expect([preflight.status, allowedTo(preflight.headers)]).toEqual([405, []]);
  });

  it('tells caches that answers depend on the origin, also to requests without one', async () => {
    expect((await app.get('/top')).headers.get('Vary')).toBe('Origin');
    expect((await app.page('/map/films')).headers.get('Vary')).toBe('Accept-Encoding, Origin');
  });
});

describe('writing with a visitor’s cookie', () => {
  const write = async (from: Record<string, string>) => {
    const { headers } = await startSession(app);
    return (await app.post('/ratings', RATING, { ...headers, ...from })).status;
  };

  it('is for pages of named origins too, wherever they are', async () => {
    for (const site of ['same-site', 'cross-site']) {
      expect(await write({ Origin: SHOP, 'Sec-Fetch-Site': site }), site).toBe(200);
    }
  });

  it.each(STRANGERS)('is not for pages of %s', async (Origin) => {
    expect(await write({ Origin, 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
    expect(await write({ Origin })).toBe(403);
  });

  it('is not for a request that names no origin but comes from elsewhere', async () => {
    expect(await write({ 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
  });

  it('with a token from a page of a named origin is answered readably', async () => {
    const from = { Origin: SHOP, 'Sec-Fetch-Site': 'cross-site' };
    const answer = await app.post('/ratings', { ...RATING, user: userIdOf(1) }, { ...TOKEN, ...from });
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([200, SHOP]);
  });
});

it('an origin that asks too often can read that, and when to ask again', async () => {
  const limited = startApp({ CORS_ORIGINS: SHOP, READS_PER_ADDRESS: env.THREE });
  const from = { Origin: SHOP, 'CF-Connecting-IP': '203.0.113.77' };
  let answer = await limited.get('/top', from);
  for (let n = 0; n < 4 && answer.status === 200; n++) answer = await limited.get('/top', from);
  expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([429, SHOP]);
  expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
});
