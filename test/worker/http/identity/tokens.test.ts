import { env } from 'cloudflare:workers';
import { sign } from 'hono/jwt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { introduceSubjects } from '../../../../shared/ratings/tables/subject.ts';
import { movieIdOf, userIdOf } from '../../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../../app.ts';

const SECRET = 'a secret of 32 bytes, for the host and for us';
const RATING = { movieId: movieIdOf(0), rating: 4 };
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
/** Seconds since the epoch: tokens are verified by the real clock. */
const inTime = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const claims = (more: object = {}) => ({ sub: 'ann@host', exp: inTime(600), ...more });

/** A token of the host for one of its users. */
async function tokenFor(sub: string, more: object = {}, secret = SECRET) {
  return bearer(await sign(claims({ sub, ...more }), secret, 'HS256'));
}

const part = (value: object) =>
  btoa(JSON.stringify(value)).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');

describe('a host application’s user, by a token with a shared secret', () => {
  const app = startApp({ JWT_SECRET: SECRET });

  it('is one person from the first request on, reads and writes as themselves, and nobody else', async () => {
    const [ann, bob] = [await tokenFor('ann'), await tokenFor('bob')];
    expect(await app.get('/ratings', ann)).toMatchObject({ status: 200, body: { ratings: [] } });
    const { user } = (await app.post('/ratings', RATING, ann)).body;
    expect(user).toBeGreaterThan(1_000_000_000);
    expect((await app.get('/ratings', await tokenFor('ann'))).body).toMatchObject({ user, ratings: [RATING] });
    expect((await app.get('/recommend', ann)).body).toMatchObject({ user, basis: 'folded-in', ratings: 1 });
    expect((await app.post('/session', '', ann)).body).toEqual({ user });
    expect((await app.post('/session', '', ann)).headers.get('Set-Cookie')).toBeNull();
    expect((await app.get('/ratings', bob)).body).toMatchObject({ ratings: [] });
    for (const refused of [
      await app.get(`/ratings?user=${user}`, bob),
      await app.post('/ratings', { ...RATING, user }, bob),
      await app.post('/ratings', { ...RATING, user: userIdOf(0) }, ann),
    ]) {
      expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
  });

  it('is the person of the data set that they were introduced as, unless they were somebody or that person is gone', async () => {
    const [user, other] = [userIdOf(3), userIdOf(4)];
    const { user: somebody } = (await app.post('/session', '', await tokenFor('fay'))).body;
    const people = [
      ['dan', user],
      ['fay', other],
    ] as const;
    expect(await introduceSubjects(env.DB, people)).toEqual({ introduced: 1, known: 0, left: 1 });
    expect(await introduceSubjects(env.DB, people)).toEqual({ introduced: 0, known: 1, left: 1 });
    const dan = await tokenFor('dan');
    expect((await app.get('/recommend', dan)).body).toMatchObject({ user, basis: 'trained' });
    expect((await app.get('/ratings', await tokenFor('fay'))).body).toMatchObject({ user: somebody });
    expect(await app.remove('/session', dan)).toMatchObject({ status: 200, body: { user } });
    expect(await introduceSubjects(env.DB, people)).toEqual({ introduced: 0, known: 0, left: 2 });
  });

  it('is one person also when their first requests come together', async () => {
    const eve = await tokenFor('eve');
    const answers = await Promise.all(Array.from({ length: 5 }, () => app.get('/ratings', eve)));
    expect(new Set(answers.map(({ body }) => body.user)).size).toBe(1);
  });

  it('is forgotten by DELETE /session with all that they said, and is somebody new afterwards', async () => {
    const cat = await tokenFor('cat');
    const { user } = (await app.post('/ratings', RATING, cat)).body;
    expect(await app.remove('/session', cat)).toMatchObject({ status: 200, body: { user } });
    const kept = env.DB.prepare('SELECT subject FROM subject WHERE user_id = ?1').bind(user);
    expect((await kept.all()).results).toEqual([]);
    const again = (await app.get('/ratings', cat)).body;
    expect(again.ratings).toEqual([]);
    expect(again.user).not.toBe(user);
  });

  it('may change as much in a day as a session may, and asks as often', async () => {
    const limited = startApp({ JWT_SECRET: SECRET, WRITES_PER_SESSION: env.FIVE });
    const statuses: number[] = [];
    const dan = await tokenFor('dan');
    for (let n = 0; n < 7; n++) statuses.push((await limited.post('/ratings', RATING, dan)).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
    const logged = env.DB.prepare('SELECT DISTINCT source FROM rating_log WHERE user_id = ?1');
    const { user } = (await limited.get('/ratings', dan)).body;
    expect((await logged.bind(user).all()).results).toEqual([{ source: 'page' }]);
  });

  const attempts: [string, () => Promise<string> | string][] = [
    ['without a signature', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims())}.`],
    ['of algorithm none with a signature', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims())}.AAAA`],
    ['signed by another secret', () => sign(claims(), `${SECRET}!`, 'HS256')],
    ['of another algorithm of the same kind', () => sign(claims(), SECRET, 'HS512')],
    ['that expired', () => sign(claims({ exp: inTime(-1) }), SECRET, 'HS256')],
    ['that never expires', () => sign({ sub: 'ann' }, SECRET, 'HS256')],
    ['that expires at a text', () => sign(claims({ exp: '9999999999' }) as never, SECRET, 'HS256')],
    ['that is not valid yet', () => sign(claims({ nbf: inTime(600) }), SECRET, 'HS256')],
    ['for nobody', () => sign({ exp: inTime(600) }, SECRET, 'HS256')],
    ['for nobody in particular', () => sign(claims({ sub: '' }), SECRET, 'HS256')],
    ['for a number', () => sign(claims({ sub: 7 }) as never, SECRET, 'HS256')],
    ['for somebody of 256 letters', () => sign(claims({ sub: 'a'.repeat(256) }), SECRET, 'HS256')],
    ['with a header of conditions', async () => `${part({ alg: 'HS256', crit: ['x'] })}.${part(claims())}.AAAA`],
    ['that is no JSON', () => 'aaaa.bbbb.cccc'],
    [
      'whose claims were changed',
      async () => {
        const [header, , signature] = (await sign(claims(), SECRET, 'HS256')).split('.');
        return `${header}.${part(claims({ sub: 'root' }))}.${signature}`;
      },
    ],
  ];

  it.each(attempts)('a token %s is refused with 401', async (_, token) => {
    const headers = bearer(await token());
    for (const answer of [await app.get('/ratings', headers), await app.post('/ratings', RATING, headers)]) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
  });

  it('a token is refused where the deployment takes none', async () => {
    expect((await startApp().get('/ratings', await tokenFor('ann'))).status).toBe(401);
  });

  it('a token of another issuer or for another audience is refused where the deployment names its own', async () => {
    const strict = startApp({ JWT_SECRET: SECRET, JWT_ISSUER: 'https://host.example', JWT_AUDIENCE: 'films' });
    const status = async (more: object) => (await strict.get('/ratings', await tokenFor('ann', more))).status;
    const right = { iss: 'https://host.example', aud: ['films', 'shop'] };
    expect(await status(right)).toBe(200);
    for (const wrong of [
      {},
      { ...right, iss: 'https://evil.example' },
      { ...right, aud: 'shop' },
      { iss: right.iss },
    ]) {
      expect(await status(wrong), JSON.stringify(wrong)).toBe(401);
    }
  });

  it('a token of the previous secret is taken until that goes', async () => {
    const old = await tokenFor('fay');
    const { user } = (await app.get('/ratings', old)).body;
    const secrets = { JWT_SECRET: 'another secret of more than 32 bytes', JWT_SECRET_PREVIOUS: SECRET };
    expect((await startApp(secrets).get('/ratings', old)).body).toMatchObject({ user });
    expect((await startApp({ JWT_SECRET: secrets.JWT_SECRET }).get('/ratings', old)).status).toBe(401);
  });

  it('a secret that is too short to sign by is named, and nobody gets in by it', async () => {
    const answer = await startApp({ JWT_SECRET: 'short' }).get('/ratings', await tokenFor('ann', {}, 'short'));
    expect(answer).toMatchObject({ status: 500, body: { code: 'not-configured' } });
  });
});

describe('a host application’s user, by a token with a public key', () => {
  const URL = 'https://host.example/jwks.json';
  const RSA = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  };
  const EC = { name: 'ECDSA', namedCurve: 'P-256' };
  let host: { keys: object[] } | number;
  let asked = 0;

  /** A key of the host: what it publishes, and what it signs by. */
  async function newKey(alg: 'RS256' | 'ES256', kid: string) {
    const pair = (await crypto.subtle.generateKey(alg === 'RS256' ? RSA : EC, true, [
      'sign',
      'verify',
    ])) as CryptoKeyPair;
    const open = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey;
    const own = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey;
    const tokenOf = async (sub: string) => bearer(await sign(claims({ sub }), { ...own, alg, kid } as never, alg));
    return { published: { ...open, kid, alg, use: 'sig' }, open, tokenOf };
  }

  function startHosted(more: object = {}) {
    asked = 0;
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (url) => {
      expect(String(url)).toBe(URL);
      asked++;
      return typeof host === 'number' ? new Response('no', { status: host }) : Response.json(host);
    });
    return startApp({ JWKS_URL: URL, ...more });
  }

  afterEach(() => vi.restoreAllMocks());

  it.each(['RS256', 'ES256'] as const)('signed by %s is taken, and the keys are asked for once', async (alg) => {
    const key = await newKey(alg, 'one');
    host = { keys: [key.published] };
    const app = startHosted();
    const { user } = (await app.post('/ratings', RATING, await key.tokenOf(`gus ${alg}`))).body;
    expect((await app.get('/ratings', await key.tokenOf(`gus ${alg}`))).body).toMatchObject({
      user,
      ratings: [RATING],
    });
    expect(asked).toBe(1);
  });

  it('signed by a key that came later is taken; unknown keys do not make the host be asked each time', async () => {
    const [one, two] = [await newKey('ES256', 'one'), await newKey('ES256', 'two')];
    host = { keys: [one.published] };
    const app = startHosted();
    expect((await app.get('/ratings', await one.tokenOf('hal'))).status).toBe(200);
    host = { keys: [two.published] };
    for (let n = 0; n < 3; n++) expect((await app.get('/ratings', await two.tokenOf('hal'))).status).toBe(401);
    expect(asked).toBe(1);
    app.pass(31);
    expect((await app.get('/ratings', await two.tokenOf('hal'))).status).toBe(200);
    expect((await app.get('/ratings', await one.tokenOf('hal'))).status).toBe(401);
    expect(asked).toBe(2);
  });

  it('is known for a day while the host does not answer, and answered 503 without any keys', async () => {
    const key = await newKey('ES256', 'one');
    host = { keys: [key.published] };
    const app = startHosted();
    expect((await app.get('/ratings', await key.tokenOf('ida'))).status).toBe(200);
    host = 500;
    app.pass(3600);
    expect((await app.get('/ratings', await key.tokenOf('ida'))).status).toBe(200);
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await startHosted().get('/ratings', await key.tokenOf('ida'))).toMatchObject({
      status: 503,
      body: { code: 'store-unavailable' },
    });
    expect(error).toHaveBeenCalled();
  });

  it('is refused where a public key was used as a secret, by whatever form of it', async () => {
    const key = await newKey('RS256', 'one');
    host = { keys: [key.published, { kty: 'oct', k: part({ a: 1 }), kid: 'oct', alg: 'HS256' }] };
    const spki = btoa(JSON.stringify(key.open));
    for (const app of [startHosted(), startHosted({ JWT_SECRET: SECRET })]) {
      for (const secret of [key.open.n!, spki, JSON.stringify(key.published), JSON.stringify(host)]) {
        const forged = await sign(claims(), secret, 'HS256');
        const [, ...rest] = forged.split('.');
        const named = [part({ alg: 'HS256', kid: 'one' }), ...rest].join('.');
        const claimed = [part({ alg: 'RS256', kid: 'one' }), ...rest].join('.');
        for (const token of [forged, named, claimed])
          expect((await app.get('/ratings', bearer(token))).status).toBe(401);
      }
    }
  });

  it('is refused by another key of the same name, of another kind, or without a name', async () => {
    const [known, other] = [await newKey('RS256', 'one'), await newKey('RS256', 'one')];
    const curve = await newKey('ES256', 'one');
    host = { keys: [known.published] };
    const app = startHosted();
    for (const key of [other, curve]) expect((await app.get('/ratings', await key.tokenOf('jan'))).status).toBe(401);
    const nameless = await sign(claims(), { ...known.open, alg: 'RS256' } as never, 'RS256').catch(() => 'a.b.c');
    expect((await app.get('/ratings', bearer(nameless))).status).toBe(401);
  });

  it.each(['http://host.example/jwks.json', 'jwks.json'])('keys at %s are not asked for', async (JWKS_URL) => {
    const key = await newKey('ES256', 'one');
    const answer = await startApp({ JWKS_URL }).get('/ratings', await key.tokenOf('kim'));
    expect(answer).toMatchObject({ status: 500, body: { code: 'not-configured' } });
  });
});

describe('keys of applications', () => {
  const hash = async (key: string) => {
    const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  const keys = async () =>
    JSON.stringify([
      { name: 'mail-outs', sha256: await hash('a-reading-key'), scope: 'read' },
      { name: 'shop', sha256: await hash('a-writing-key'), scope: 'write' },
      { name: 'shop', sha256: await hash('the-next-writing-key'), scope: 'write' },
    ]);
  const [READING, WRITING] = [bearer('a-reading-key'), bearer('a-writing-key')];

  it('read any user, and write only where their scope says so', async () => {
    const app = startApp({ API_KEYS: await keys(), OPEN_USERS: 'false' });
    const { user, headers } = await startSession(app);
    await app.post('/ratings', RATING, headers);
    for (const key of [READING, WRITING, bearer('the-next-writing-key'), TOKEN]) {
      expect((await app.get(`/ratings?user=${user}`, key)).body.ratings).toHaveLength(1);
      expect((await app.post('/recommend/batch', { people: [{ user }] }, key)).status).toBe(200);
    }
    for (const write of [
      (key: HeadersInit) => app.post('/ratings', { ...RATING, user }, key),
      (key: HeadersInit) => app.remove(`/ratings/${RATING.movieId}?user=${user}`, key),
      (key: HeadersInit) => app.post(`/marks?user=${user}`, { marks: [{ movieId: movieIdOf(1), mark: 'seen' }] }, key),
      (key: HeadersInit) => app.post('/session', '', key),
      (key: HeadersInit) => app.remove(`/session?user=${user}`, key),
    ]) {
      expect(await write(READING)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect((await write(WRITING)).status).toBe(200);
    }
  });

  it('are refused when they are not among them, or are only their hash', async () => {
    const app = startApp({ API_KEYS: await keys() });
    for (const key of ['a-reading-kez', await hash('a-writing-key'), 'mail-outs', '']) {
      expect((await app.get(`/ratings?user=${userIdOf(0)}`, bearer(key))).status, key).toBe(401);
    }
    expect((await startApp().get(`/ratings?user=${userIdOf(0)}`, READING)).status).toBe(401);
  });

  it.each(['{', '[{"name":"x","sha256":"abc","scope":"read"}]', '[{"name":"x","key":"secret"}]'])(
    'that cannot be read are named without what stands there: %s',
    async (API_KEYS) => {
      const answer = await startApp({ API_KEYS }).get(`/ratings?user=${userIdOf(0)}`, READING);
      expect(answer).toMatchObject({ status: 500, body: { code: 'not-configured' } });
      expect(answer.body.detail).toContain('API_KEYS');
      expect(JSON.stringify(answer.body)).not.toContain('"secret"');
    },
  );
});

describe('rotation', () => {
  it('takes the previous API token and admin token until they go', async () => {
    const API_TOKEN_PREVIOUS = 'the-token-before';
    const ADMIN_TOKEN_PREVIOUS = 'the-admin-token-before';
    const rotating = startApp({ API_TOKEN_PREVIOUS, ADMIN_TOKEN_PREVIOUS });
    const write = { ...RATING, user: userIdOf(2) };
    for (const headers of [TOKEN, bearer(API_TOKEN_PREVIOUS)]) {
      expect((await rotating.post('/ratings', write, headers)).status).toBe(200);
    }
    expect((await rotating.raw('GET', '/export/all', bearer(ADMIN_TOKEN_PREVIOUS))).status).toBe(200);
    expect((await rotating.raw('GET', '/export/all', bearer(API_TOKEN_PREVIOUS))).status).toBe(401);
    const after = startApp();
    expect((await after.post('/ratings', write, bearer(API_TOKEN_PREVIOUS))).status).toBe(401);
    expect((await after.raw('GET', '/export/all', bearer(ADMIN_TOKEN_PREVIOUS))).status).toBe(401);
  });
});
