import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { rounded } from '../../../worker/http/answers.ts';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();
const MOVIE = movieIdOf(0);
const JSON_TYPE = { 'Content-Type': 'application/json' };

async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe('errors', () => {
  const LIST = Array.from({ length: 30_000 }, () => ({ movieId: MOVIE, rating: 3 }));
  const LONG = 'x'.repeat(5000);

  it.each<[string, string, string, unknown?]>([
    ['a list that is too long', 'POST', '/recommend', { ratings: LIST }],
    ['a misspelt field of any length', 'POST', '/recommend', { ratings: [], [LONG]: 1 }],
    ['a long text in the place of a number', 'POST', '/ratings', { movieId: MOVIE, rating: LONG }],
    ['a long parameter', 'GET', `/recommend?k=${LONG}`],
    ['a long name of a parameter', 'GET', `/recommend?${LONG}=1`],
    ['a long genre', 'GET', `/recommend?genre=${'g'.repeat(200)}`],
    ['a long path', 'GET', `/${LONG}`],
    ['a long version', 'GET', `/neural/${LONG}`],
  ])('an error repeats at most 80 characters of %s', async (_, method, path, body) => {
    const { headers } = await startSession(app);
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } };
    const answer = await app.request(method, path, init);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    for (const value of [answer.body.got, answer.body.parameter, answer.body.detail]) {
      expect(JSON.stringify(value ?? '')).not.toMatch(/x{81}|g{81}|(movieId.*){10}/);
    }
    expect(JSON.stringify(answer.body).length).toBeLessThan(800);
  });

  it('an object in the place of a number is refused by name, also one that cannot become text', async () => {
    for (const strange of [{ toString: null }, { valueOf: 1, toString: 2 }, { __proto__: null }]) {
      const body = JSON.stringify({ user: strange, movieId: strange, rating: 4 });
      const answer = await app.post('/ratings', body, TOKEN);
      expect(answer).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    }
  });

  it('an error shows the whole value of a parameter that may come several times', async () => {
    const { body } = await app.get('/similar?movie=alien');
    expect(body).toMatchObject({ code: 'bad-parameter', got: 'alien' });
  });

  it.each([
    ['PUT', '/ratings', 'GET, HEAD, POST'],
    ['POST', '/movies/3', 'GET, HEAD'],
    ['GET', '/import', 'POST'],
    ['PATCH', '/session', 'POST, DELETE'],
    ['DELETE', '/health/', 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('%s %s answers 405 and names the methods that there are', async (method, path, allow) => {
    const answer = await app.request(method, path);
    expect(answer).toMatchObject({ status: 405, body: { code: 'wrong-method', got: method, expected: allow } });
    expect(answer.headers.get('Allow')).toBe(allow);
  });

  it.each(['GET', 'PUT', 'DELETE'])('%s of a path that no method has answers 404', async (method) => {
    const answer = await app.request(method, '/recommendations');
    expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(answer.headers.get('Allow')).toBeNull();
  });
});

describe('paths and parameters', () => {
  it.each(['/health', '/recommend', `/movies/${MOVIE}`, '/similar?movie=20', '/openapi.json'])(
    '%s answers the same with a slash at its end',
    async (path) => {
      const [plain, query = ''] = path.split('?');
      const slashed = await app.get(query ? `${plain}/?${query}` : `${plain}/`);
      expect(slashed).toMatchObject({ status: 200, body: (await app.get(path)).body });
    },
  );

  it.each([
    ...['0x1', '1e1', ' 1', '1 ', '1.0', '01', '+1', '-0', 'Infinity', '2147483648', '-1', '٣'].flatMap((text) => [
      `/movies/${encodeURIComponent(text)}`,
      `/recommend?user=${encodeURIComponent(text)}`,
      `/next?skip=${encodeURIComponent(text)}`,
    ]),
    ...['1e1', '0x10', ' 10', '10.0', '%2010'].map((text) => `/recommend?k=${encodeURIComponent(text)}`),
    '/recommend?k=%2010',
    ...['1e', 'e-1', '1e1', '1e-1.5', '0x1p-1'].map((text) => `/recommend?blend=${text}`),
    '/recommend?diversity=0x1',
  ])('%s is refused: a number is written in one way', async (path) => {
    expect(await app.get(path)).toMatchObject({ status: 400, body: { code: 'bad-parameter' } });
  });

  it.each([
    '/recommend?k=10',
    '/recommend?blend=0.50',
    '/recommend?diversity=1',
    '/recommend?user=2147483647',
    ...['1e-1', '5e-324', '-1E-07', `${1e-7}`].map((text) => `/recommend?popularity=${text}`), // as programs write them
  ])('%s is taken', async (path) => {
    expect((await app.get(path, path.includes('user') ? TOKEN : {})).status).toBe(200);
  });
});

describe('packed bodies', () => {
  const GZIP = { 'Content-Encoding': 'gzip' };

  it('gzipped ratings and files count like plain ones', async () => {
    const { user, headers } = await startSession(app);
    const rating = await gzipped(JSON.stringify({ movieId: MOVIE, rating: 4.5 }));
    const rated = await app.request('POST', '/ratings', {
      body: rating,
      headers: { ...JSON_TYPE, ...GZIP, ...headers },
    });
    expect(rated).toMatchObject({ status: 200, body: { user, ratings: 1 } });
    const file = await gzipped(`1::${movieIdOf(1)}::4::100`);
    const init = { body: file, headers: { 'Content-Type': 'text/csv', ...GZIP, ...headers } };
    expect(await app.request('POST', '/import', init)).toMatchObject({ status: 200, body: { ratings: 1 } });
    const list = { ratings: [{ movieId: MOVIE, rating: 5 }] };
    const asked = { body: await gzipped(JSON.stringify(list)), headers: { ...JSON_TYPE, 'Content-Encoding': 'GZIP' } };
    expect((await app.request('POST', '/recommend', asked)).body).toMatchObject({ basis: 'folded-in', ratings: 1 });
  });

  it('a gzipped body is measured by what it unpacks to', async () => {
    const { headers } = await startSession(app);
    for (const [path, bytes, type] of [
      ['/ratings', 2 ** 20 + 1, 'application/json'],
      ['/import', 4 * 2 ** 20 + 1, 'text/csv'],
    ] as const) {
      const body = await gzipped(' '.repeat(bytes));
      expect(body.length).toBeLessThan(10_000);
      const answer = await app.request('POST', path, { body, headers: { 'Content-Type': type, ...GZIP, ...headers } });
      expect(answer).toMatchObject({ status: 413, body: { code: 'too-large' } });
    }
  });

  it('damaged gzip is the sender’s fault, and any other packing is refused by name', async () => {
    const { headers } = await startSession(app);
    const whole = await gzipped(JSON.stringify({ movieId: MOVIE, rating: 4.5 }));
    for (const body of [whole.slice(0, 20), new TextEncoder().encode('{}')]) {
      const init = { body, headers: { ...JSON_TYPE, ...GZIP, ...headers } };
      expect(await app.request('POST', '/ratings', init)).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    }
    for (const packing of ['br', 'deflate', 'gzip, gzip', 'zstd']) {
      const init = { body: '{}', headers: { ...JSON_TYPE, 'Content-Encoding': packing, ...headers } };
      const answer = await app.request('POST', '/ratings', init);
      expect(answer).toMatchObject({ status: 415, body: { code: 'bad-encoding', got: packing, expected: 'gzip' } });
    }
  });
});

describe('every answer', () => {
  it.each(['/recommend', '/health', '/openapi.json', '/docs', '/nothing', '/movies/0', '/export?user=103'])(
    '%s forbids browsers to guess its type',
    async (path) => {
      expect((await app.page(path)).headers.get('X-Content-Type-Options')).toBe('nosniff');
    },
  );
});

describe('GET /openapi.json', () => {
  it('names the server, and describes a body of one rating and of many, each by either id of the movie', async () => {
    const { body } = await app.get('/openapi.json');
    expect(body.servers).toMatchObject([{ url: '/' }]);
    const { anyOf } = body.paths['/ratings'].post.requestBody.content['application/json'].schema;
    const { OneRating, OneRatingById, ManyRatings, NewRating, NewRatingById } = body.components.schemas;
    const named = (...names: string[]) => names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
    expect(anyOf).toEqual(named('OneRating', 'OneRatingById', 'ManyRatings'));
    const movieId = { type: 'integer', minimum: 0, maximum: 2_147_483_647 };
    const rating = { type: 'number', minimum: 0.5, maximum: 5, multipleOf: 0.5 };
    expect(OneRating).toMatchObject({ required: ['movieId', 'rating'], properties: { movieId, rating } });
    expect(OneRatingById).toMatchObject({ required: ['rating', 'id'], properties: { id: { type: 'string' }, rating } });
    expect(OneRatingById.properties.movieId).toBeUndefined();
    expect(ManyRatings).toMatchObject({
      required: ['ratings'],
      properties: { ratings: { items: { anyOf: named('NewRating', 'NewRatingById') } } },
    });
    const timestamp = { type: 'integer', minimum: 0 };
    expect(NewRating).toMatchObject({ required: ['movieId', 'rating'], properties: { movieId, rating, timestamp } });
    expect(NewRatingById).toMatchObject({ required: ['rating', 'id'], properties: { rating, timestamp } });
  });
});

describe('GET /openapi.json of lists', () => {
  it('describes by name whom a list is for, what each of several people thinks, and where a movie stands', async () => {
    const { body } = await app.get('/openapi.json');
    const { Person, Opinion, Recommendation, Explanation, PlacedItem, RemovableReason } = body.components.schemas;
    const schemaOf = (path: string) => body.paths[path].post.requestBody.content['application/json'].schema.properties;
    expect(schemaOf('/recommend')).toMatchObject({
      people: { type: 'array', minItems: 1, maxItems: 8, items: { $ref: '#/components/schemas/Person' } },
      together: { type: 'string', enum: ['least', 'mean'], default: 'least' },
      candidates: { type: 'array', maxItems: 10_000, items: { type: 'integer', minimum: 0 } },
      seen: { type: 'array', maxItems: 10_000, default: [] },
      since: { type: 'integer', minimum: 0, default: 0 },
    });
    expect(Person).toMatchObject({ minProperties: 1, maxProperties: 1, additionalProperties: false });
    expect(Object.keys(Person.properties)).toEqual(['user', 'profile', 'ratings']);
    expect(Recommendation.properties.people.items).toEqual({ $ref: '#/components/schemas/Opinion' });
    expect(Opinion.required).toEqual(['predictedRating', 'uncertainty', 'score']);
    expect(Explanation.properties).toMatchObject({
      rank: { type: 'integer' },
      above: { items: { $ref: '#/components/schemas/PlacedItem' } },
      against: { items: { $ref: '#/components/schemas/RemovableReason' } },
    });
    for (const schema of [PlacedItem, RemovableReason]) expect(schema).toBeDefined();
    for (const path of ['/recommend', '/explain/{movieId}']) {
      const query = body.paths[path].get.parameters.map(({ name }: { name: string }) => name);
      const own = ['user', 'profile', 'among', 'explore', 'movieId'];
      expect(query.filter((name: string) => !own.includes(name) && !(name in schemaOf(path)))).toEqual([]);
    }
  });
});

describe('GET /health', () => {
  it('says when the rating store is down, and still answers', async () => {
    const broken = startApp({ DB: null as unknown as D1Database });
    const { status, body } = await broken.get('/health');
    expect([status, body.status, body.lastError]).toEqual([200, 'degraded', null]);
    expect(body.warnings).toEqual([expect.stringContaining('the rating store does not answer')]);
    const silent = { prepare: () => ({ bind: () => ({ first: () => new Promise(() => undefined) }) }) };
    const slow = startApp({ DB: silent as unknown as D1Database, ratingTimeout: 20 });
    expect((await slow.get('/health')).body.status).toBe('degraded');
    expect((await app.get('/health')).body).toMatchObject({ status: 'ok', warnings: [] });
  });
});

describe('users who are nobody', () => {
  const NOBODY = [1_900_000_000, 2_147_483_647];

  it.each(NOBODY)('a program can neither rate for %s, whom nobody is yet, nor delete them ahead', async (user) => {
    const file = { 'Content-Type': 'text/csv', ...TOKEN };
    for (const answer of [
      await app.post('/ratings', { user, movieId: MOVIE, rating: 4 }, TOKEN),
      await app.remove(`/ratings/${MOVIE}?user=${user}`, TOKEN),
      await app.post(`/import?user=${user}`, `${user}::${MOVIE}::4::1`, file),
      await app.remove(`/session?user=${user}`, TOKEN),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'unknown-user', user } });
      expect(answer.body.fix).toContain('POST /session');
    }
    const stored = env.DB.prepare('SELECT user_id FROM rating WHERE user_id = ?1').bind(user);
    expect((await stored.all()).results).toEqual([]);
    expect((await startSession(app)).user).toBeLessThan(1_100_000_000);
  });

  it('a program rates for any id below the visitors’, and deletes it once it has ratings', async () => {
    const user = 555_555;
    expect(await app.remove(`/session?user=${user}`, TOKEN)).toMatchObject({ status: 404 });
    expect((await app.post('/ratings', { user, movieId: MOVIE, rating: 4 }, TOKEN)).status).toBe(200);
    expect(await app.remove(`/session?user=${user}`, TOKEN)).toMatchObject({ status: 200, body: { user } });
    expect(await app.remove(`/session?user=${user}`, TOKEN)).toMatchObject({ status: 200, body: { user } });
    expect(await app.post('/ratings', { user, movieId: MOVIE, rating: 4 }, TOKEN)).toMatchObject({ status: 410 });
  });

  it.each(['2147483648', '4294967296', '99999999999999999999'])('the id %s is no id anywhere', async (user) => {
    for (const answer of [
      await app.get(`/recommend?user=${user}`, TOKEN),
      await app.get(`/export?user=${user}`, TOKEN),
      await app.post(`/ratings?user=${user}`, { movieId: MOVIE, rating: 4 }, TOKEN),
      await app.post('/ratings', { user: Number(user), movieId: MOVIE, rating: 4 }, TOKEN),
      await app.remove(`/session?user=${user}`, TOKEN),
    ]) {
      expect(answer).toMatchObject({ status: 400, body: { parameter: 'user' } });
    }
  });
});

describe('a forgotten user', () => {
  const json = (headers: Record<string, string>) => ({ ...headers, 'Content-Type': 'application/json' });
  const reading = (user: number | null, headers: Record<string, string>) => {
    const query = user === null ? '' : `?user=${user}`;
    return [
      () => app.get(`/ratings${query}`, headers),
      () => app.get(`/export${query}`, headers),
      () => app.get(`/marks${query}`, headers),
      () => app.get(`/export/marks${query}`, headers),
      () => app.get(`/next${query}`, headers),
      () => app.get(`/recommend${query}`, headers),
      () => app.get(`/recommend${query}${query ? '&' : '?'}explain=2`, headers),
    ];
  };
  const writing = (user: number | null, headers: Record<string, string>) => {
    const query = user === null ? '' : `?user=${user}`;
    const csv = { ...headers, 'Content-Type': 'text/csv' };
    return [
      () => app.post(`/ratings${query}`, { movieId: MOVIE, rating: 4 }, headers),
      () => app.remove(`/ratings/${MOVIE}${query}`, headers),
      () => app.post(`/marks${query}`, { marks: [{ movieId: MOVIE, mark: 'seen' }] }, headers),
      () => app.request('PUT', `/marks/${MOVIE}${query}`, { headers: json(headers), body: '{"mark":"seen"}' }),
      () => app.remove(`/marks/${MOVIE}${query}`, headers),
      () => app.post(`/import${query}`, `1::${MOVIE}::4::1`, csv),
      () => app.post(`/import${query}`, 'Date,Name,Year,Letterboxd URI,Rating\n2024-01-01,Never Made,1999,x,4', csv),
    ];
  };

  it('is gone for the old cookie and for programs at once, on every route that reads or writes their data', async () => {
    const { user, headers } = await startSession(app);
    await app.post('/ratings', { movieId: MOVIE, rating: 4 }, headers);
    expect((await app.get('/recommend', headers)).body.ratings).toBe(1);
    await app.remove('/session', headers);
    for (const ask of [
      ...reading(null, headers),
      ...writing(null, headers),
      ...reading(user, TOKEN),
      ...writing(user, TOKEN),
    ]) {
      expect(await ask()).toMatchObject({ status: 410, body: { code: 'deleted-user' } });
    }
  });

  it('may be one of the data set, whom the model still holds', async () => {
    const user = userIdOf(7);
    expect((await app.get(`/recommend?user=${user}`)).body.basis).toBe('trained');
    expect(await app.remove(`/session?user=${user}`, TOKEN)).toMatchObject({ status: 200, body: { user } });
    for (const ask of [...reading(user, {}), ...reading(user, TOKEN), ...writing(user, TOKEN)]) {
      expect(await ask()).toMatchObject({ status: 410, body: { code: 'deleted-user' } });
    }
    const logged = env.DB.prepare('SELECT movie_id FROM rating_log WHERE user_id = ?1').bind(user);
    expect((await logged.all()).results).toEqual([{ movie_id: -1 }]);
    await app.remove(`/session?user=${user}`, TOKEN);
    expect((await logged.all()).results).toHaveLength(1);
  });
});

describe('numbers', () => {
  it('a number of any size has the seven digits that toPrecision gives it', () => {
    const digits = Array.from({ length: 2000 }, (_, i) => Math.fround(Math.sin(i)) * 10 ** ((i % 34) - 17));
    for (const value of [...digits, 0, 1, -1, 0.1, 999_999.96, -0.125, -4888.6875, 1e300, Number.NaN]) {
      expect(rounded(value)).toBe(Number(value.toPrecision(7)));
    }
  });
});
