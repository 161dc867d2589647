import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION, groupOfMovie, MOVIES, movieIdOf, USERS, userIdOf } from '../../fixtures/groups.ts';
import { fixtureManifest, idsOf, publishFixture, startApp, startSession } from '../app.ts';

const app = startApp();

async function titles(query: string): Promise<string[]> {
  const { body } = await app.get(`/movies?q=${encodeURIComponent(query)}`);
  return body.items.map((item: { title: string }) => item.title);
}

describe('GET /movies', () => {
  it.each([
    ['lantern', ['The Lantern', 'Lantern Bearers']],
    ['LANTERN, THE', ['The Lantern', 'Lantern Bearers']],
    ['the lantern', ['The Lantern', 'Lantern Bearers']],
    ['cafe', ['Café Horizon']],
    ['ete', ["L'Été"]],
    ['spider orchard', ['Spider-Orchard']],
    ['widows', ["A Widow's Atlas"]],
    ['horizon 1951', ['Café Horizon']],
    ['nothing like it', []],
    ['?!', []],
  ])('GET /movies finds "%s"', async (query, expected) => {
    expect((await titles(query)).slice(0, 2)).toEqual(expected);
  });

  it.each([
    ['lantern', 'words', null, 'The Lantern'],
    ['lantren', 'near', 'lantern', 'The Lantern'],
    ['cafe horizn', 'near', 'cafe horizon', 'Café Horizon'],
    ['horizon café', 'words', null, 'Café Horizon'],
    ['café horizon 7', 'some', 'cafe horizon', 'Café Horizon'],
  ])('GET /movies finds "%s" by %s, and says what it was taken for', async (query, foundBy, readAs, first) => {
    const { body } = await app.get(`/movies?q=${encodeURIComponent(query)}`);
    expect(body).toMatchObject({ foundBy, readAs });
    expect(body.items[0].title).toBe(first);
  });

  it('GET /movies prefers starts of titles, then of words, then the most rated', async () => {
    const { body } = await app.get('/movies?q=ho&k=100');
    const kinds = body.items.map(({ title }: { title: string }) =>
      /^ho/i.test(title) ? 2 : / ho/i.test(title) ? 1 : 0,
    );
    expect(kinds).toEqual([...kinds].sort((a, b) => b - a));
    expect(new Set(kinds).size).toBe(3);
    const counts = (await app.get('/movies?q=amber')).body.items.map(
      (item: { ratingCount: number }) => item.ratingCount,
    );
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });

  it('GET /movies needs a query', async () => {
    expect((await app.get('/movies')).body).toMatchObject({ code: 'bad-parameter', parameter: 'q' });
    expect((await app.get('/movies?q=')).body).toMatchObject({
      code: 'bad-parameter',
      expected: 'at least 1 characters',
    });
  });
});

describe('GET /movies/:movieId', () => {
  it('GET /movies/:movieId has what the model knows of a movie', async () => {
    const { status, body } = await app.get(`/movies/${movieIdOf(0)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      movieId: movieIdOf(0),
      title: 'The Lantern',
      year: 1950,
      genres: ['Children', 'Comedy'],
    });
    expect(body.position).toEqual([1, expect.closeTo(0, 1)]);
    expect(body.ratingMean).toBeGreaterThan(1);
    expect(idsOf({ status, headers: new Headers(), body: { items: body.similar } })).toHaveLength(10);
  });

  it('GET /movies/:movieId has no mean where nobody rated', async () => {
    expect((await app.get(`/movies/${movieIdOf(MOVIES - 1)}`)).body).toMatchObject({
      ratingCount: 0,
      ratingMean: null,
    });
  });

  it('GET /movies/:movieId answers 404 for a movie that the model lacks, 400 for what is no id', async () => {
    const unknown = await app.get('/movies/1');
    expect(unknown).toMatchObject({ status: 404, body: { code: 'unknown-movie', movieId: 1 } });
    expect(await app.get('/movies/matrix')).toMatchObject({ status: 400, body: { parameter: 'movieId' } });
  });
});

describe('GET /similar/:movieId', () => {
  it('GET /similar/:movieId finds the movie’s own group, never the movie itself', async () => {
    const answer = await app.get(`/similar/${movieIdOf(6)}`);
    expect(idsOf(answer)).toHaveLength(20);
    expect(idsOf(answer)).not.toContain(movieIdOf(6));
    expect(idsOf(answer).every((id) => groupOfMovie(id) === groupOfMovie(movieIdOf(6)))).toBe(true);
    const scores = answer.body.items.map((item: { score: number }) => item.score);
    expect(scores[0]).toBeLessThanOrEqual(1);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('GET /similar/:movieId takes k and filters, and leaves out rarely rated movies by default', async () => {
    const filtered = await app.get(`/similar/${movieIdOf(0)}?k=5&genre=Children&yearFrom=1960&exclude=amber`);
    expect(filtered.body.items).toHaveLength(5);
    for (const item of filtered.body.items) {
      expect(item.genres).toContain('Children');
      expect(item.year).toBeGreaterThanOrEqual(1960);
    }
    const unrated = movieIdOf(MOVIES - 4); // of row 0's group
    expect(idsOf(await app.get(`/similar/${movieIdOf(0)}?k=100`))).not.toContain(unrated);
    expect(idsOf(await app.get(`/similar/${movieIdOf(0)}?k=100&minRatings=0`))).toContain(unrated);
    expect(idsOf(await app.get(`/similar/${movieIdOf(0)}?k=100&maxRatings=4`))).toContain(unrated);
  });

  it('GET /similar/:movieId answers 404 for a movie that the model lacks', async () => {
    expect(await app.get('/similar/1')).toMatchObject({ status: 404, body: { code: 'unknown-movie' } });
  });
});

describe('GET /similar', () => {
  it('GET /similar of one movie answers as GET /similar/:movieId', async () => {
    const query = 'k=7&genre=Children&minRatings=3';
    const one = await app.get(`/similar/${movieIdOf(6)}?${query}`);
    expect((await app.get(`/similar?movie=${movieIdOf(6)}&${query}`)).body).toEqual(one.body);
    expect((await app.get(`/similar?movie=${movieIdOf(6)}&movie=${movieIdOf(6)}&${query}`)).body).toEqual(one.body);
  });

  it('GET /similar of several movies lies between them, and leaves all of them out', async () => {
    const given = [movieIdOf(6), movieIdOf(7)];
    const ids = idsOf(await app.get(`/similar?movie=${given[0]}&movie=${given[1]}&k=40`));
    expect(ids).toHaveLength(40);
    expect(ids.filter((id) => given.includes(id))).toEqual([]);
    const groups = ids.map(groupOfMovie);
    expect(new Set(groups)).toEqual(new Set(given.map(groupOfMovie)));
  });

  it.each([
    ['', 400, 'movie: got nothing, expected at least 1 elements'],
    [`?${Array.from({ length: 21 }, (_, row) => `movie=${movieIdOf(row)}`).join('&')}`, 400, 'at most 20 elements'],
    ['?movie=x', 400, 'movie.0: got "x", expected number'],
    [`?movie=${movieIdOf(0)}&movie=1`, 404, 'the model has no movie 1'],
  ])('GET /similar refuses "%s"', async (query, status, detail) => {
    const answer = await app.get(`/similar${query}`);
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toContain(detail);
  });
});

describe('GET /top', () => {
  it.each(['bias', 'count', 'mean'])('orders by %s', async (by) => {
    const { body } = await app.get(`/top?by=${by}&k=100`);
    const scores = body.items.map((item: { score: number }) => item.score);
    expect(scores.length).toBeGreaterThan(10);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('GET /top by mean needs enough ratings', async () => {
    const fewest = ({ body }: { body: { items: { ratingCount: number }[] } }) =>
      Math.min(...body.items.map((item) => item.ratingCount));
    expect(fewest(await app.get('/top?by=mean&k=100&yearTo=2100'))).toBeGreaterThanOrEqual(10);
    expect(fewest(await app.get('/top?by=mean&k=100&minRatings=15'))).toBeGreaterThanOrEqual(15);
    expect(fewest(await app.get('/top?by=mean&k=100&maxRatings=9'))).toBeLessThan(10);
    expect(fewest(await app.get('/top?by=bias&k=100'))).toBeLessThan(10);
  });

  it('GET /top takes the filters', async () => {
    const { body } = await app.get('/top?by=count&genre=Horror&notGenre=Children&k=5');
    expect(body.items.map((item: { genres: string[] }) => item.genres)).toEqual(Array(5).fill(['Horror']));
  });
});

describe('GET /next', () => {
  it('GET /next asks a newcomer about films that many people saw, but by far not all', async () => {
    const { body } = await app.get('/next?n=5');
    expect(body.items).toHaveLength(5);
    for (const { ratingCount } of body.items) {
      expect(ratingCount).toBeGreaterThan(0.1 * USERS);
      expect(ratingCount).toBeLessThan(0.5 * USERS);
    }
    expect((await app.get('/next')).body.items).toEqual(body.items.slice(0, 1));
  });

  it('GET /next does not ask about movies that were rated or skipped', async () => {
    const { headers } = await startSession(app);
    const [first, second, third] = (await app.get('/next?n=3', headers)).body.items;
    await app.post('/ratings', { movieId: first.movieId, rating: 4 }, headers);
    const { body } = await app.get(`/next?n=100&skip=${second.movieId}&skip=${third.movieId}&skip=1`, headers);
    const asked = body.items.map((item: { movieId: number }) => item.movieId);
    for (const { movieId } of [first, second, third]) expect(asked).not.toContain(movieId);
  });

  it('GET /next moves away from movies like one just rated', async () => {
    const { headers } = await startSession(app);
    const before = (await app.get('/next?n=100', headers)).body.items;
    const [first] = before;
    const alike = (items: { movieId: number }[]) => items.filter((item) => sameGroup(item, first)).length;
    expect(alike(before)).toBeGreaterThan(10);
    await app.post('/ratings', { movieId: first.movieId, rating: 4 }, headers);
    expect(alike((await app.get('/next?n=100', headers)).body.items)).toBeLessThan(alike(before) / 2);
  });

  it('GET /next knows the ratings of a trained user', async () => {
    const user = userIdOf(4);
    const rated = (await app.get(`/ratings?user=${user}`)).body.ratings.map(
      (rating: { movieId: number }) => rating.movieId,
    );
    const asked = idsOf(await app.get(`/next?user=${user}&n=100`));
    expect(asked.filter((movieId) => rated.includes(movieId))).toEqual([]);
  });
});

function sameGroup(a: { movieId: number }, b: { movieId: number }): boolean {
  return groupOfMovie(a.movieId) === groupOfMovie(b.movieId);
}

describe('the rest', () => {
  it('GET /model is the manifest', async () => {
    expect((await app.get('/model')).body).toEqual(fixtureManifest());
  });

  it('GET /health says what is in service and since when', async () => {
    expect(await app.get('/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', version: FIXTURE_VERSION, loadedAt: '2026-01-02T00:00:00.000Z', lastError: null },
    });
  });

  it('GET /report is the report of the version, or says that it has none', async () => {
    const { status, body } = await app.get('/report');
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'not-found', detail: expect.stringMatching(/has no report$/) });
    const version = '20260104T000000Z-reported';
    const files = [...fixtureManifest().files, { name: FILES.report, bytes: 9, sha256: '0'.repeat(64), rows: 1 }];
    await publishFixture(env.MODELS, version, { manifest: { files }, damage: { [FILES.report]: '<p>So</p>' } });
    expect(await startApp().text('/report')).toBe('<p>So</p>');
  });

  it('GET /openapi.json describes every route with its bounds', async () => {
    const { status, body } = await app.get('/openapi.json');
    expect(status).toBe(200);
    expect(Object.keys(body.paths).sort()).toEqual([
      '/admin/hidden',
      '/admin/hidden/{movieId}',
      '/admin/people/{user}',
      '/admin/pinned',
      '/admin/pinned/{movieId}',
      '/admin/retrains',
      '/admin/rollback',
      '/admin/traffic',
      '/admin/uploads',
      '/admin/uploads/{version}',
      '/admin/uploads/{version}/{file}',
      '/admin/uploads/{version}/{file}/pieces/{piece}',
      '/admin/versions',
      '/admin/versions/{version}/promote',
      '/compact',
      '/compact/{version}/{file}',
      '/events',
      '/explain/{movieId}',
      '/export',
      '/export/all',
      '/export/all/events',
      '/export/all/marks',
      '/export/events',
      '/export/marks',
      '/gatherings',
      '/gatherings/{code}',
      '/gatherings/{code}/members',
      '/gatherings/{code}/question',
      '/health',
      '/health/live',
      '/health/ready',
      '/import',
      '/import/{import}',
      '/map/films',
      '/map/me',
      '/marks',
      '/marks/{movieId}',
      '/metrics',
      '/model',
      '/movies',
      '/movies/by-id/{id}',
      '/movies/{movieId}',
      '/neural',
      '/neural/{version}',
      '/next',
      '/poster/{movieId}',
      '/profiles',
      '/ratings',
      '/ratings/predictions',
      '/ratings/{movieId}',
      '/recommend',
      '/recommend.csv',
      '/recommend/batch',
      '/report',
      '/session',
      '/similar',
      '/similar/{movieId}',
      '/top',
      '/versions',
    ]);
    const parameters = body.paths['/recommend'].get.parameters;
    const k = parameters.find((parameter: { name: string }) => parameter.name === 'k');
    expect(k).toMatchObject({ in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } });
    const genre = parameters.find((parameter: { name: string }) => parameter.name === 'genre');
    expect(genre).toMatchObject({ schema: { type: 'array' } });
    expect(genre.required ?? false).toBe(false);
    const { schema } = body.paths['/recommend'].post.requestBody.content['application/json'];
    expect(schema.oneOf).toEqual([
      { required: ['ratings'] },
      { required: ['people'], properties: { explain: { const: 0 } } },
      { required: ['suppose'] },
    ]);
    expect(schema.properties).toMatchObject({
      ratings: { type: 'array', maxItems: 1000, items: { required: ['movieId', 'rating'] } },
      k: { type: 'integer', maximum: 100, default: 20 },
      explain: { type: 'integer', minimum: 0, maximum: 5, default: 0 },
      diversity: { type: 'number', minimum: 0, maximum: 1, default: 0 },
    });
  });

  it('an unknown route answers a problem, too', async () => {
    const { status, headers, body } = await app.get('/recommendations');
    expect(status).toBe(404);
    expect(headers.get('Content-Type')).toBe('application/problem+json');
    expect(body).toMatchObject({ code: 'not-found', status: 404 });
  });
});
