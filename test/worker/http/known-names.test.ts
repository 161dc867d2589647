import { describe, expect, it } from 'vitest';
import { userIdOf } from '../../fixtures/groups.ts';
import { startApp, TOKEN } from '../app.ts';

const USER = userIdOf(0);
const app = startApp();

describe('a name that no route knows', () => {
  it.each([
    [`/recommend?user=${USER}&popularty=1`, 'popularity'],
    ['/recommend?Genre=Comedy', 'genre'],
    ['/recommend?year_from=1990', 'yearFrom'],
    ['/recommend?minrating=5', 'minRatings'],
    ['/recommend?sinse=5', 'since'],
    ['/top?By=mean', 'by'],
    ['/ratings?userId=1', 'user'],
    ['/export?fromat=csv', 'format'],
  ])('GET %s is answered with the one that was meant: %s', async (path, meant) => {
    const { status, body } = await app.get(path);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'bad-parameter', expected: 'no such name', fix: `Did you mean ${meant}?` });
  });

  it.each([
    ['/top?limit=5', 'limit', /^Known are .*\bby, .*\bk\b.*\.$/],
    ['/movies?query=matrix', 'query', /^Known are q, k\.$/],
  ])('GET %s is like none, and answered with all of them, even where one is missing', async (path, parameter, fix) => {
    const { body } = await app.get(path);
    expect(body).toMatchObject({ parameter, fix: expect.stringMatching(fix) });
  });

  it.each<[string, unknown, string, string]>([
    ['/recommend', { ratings: [], popularty: 1 }, 'popularty', 'popularity'],
    ['/recommend', { ratings: [{ movie: 1, rating: 4 }] }, 'ratings.0.movie', 'movieId'],
    ['/recommend', { ratings: [{ movieid: 1, rating: 4 }] }, 'ratings.0.movieid', 'movieId'],
    ['/ratings', { user: USER, ratings: [{ movieId: 1, raiting: 4 }] }, 'ratings.0.raiting', 'rating'],
    ['/recommend/batch', { people: [{ user: USER, popularty: 1 }] }, 'people.0.popularty', 'popularity'],
  ])('POST %s with %j: %s stands for %s, even where that is missing', async (path, sent, parameter, meant) => {
    const { status, body } = await app.post(path, sent, TOKEN);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'bad-body', parameter, fix: `Did you mean ${meant}?` });
  });
});

describe('a value that is none', () => {
  it('given twice where one counts says so', async () => {
    const { body } = await app.get('/recommend?k=1&k=2');
    expect(body).toMatchObject({ detail: 'k: got ["1","2"], expected number', fix: 'Give one value.' });
  });

  it('too large for a number is shown as what it became', async () => {
    const sent = '{"ratings":[{"movieId":1,"rating":1e309}]}';
    const { body } = await app.post('/recommend', sent);
    expect(body.detail).toMatch(/^ratings\.0\.rating: got Infinity, expected /);
  });
});
