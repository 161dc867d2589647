import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { groupOfMovie, groupOfUser, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, idsOf, startApp, startSession, TOKEN } from '../app.ts';

const USER = userIdOf(0);
const app = startApp();
const manifest = fixtureManifest();
const model = decodeModel(manifest, { movies: fixtureFile(FILES.movies), posterior: fixtureFile(FILES.posterior) });
const { movies } = model;

interface Item {
  movieId: number;
  title: string;
  year: number | null;
  genres: string[];
  predictedRating: number;
  score: number;
  ratingCount: number;
}

async function itemsFor(query: string): Promise<Item[]> {
  const { status, body } = await app.get(`/recommend?user=${USER}&${query}`);
  expect(status).toBe(200);
  return body.items;
}

describe('GET /recommend', () => {
  it('GET /recommend recommends the taste group of a trained user', async () => {
    const answer = await app.get(`/recommend?user=${USER}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ user: USER, basis: 'trained', model: { version: manifest.version } });
    expect(answer.body.degraded).toBeUndefined();
    expect(idsOf(answer).map(groupOfMovie)).toEqual(Array(20).fill(groupOfUser(USER)));
  });

  it('POST /recommend without a body says what it takes', async () => {
    for (const answer of [await app.request('POST', '/recommend'), await app.post('/recommend', {})]) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'bad-body', parameter: 'ratings' } });
    }
  });

  it.each(['/recommend', `/explain/${movies.movieIds[0]}`])(
    'POST %s refuses a query, which would be without effect',
    async (path) => {
      const answer = await app.post(`${path}?k=5`, {});
      expect(answer).toMatchObject({ status: 400, body: { code: 'bad-parameter', parameter: 'k' } });
      expect(answer.body.fix).toBe('Put k into the JSON body.');
    },
  );

  it.each(['/recommend', '/recommend?k=0', '/nothing', '/top?by=nothing', '/health'])(
    'says that no cache may keep the answer of %s',
    async (path) => {
      expect((await app.get(path)).headers.get('Cache-Control')).toBe('no-store');
    },
  );

  it('GET /recommend gives every user the movies and scores of float64 arithmetic on the Arrow files', async () => {
    let compared = 0;
    for await (const user of readAllUsers(fixtureFile(FILES.users), manifest)) {
      const hidden = new Set(user.movieIds);
      const { factorCount: K, relevanceCount: E } = movies;
      const plain = Array.from(movies.movieIds, (movieId, row) => {
        let rating = model.userPrior.mean + user.bias + movies.biases[row];
        let relevance = 0;
        for (let x = 0; x < K; x++) rating += user.factors[x] * movies.factors[row * K + x];
        for (let e = 0; e < E; e++) relevance += user.relevance[e] * movies.relevance[row * E + e];
        return { movieId, rating, score: manifest.blend * rating + (1 - manifest.blend) * relevance };
      });
      const expected = plain
        .filter(({ movieId }) => !hidden.has(movieId))
        .sort((a, b) => b.score - a.score)
        .slice(0, 20);
      const { body } = await app.get(`/recommend?user=${user.userId}`);
      const listed: Item[] = body.items;
      expect(new Set(listed.map(({ movieId }) => movieId)).size).toBe(20);
      expect(body.ratings).toBe(user.movieIds.length);
      listed.forEach(({ movieId }, rank) => {
        const { score, rating } = plain.find((movie) => movie.movieId === movieId)!;
        expect(hidden.has(movieId)).toBe(false);
        expect(Math.abs(score - expected[rank].score)).toBeLessThan(1e-6); // the same film, or one that float32 cannot tell from it
        expect(Math.abs(body.items[rank].score - score)).toBeLessThan(1e-4);
        expect(Math.abs(body.items[rank].predictedRating - Math.min(5, Math.max(0.5, rating)))).toBeLessThan(1e-4);
      });
      if (++compared === 50) break;
    }
    expect(compared).toBe(50);
  });

  it('GET /recommend ranks by predicted rating, or by any blend', async () => {
    const byRating = await itemsFor('by=rating&k=50');
    expect(byRating.map((item) => item.score)).toEqual(byRating.map((item) => item.score).sort((a, b) => b - a));
    expect(byRating[0].score).toBeLessThan(byRating[0].predictedRating);
    const unsure = await itemsFor('by=rating&k=50&certainty=0');
    for (const { score, predictedRating } of unsure) expect(score).toBeCloseTo(predictedRating, 5);
    expect(await itemsFor('blend=1&k=50')).toEqual(byRating);
    expect(await itemsFor('by=relevance')).toEqual(await itemsFor('blend=0'));
    expect(await itemsFor('k=20')).toEqual(await itemsFor(`blend=${manifest.blend}`));
    expect((await itemsFor('blend=0')).map((item) => item.movieId)).not.toEqual(byRating.map((item) => item.movieId));
  });

  it('GET /recommend pages with k and offset', async () => {
    const ten = await itemsFor('k=10');
    expect(await itemsFor('k=4&offset=3')).toEqual(ten.slice(3, 7));
    expect(await itemsFor('offset=10000')).toEqual([]);
  });

  it('GET /recommend hides rated movies unless told to show them', async () => {
    const { body } = await app.get(`/ratings?user=${USER}`);
    const rated = new Set(body.ratings.map((rating: Item) => rating.movieId));
    expect((await itemsFor('k=100')).some((item) => rated.has(item.movieId))).toBe(false);
    expect((await itemsFor('k=100&rated=show')).some((item) => rated.has(item.movieId))).toBe(true);
  });

  it.each([
    ['genre=Children', (item: Item) => item.genres.includes('Children')],
    ['genre=horror&genre=DRAMA', (item: Item) => item.genres.some((genre) => ['Horror', 'Drama'].includes(genre))],
    ['notGenre=Comedy&notGenre=Children', (item: Item) => !item.genres.some((genre) => /Comedy|Children/.test(genre))],
    ['yearFrom=1980&yearTo=1990', (item: Item) => item.year !== null && item.year >= 1980 && item.year <= 1990],
    ['yearFrom=2010', (item: Item) => item.year !== null && item.year >= 2010],
    ['minRatings=40', (item: Item) => item.ratingCount >= 40],
    ['maxRatings=30', (item: Item) => item.ratingCount <= 30],
    ['exclude=ENGINE&exclude=anchor', (item: Item) => !/engine|anchor/i.test(item.title)],
    ['genre=Comedy&exclude=amber&yearTo=1999', (item: Item) => !/amber/i.test(item.title) && item.year! <= 1999],
  ])('GET /recommend with %s lists only movies that pass', async (query, passes) => {
    const all = await itemsFor('k=100&rated=show');
    const kept = await itemsFor(`k=100&rated=show&${query}`);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every(passes)).toBe(true);
    expect(all.every(passes)).toBe(false);
  });

  it('GET /recommend leaves out movies by id', async () => {
    const [first, second, third] = await itemsFor('k=3');
    expect((await itemsFor(`k=1&excludeId=${first.movieId}&excludeId=${second.movieId}`))[0]).toEqual(third);
  });

  it('GET /recommend writes titles as people do', async () => {
    const shown = new Map((await itemsFor('k=100&rated=show&genre=Comedy')).map((item) => [item.movieId, item]));
    expect(shown.get(2)).toMatchObject({ title: 'The Lantern', year: 1950, genres: ['Children', 'Comedy'] });
  });

  it('GET /recommend gives an unknown user what people like on average', async () => {
    const stranger = await app.get('/recommend?user=999999');
    expect(stranger.body).toMatchObject({ user: 999999, basis: 'popular', ratings: 0 });
    const nobody = await app.get('/recommend');
    expect(nobody.body).toMatchObject({ user: null, basis: 'popular' });
    expect(nobody.body.items).toEqual(stranger.body.items);
    const counts = (await app.get('/recommend?blend=0')).body.items.map((item: Item) => item.ratingCount);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });

  it('GET /recommend gives a new user their own list after one rating', async () => {
    const { headers } = await startSession(app);
    const before = await app.get('/recommend', headers);
    expect(before.body.basis).toBe('popular');
    const horror = movies.movieIds.find((movieId) => groupOfMovie(movieId) === 2)!;
    await app.post('/ratings', { movieId: horror, rating: 5 }, headers);
    const after = await app.get('/recommend?k=10', headers);
    expect(after.body).toMatchObject({ basis: 'folded-in', ratings: 1 });
    expect(idsOf(after)).not.toContain(horror);
    expect(idsOf(after).map(groupOfMovie)).toEqual(Array(10).fill(2));
    await app.remove(`/ratings/${horror}`, headers);
    expect((await app.get('/recommend', headers)).body).toEqual(before.body);
  });

  it('a new rating of a trained user counts in the very next answer', async () => {
    const user = userIdOf(7);
    const before = await app.get(`/recommend?user=${user}`);
    const [first] = before.body.items;
    await app.post('/ratings', { user, movieId: first.movieId, rating: 0.5 }, TOKEN);
    const after = await app.get(`/recommend?user=${user}`);
    expect(after.body).toMatchObject({ basis: 'folded-in', ratings: before.body.ratings + 1 });
    expect(idsOf(after)).not.toContain(first.movieId);
    expect(after.body.items[0].score).not.toBe(before.body.items[1].score);
  });

  it.each([
    ['a trained user', userIdOf(9), 0],
    ['a trained user who rated more', userIdOf(10), 2],
    ['a stranger', 1_000_010, 3],
  ])(
    'says to %s what it said before, and explains it alike, whatever others asked meanwhile',
    async (_, user, more) => {
      const ratings = Array.from({ length: more }, (_, j) => ({ movieId: movies.movieIds[50 + j], rating: 4 + j / 2 }));
      if (more > 0) await app.post('/ratings', { user, ratings }, TOKEN);
      const paths = ['', '&explain=3', '&blend=1&explain=1&rated=show'].map(
        (query) => `/recommend?user=${user}${query}`,
      );
      const ask = async () => Promise.all(paths.map(async (path) => (await app.get(path)).body));
      const [alone] = [await startApp().get(paths[1])];
      const before = await ask();
      for (let other = 20; other < 30; other++) await app.get(`/recommend?user=${userIdOf(other)}`);
      expect(await ask()).toEqual(before);
      expect(before[1]).toEqual(alone.body);
    },
  );

  it('a rating that training knew already changes nothing', async () => {
    const user = userIdOf(8);
    const before = await app.get(`/recommend?user=${user}`);
    const { movieId, rating } = (await app.get(`/ratings?user=${user}`)).body.ratings[0];
    await app.post('/ratings', { user, movieId, rating }, TOKEN);
    expect((await app.get(`/recommend?user=${user}`)).body).toEqual(before.body);
  });

  it.each([
    ['k=0', 'k', 0, 'at least 1'],
    ['k=101', 'k', 101, 'at most 100'],
    ['k=ten', 'k', 'ten', 'number'],
    ['k=1&k=2', 'k', ['1', '2'], 'number'],
    ['offset=-1', 'offset', -1, 'at least 0'],
    ['user=', 'user', '', 'number'],
    ['user=1.5', 'user', 1.5, 'int'],
    ['blend=1.5', 'blend', 1.5, 'at most 1'],
    ['explain=6', 'explain', 6, 'at most 5'],
    ['explain=all', 'explain', 'all', 'number'],
    ['diversity=-0.1', 'diversity', -0.1, 'at least 0'],
    ['diversity=1.01', 'diversity', 1.01, 'at most 1'],
    ['by=popularity', 'by', 'popularity', 'one of relevance, rating, next'],
    ['by=rating&blend=0.5', 'blend', 0.5, 'by or blend, not both'],
    ['rated=maybe', 'rated', 'maybe', 'one of hide, show'],
    ['genre=Western', 'genre', 'Western', movies.genreNames],
    ['yearFrom=2000&yearTo=1990', 'yearFrom', 2000, 'at most 1990'],
    ['excludeId=x', 'excludeId.0', 'x', 'number'],
    ['limit=5', 'limit', '5', 'no such name'],
  ])(
    'GET /recommend refuses %s and names the parameter, the value and its bound',
    async (query, parameter, got, expected) => {
      const { status, headers, body } = await app.get(`/recommend?${query}`);
      expect(status).toBe(400);
      expect(headers.get('Content-Type')).toBe('application/problem+json');
      expect(body).toMatchObject({ code: 'bad-parameter', status: 400, parameter, expected });
      expect(String(body.got)).toBe(String(got));
      expect(body.detail).toContain(parameter);
    },
  );
});
