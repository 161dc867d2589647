import { beforeAll, describe, expect, it } from 'vitest';
import { MOVIES, movieIdOf } from '../../fixtures/groups.ts';
import { idsOf, startApp, startSession } from '../app.ts';
import { publishMovies } from '../publish-movies.ts';

/** The film that nobody is shown. */
const GONE = movieIdOf(7);

/** The fixture as a catalogue of one's own: its movies have the ids "film/0" and so on, but for the last one. */
const publishOwn = () =>
  publishMovies((rows) => ({
    ownColumns: {
      ids: rows.map((row) => (row < MOVIES - 1 ? `film/${row}` : '')),
      languages: rows.map((row) => (row === 0 ? 'fr' : '')),
      posters: rows.map((row) => (row === 0 ? 'https://shop.example/0.jpg' : '')),
      urls: rows.map((row) => `https://shop.example/${row}`),
      available: Uint8Array.from(rows, (row) => (movieIdOf(row) === GONE ? 0 : 1)),
    },
  }));

const app = startApp();

beforeAll(publishOwn);

describe('a catalogue of one’s own', () => {
  it('films of every answer carry their own id, language and address', async () => {
    const { body } = await app.get('/movies?q=the lantern');
    expect(body.items[0]).toEqual({
      movieId: movieIdOf(0),
      title: 'The Lantern',
      year: 1950,
      genres: ['Children', 'Comedy'],
      ratingCount: expect.any(Number),
      id: 'film/0',
      language: 'fr',
      url: 'https://shop.example/0',
    });
    const { body: list } = await app.get('/recommend?k=3');
    for (const item of list.items) expect(item.url).toBe(`https://shop.example/${item.id.slice(5)}`);
  });

  it('GET /movies/by-id has what GET /movies has of the same film, by its own id', async () => {
    const { status, body } = await app.get('/movies/by-id/film%2F0');
    expect(status).toBe(200);
    expect(body).toEqual((await app.get(`/movies/${movieIdOf(0)}`)).body);
    expect(body).toMatchObject({ id: 'film/0', poster: 'https://shop.example/0.jpg' });
  });

  it('GET /movies/by-id takes the number of a film that has no id of its own, and of no other', async () => {
    const { body } = await app.get(`/movies/by-id/${movieIdOf(MOVIES - 1)}`);
    expect(body.movieId).toBe(movieIdOf(MOVIES - 1));
    expect(body.id).toBeUndefined();
    for (const id of [String(movieIdOf(0)), 'film%2F', 'film%2F7', '-1', '1e2']) {
      expect((await app.get(`/movies/by-id/${id}`)).body).toMatchObject({ status: 404, code: 'unknown-movie' });
    }
  });

  it('POST /ratings takes films by either id', async () => {
    const { headers, user } = await startSession(app);
    const ratings = [
      { id: 'film/1', rating: 5 },
      { movieId: movieIdOf(2), rating: 4 },
    ];
    expect((await app.post('/ratings', { ratings }, headers)).body).toEqual({ user, ratings: 2 });
    expect((await app.post('/ratings', { id: 'film/3', rating: 3 }, headers)).status).toBe(200);
    const { body } = await app.get('/ratings', headers);
    expect(body.ratings.map(({ movieId }: { movieId: number }) => movieId).sort()).toEqual(
      [1, 2, 3].map(movieIdOf).sort(),
    );
  });

  it.each([
    ['an unknown id', { id: 'film/x', rating: 4 }, 404, 'unknown-movie', 'ratings.1.id'],
    ['both ids', { id: 'film/1', movieId: movieIdOf(1), rating: 4 }, 400, 'bad-body', 'ratings.1.movieId'],
    ['neither', { rating: 4 }, 400, 'bad-body', 'ratings.1.movieId'],
    ['an empty id', { id: '', rating: 4 }, 400, 'bad-body', 'ratings.1.id'],
  ])('POST /ratings refuses %s, names the element, and stores nothing', async (_, bad, status, code, place) => {
    const { headers } = await startSession(app);
    const answer = await app.post('/ratings', { ratings: [{ id: 'film/1', rating: 4 }, bad] }, headers);
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.body.detail).toContain(place);
    expect((await app.get('/ratings', headers)).body.ratings).toEqual([]);
  });

  it('a film that is not available is in no list, search or detail', async () => {
    const lists = await Promise.all(
      ['/recommend?k=100', '/recommend?k=100&offset=100', '/recommend?by=rating&k=100', '/top?by=count&k=100'].map(
        (path) => app.get(path),
      ),
    );
    for (const list of lists) expect(idsOf(list)).not.toContain(GONE);
    expect((await app.get(`/movies/${GONE}`)).status).toBe(404);
  });
});
