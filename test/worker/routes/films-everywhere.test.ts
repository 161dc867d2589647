import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { hideMovies } from '../../../shared/artifact/hide-movies.ts';
import { numberOf } from '../../../shared/own-id.ts';
import { groupOfMovie, MOVIES, movieIdOf } from '../../fixtures/groups.ts';
import { idsOf, startApp, startSession, type TestApp, TOKEN } from '../app.ts';
import { partsOver, publishCut } from '../part/cut-version.ts';

const TTL = 10;
const HORROR = Array.from({ length: MOVIES }, (_, row) => movieIdOf(row)).filter((id) => groupOfMovie(id) === 2);
const [ADDED, ADDED_ID, OWN] = [numberOf('fern'), 'fern', HORROR[30]];
const TITLES = new Map<number, string>([[ADDED, 'Night of the Ferns']]);
const YEARS = new Map<number, number>([[ADDED, 1990]]);
const LOVED = HORROR.slice(0, 6).map((movieId) => ({ movieId, rating: 5 }));

interface Visit {
  readonly app: TestApp;
  readonly headers: { readonly Cookie: string };
  readonly user: number;
  /** Of a gathering that the visitor opened. */
  readonly code: string;
  readonly movieId: number;
}

/** Everything that shows films, as the text that it answers. */
const VIEWS: Record<string, (visit: Visit) => Promise<string>> = {
  'GET /recommend': async ({ app, headers }) =>
    (await app.text('/recommend?k=100', headers)) + (await app.text('/recommend?k=100&offset=100', headers)),
  'GET /recommend by what is watched next': ({ app, headers }) =>
    app.text('/recommend?k=100&by=next&genre=Horror', headers),
  'GET /recommend with variety': ({ app, headers }) => app.text('/recommend?k=100&diversity=0.3&genre=Horror', headers),
  'GET /recommend among the watchlist': ({ app, headers }) => app.text('/recommend?among=watchlist', headers),
  'GET /recommend for a profile': async ({ app, headers }) => {
    const { profile } = (await app.get('/profiles')).body.items[0];
    return app.text(`/recommend?k=100&genre=Horror&profile=${profile}`, headers);
  },
  'GET /recommend.csv': ({ app, headers }) => app.text('/recommend.csv?k=100&genre=Horror', headers),
  'POST /recommend for ratings': async ({ app }) =>
    JSON.stringify((await app.post('/recommend', { ratings: LOVED, k: 100, genre: ['Horror'], by: 'rating' })).body),
  'POST /recommend for people': async ({ app }) =>
    JSON.stringify(
      (await app.post('/recommend', { people: [{ ratings: LOVED }, { ratings: [] }], k: 100, genre: ['Horror'] })).body,
    ),
  'POST /recommend as if one had rated': async ({ app, headers }) =>
    JSON.stringify(
      (await app.post('/recommend', { suppose: LOVED.slice(0, 1), k: 100, genre: ['Horror'] }, headers)).body,
    ),
  'POST /recommend/batch': async ({ app, user }) =>
    JSON.stringify((await app.post('/recommend/batch', { people: [{ user }], k: 100, genre: ['Horror'] }, TOKEN)).body),
  'GET /similar': ({ app }) => app.text(`/similar/${HORROR[0]}?k=100&genre=Horror`),
  'GET /similar to several': ({ app }) => app.text(`/similar?movie=${HORROR[0]}&movie=${HORROR[1]}&k=100&genre=Horror`),
  'GET /top': ({ app }) => app.text('/top?k=100&genre=Horror'),
  'GET /top by count': ({ app }) => app.text('/top?k=100&by=count&genre=Horror'),
  'GET /movies': ({ app, movieId }) => app.text(`/movies?q=${encodeURIComponent(TITLES.get(movieId)!)}&k=100`),
  'GET /movies/{movieId}': ({ app, movieId }) => app.text(`/movies/${movieId}`),
  'GET /explain': ({ app, headers, movieId }) => app.text(`/explain/${movieId}`, headers),
  'GET /gatherings/{code}': ({ app, headers, code }) => app.text(`/gatherings/${code}?k=100&genre=Horror`, headers),
  'GET /map/films': ({ app }) => app.text('/map/films'),
  'the page’s view of a film': async ({ app, headers, movieId }) =>
    withoutOwn((await app.page(`/film/${movieId}`, headers)).text),
  'the page’s list': async ({ app, headers, movieId }) => {
    const year = YEARS.get(movieId);
    return withoutOwn((await app.page(`/?genre=Horror&yearFrom=${year}&yearTo=${year}`, headers)).text);
  },
};

/** A page without what its visitor marked: that stays theirs. */
function withoutOwn(page: string): string {
  return page.replace(/"marks":\{"held":\[[^\]]*\]/, '');
}

/** Views without the film, of those that show one. */
async function lacking(visit: Visit): Promise<string[]> {
  const title = TITLES.get(visit.movieId)!;
  const id = new RegExp(`[[:,]${visit.movieId}\\b`);
  const hasId = (text: string) => id.test(text) && !/"code":"unknown-movie"|"unknown":/.test(text);
  const views = Object.entries(VIEWS).map(async ([name, view]) => {
    const text = await view(visit);
    const isThere = name.startsWith('the page') ? text.includes(title) : text.includes(title) || hasId(text);
    return isThere ? [] : [name];
  });
  return (await Promise.all(views)).flat();
}

function put(app: TestApp, body: object, id = ADDED_ID) {
  const init = { headers: { 'Content-Type': 'application/json', ...TOKEN }, body: JSON.stringify(body) };
  return app.request('PUT', `/movies/by-id/${id}`, init);
}

async function visitor(app: TestApp, movieId: number): Promise<Visit> {
  const { user, headers } = await startSession(app);
  await app.post('/ratings', { ratings: LOVED }, headers);
  await app.post('/marks', { marks: [{ movieId, mark: 'watchlist' }] }, headers);
  const { code } = (await app.post('/gatherings', {}, headers)).body;
  return { app, headers, user, code, movieId };
}

async function hide(app: TestApp, change: { hide?: number[]; show?: number[] }) {
  await hideMovies(env.MODELS as never, { hide: [], show: [], ...change });
  app.pass(TTL);
}

beforeAll(async () => {
  await publishCut('20260303T000000Z-cut', 3);
  const { title, year } = (await startApp().get(`/movies/${OWN}`)).body;
  TITLES.set(OWN, title);
  YEARS.set(OWN, year);
});

describe.each([
  ['one Worker', () => startApp()],
  ['three Workers behind one', () => startApp(partsOver([env.MODELS, env.MODELS, env.MODELS]))],
])('a film, with %s,', (_, start) => {
  it.each([
    ['that was added', ADDED],
    ['of the version', OWN],
  ])('%s is in every view, in none once it is unavailable or hidden, and in all again', async (_, movieId) => {
    const app = start();
    await put(app, { title: TITLES.get(ADDED), year: 1990, genres: ['Horror'] });
    const visit = await visitor(app, movieId);
    const id = movieId === ADDED ? ADDED_ID : String(OWN);
    const all = Object.keys(VIEWS);
    expect(await lacking(visit)).toEqual([]);
    await put(app, { available: false }, id);
    expect(await lacking(visit)).toEqual(all);
    await put(app, { available: true }, id);
    expect(await lacking(visit)).toEqual([]);
    await hide(app, { hide: [movieId] });
    expect(await lacking(visit)).toEqual(all);
    await hide(app, { show: [movieId] });
    expect(await lacking(visit)).toEqual([]);
  });

  it('that was added counts where it was rated: in stars, reasons, explanations and the record of predictions', async () => {
    const app = start();
    await put(app, { title: TITLES.get(ADDED), year: 1990, genres: ['Horror'] });
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: [...LOVED.slice(0, 2), { id: ADDED_ID, rating: 0.5 }] }, headers);
    const { body } = await app.get(`/explain/${HORROR[20]}?by=rating&explain=5`, headers);
    expect(body.ratings).toBe(3);
    expect(body.against).toMatchObject([{ movieId: ADDED, title: TITLES.get(ADDED), rating: 0.5 }]);
    const asked = { k: 100, by: 'rating', genre: ['Horror'], explain: 5 };
    const { items } = (await app.post('/recommend', { ratings: [{ movieId: ADDED, rating: 5 }], ...asked })).body;
    const reasons = items.flatMap(({ because }: { because: { movieId: number }[] }) => because);
    expect(new Set(reasons.map(({ movieId }: { movieId: number }) => movieId))).toEqual(new Set([ADDED]));
    const explained = (await app.get(`/explain/${ADDED}?explain=5`, headers)).body;
    expect(explained).toMatchObject({ rated: true, rating: 0.5, excludedBy: ['rated'] });
    const { parts, score } = explained;
    expect(parts.ratings + parts.popularity + parts.base).toBeCloseTo(score, 4);
    const past = (await app.get('/ratings/predictions', headers)).body;
    expect(past.items).toHaveLength(3);
    expect(past.items.find(({ movieId }: { movieId: number }) => movieId === ADDED)).toMatchObject({ rating: 0.5 });
  });

  it('that nobody rated is in no chart above the mean, and last by the number of ratings', async () => {
    const app = start();
    await put(app, { title: TITLES.get(ADDED), year: 1990, genres: ['Horror'] });
    const [bias, count] = await Promise.all(['bias', 'count'].map((by) => app.get(`/top?by=${by}&k=100&genre=Horror`)));
    const place = ({ body }: typeof bias) =>
      body.items.find(({ movieId }: { movieId: number }) => movieId === ADDED).score;
    expect(place(bias)).toBeLessThanOrEqual(0);
    expect(count.body.items.at(-1).movieId).toBe(ADDED);
    expect(idsOf(await app.get('/top?by=mean&k=100&genre=Horror'))).not.toContain(ADDED);
  });
});
