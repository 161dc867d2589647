import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { inverseFromCholesky } from '../../../shared/math/linalg.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { mapOfMoments, momentsOf } from '../../../shared/model/film-map.ts';
import { inferUser } from '../../../shared/model/posterior.ts';
import { GROUPS, groupOfMovie, groupOfUser, movieIdOf, USERS, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const app = startApp();

describe('GET /map/films', () => {
  it('GET /map/films has each film once, the best known first, with what GET /movies says of it', async () => {
    const { status, body } = await app.get('/map/films');
    expect(status).toBe(200);
    expect(body.model.version).toBe(fixtureManifest().version);
    expect([...body.movieIds].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, row) => movieIdOf(row)));
    expect(body.ratingCounts).toEqual([...body.ratingCounts].sort((a, b) => b - a));
    for (const at of [0, 57, 199]) {
      const { title, year, genres, ratingCount } = (await app.get(`/movies/${body.movieIds[at]}`)).body;
      expect(body).toMatchObject({ titles: { [at]: title }, years: { [at]: year ?? 0 } });
      expect(body.ratingCounts[at]).toBe(ratingCount);
      expect(body.genreLists[body.genres[at]]).toEqual(genres);
    }
  });

  it('GET /map/films stands each film where its position says, on one scale, films spread by 1 around the middle', async () => {
    const { body } = await app.get('/map/films');
    const at = (movieId: number) => body.movieIds.indexOf(movieId);
    const position = async (row: number) => (await app.get(`/movies/${movieIdOf(row)}`)).body.position;
    const [a, b, c] = await Promise.all([position(3), position(50), position(121)]);
    const [i, j, k] = [3, 50, 121].map((row) => at(movieIdOf(row)));
    const scale = (body.x[i] - body.x[j]) / (a[0] - b[0]);
    expect(body.y[i] - body.y[k]).toBeCloseTo(scale * (a[1] - c[1]), 2);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(body.x)).toBeCloseTo(0, 3);
    expect(mean(body.y)).toBeCloseTo(0, 3);
    const squares = (values: number[]) => mean(values.map((value) => value * value));
    expect((squares(body.x) + squares(body.y)) / 2).toBeCloseTo(1, 3);
  });

  it('GET /map/films is gzipped for those who take that, and says the same to the others', async () => {
    const plain = await app.text('/map/films');
    const response = await packedFilms();
    expect(response.headers.get('Content-Encoding')).toBe('gzip');
    expect(response.text).toBe(plain);
    expect(response.bytes).toBeLessThan(plain.length / 2);
  });

  it('GET /map/films answers 304 to the tag that it gave, and another one once films are hidden', async () => {
    const { headers } = await app.get('/map/films');
    const tag = headers.get('ETag')!;
    expect(headers.get('Cache-Control')).toBe('public, no-cache');
    expect((await app.get('/map/films', { 'If-None-Match': tag })).status).toBe(304);
    expect((await app.get('/map/films', { 'If-None-Match': '"another"' })).status).toBe(200);
    const current = JSON.parse(await (await env.MODELS.get('current.json'))!.text());
    await env.MODELS.put('current.json', JSON.stringify({ ...current, hidden: [movieIdOf(4)] }));
    const hiding = startApp();
    const { status, body, headers: others } = await hiding.get('/map/films', { 'If-None-Match': tag });
    expect(status).toBe(200);
    expect(others.get('ETag')).not.toBe(tag);
    expect(body.movieIds).toHaveLength(199);
    expect(body.movieIds).not.toContain(movieIdOf(4));
  });

  async function packedFilms() {
    const { createApp } = await import('../../../worker/app.ts');
    const { default: kernel } = await import('../../../worker/wasm/kernels/scorer.wasm');
    const { createExecutionContext } = await import('cloudflare:test');
    const headers = { 'Accept-Encoding': 'br, gzip' };
    const response = await createApp({ kernel }).request('/map/films', { headers }, env, createExecutionContext());
    const packed = await response.arrayBuffer();
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    return { headers: response.headers, bytes: packed.byteLength, text: await new Response(stream).text() };
  }
});

describe('GET /map/me', () => {
  it('GET /map/me is as unsure of nobody as films are wide', async () => {
    const { status, body } = await app.get('/map/me');
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: null, basis: 'popular', ratings: 0, share: 1 });
    expect((body.covariance[0] + body.covariance[2]) / 2).toBeCloseTo(1, 5);
  });

  it('GET /map/me shrinks with every rating and walks towards what was liked', async () => {
    const { headers } = await startSession(app);
    const { body: films } = await app.get('/map/films');
    const group = GROUPS.indexOf('Horror');
    const liked = films.movieIds.filter((movieId: number) => groupOfMovie(movieId) === group);
    const middle = ['x', 'y'].map((axis) => {
      const places = liked.map((movieId: number) => films[axis][films.movieIds.indexOf(movieId)]);
      return places.reduce((sum: number, place: number) => sum + place, 0) / places.length;
    });
    const towards = ({ centre }: { centre: number[] }) => centre[0] * middle[0] + centre[1] * middle[1];
    let before = (await app.get('/map/me', headers)).body;
    const first = before;
    for (const movieId of liked.slice(0, 4)) {
      await app.post('/ratings', { movieId, rating: 5 }, headers);
      const { body } = await app.get('/map/me', headers);
      expect(body.share).toBeLessThan(before.share);
      before = body;
    }
    expect(before).toMatchObject({ basis: 'folded-in', ratings: 4 });
    expect(towards(before)).toBeGreaterThan(towards(first));
  });

  it('GET /map/me stands the users of training on the side of the films of their taste', async () => {
    const { body: films } = await app.get('/map/films');
    const middles = GROUPS.map((_, group) => {
      const of = films.movieIds.flatMap((id: number, at: number) => (groupOfMovie(id) === group ? [at] : []));
      const mean = (axis: 'x' | 'y') => of.reduce((sum: number, at: number) => sum + films[axis][at], 0) / of.length;
      return [mean('x'), mean('y')];
    });
    let right = 0;
    const users = Array.from({ length: 20 }, (_, row) => userIdOf(row * Math.floor(USERS / 20)));
    for (const user of users) {
      const { centre } = (await app.get(`/map/me?user=${user}`)).body;
      const pulls = middles.map(([x, y]) => x * centre[0] + y * centre[1]);
      const mean = pulls.reduce((sum, pull) => sum + pull, 0) / pulls.length;
      if (pulls[groupOfUser(user)] > mean) right++;
    }
    expect(right).toBeGreaterThanOrEqual(18);
  });

  it('GET /map/me is what the whole posterior says, computed from the artifact in plain loops', async () => {
    const model = decodeModel(fixtureManifest(), {
      movies: fixtureFile(FILES.movies),
      posterior: fixtureFile(FILES.posterior),
      profiles: fixtureFile(FILES.profiles),
    });
    const { headers } = await startSession(app);
    const rows = [3, 17, 40, 120, 199];
    const ratings = rows.map((row, at) => ({ movieId: movieIdOf(row), rating: 1 + at }));
    await app.post('/ratings', { ratings }, headers);
    const { factors, factorCount: K } = model.movies;
    const map = mapOfMoments([momentsOf([factors], K)], K, model.userPrior)!;
    const rated = { rows: Int32Array.from(rows), stars: Float32Array.of(1, 2, 3, 4, 5) };
    const { mean, factor } = inferUser(model.movies, model.userPrior, rated);
    const covariance = inverseFromCholesky(factor, mean.length);
    const through = (a: number, b: number) => {
      let sum = 0;
      for (let x = 0; x < mean.length; x++) {
        for (let y = 0; y < mean.length; y++) sum += map.draw[a][x] * covariance[x * mean.length + y] * map.draw[b][y];
      }
      return sum;
    };
    const { body } = await app.get('/map/me', headers);
    const expected = [through(0, 0), through(0, 1), through(1, 1)];
    for (let at = 0; at < 3; at++) expect(body.covariance[at]).toBeCloseTo(expected[at], 6);
    for (const axis of [0, 1]) {
      expect(body.centre[axis]).toBeCloseTo(
        mean.reduce((sum, value, x) => sum + map.draw[axis][x] * value, 0),
        6,
      );
    }
  });

  it('GET /map/me of another person is not for everybody', async () => {
    const { user } = await startSession(app);
    expect((await startApp({ OPEN_USERS: 'false' }).get(`/map/me?user=${user}`)).status).toBe(401);
    expect((await app.get(`/map/me?user=${user}`, TOKEN)).status).toBe(200);
  });

  it('GET /map/me refuses parameters that it does not know', async () => {
    const { status, body } = await app.get('/map/me?since=3');
    expect(status).toBe(400);
    expect(body.code).toBe('bad-parameter');
  });
});

describe('the page of the map', () => {
  it('GET /map draws a heading and the place of the map, and links to it stand in the list and in a film', async () => {
    await publishFixture(env.MODELS);
    const fresh = startApp();
    const { status, text } = await fresh.page('/map?film=2');
    expect(status).toBe(200);
    expect(text).toContain('<h2 id="map-heading"');
    expect(text).toContain('class="map-frame waiting"');
    expect((await fresh.page('/')).text).toContain('href="/map"');
    expect((await fresh.page('/film/2')).text).toContain('href="/map?film=2"');
  });
});
