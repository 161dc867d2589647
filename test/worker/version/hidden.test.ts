import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import type { Catalogue } from '../../../shared/model/model.ts';
import { hiddenRows } from '../../../worker/version/hidden-rows.ts';
import { userIdOf } from '../../fixtures/groups.ts';
import { idsOf, publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const TTL = 10;
const K = 100;

/** Hides movies as `npm run hide` does. */
async function hide(...hidden: number[]): Promise<void> {
  const current = await (await env.MODELS.get(CURRENT_KEY))!.json<object>();
  await env.MODELS.put(CURRENT_KEY, JSON.stringify({ ...current, hidden }));
}

beforeAll(() => publishFixture(env.MODELS));

describe('hidden movies', () => {
  it('a hidden movie is in no list, search, profile or question, and nobody finds it by its id', async () => {
    const app = startApp();
    const paths = [
      `/recommend?user=${userIdOf(0)}&k=${K}&rated=show`,
      `/recommend?user=${userIdOf(0)}&k=${K}&rated=show&by=rating&genre=Comedy`,
      `/recommend?user=${userIdOf(0)}&k=${K}&rated=show&diversity=0.5`,
      `/top?by=count&k=${K}`,
      `/similar/${(await firstOf(app, '/top?by=count&k=100', 50)).movieId}?k=${K}`,
      '/next?n=100',
    ];
    const profiles = (await app.get('/profiles')).body.items as { movies: { movieId: number }[] }[];
    const gone = await firstOf(app, '/top?by=count&k=1', 0);
    const hidden = new Set([gone.movieId, profiles[0].movies[0].movieId]);
    for (const path of paths) hidden.add(idsOf(await app.get(path))[0]);
    const rated = await firstOf(app, '/top?by=count&k=100', 60);
    hidden.delete(rated.movieId);
    await hide(...hidden);
    const fresh = startApp();
    for (const path of paths) {
      const ids = idsOf(await fresh.get(path));
      expect(ids.length, path).toBeGreaterThan(0);
      expect(
        ids.filter((movieId) => hidden.has(movieId)),
        path,
      ).toEqual([]);
    }
    expect(idsOf(await fresh.get(`/movies?q=${encodeURIComponent(gone.title)}&k=100`))).not.toContain(gone.movieId);
    for (const { movies } of (await fresh.get('/profiles')).body.items) {
      expect(movies.filter(({ movieId }: { movieId: number }) => hidden.has(movieId))).toEqual([]);
    }
    for (const path of [`/movies/${gone.movieId}`, `/similar/${gone.movieId}`, `/similar?movie=${gone.movieId}`]) {
      expect(await fresh.get(path), path).toMatchObject({ status: 404, body: { code: 'unknown-movie' } });
    }
    const { similar } = (await fresh.get(`/movies/${rated.movieId}`)).body;
    expect(similar.filter(({ movieId }: { movieId: number }) => hidden.has(movieId))).toEqual([]);
  });

  it('what people rated stays theirs while the movie is hidden, and they may rate it anew or take it back', async () => {
    await hide();
    const app = startApp();
    const { headers } = await startSession(app);
    const { movieId, title } = await firstOf(app, '/top?by=count&k=1', 0);
    await app.post('/ratings', { movieId, rating: 4 }, headers);
    await hide(movieId);
    const fresh = startApp();
    expect((await fresh.get('/ratings', headers)).body.ratings).toMatchObject([{ movieId, title, rating: 4 }]);
    expect(await fresh.text('/export', headers)).toContain(`,${movieId},4,`);
    expect((await fresh.get('/recommend', headers)).body).toMatchObject({ basis: 'folded-in', ratings: 1 });
    expect((await fresh.post('/ratings', { movieId, rating: 5 }, headers)).status).toBe(200);
    expect((await fresh.remove(`/ratings/${movieId}`, headers)).status).toBe(200);
  });

  it('a server takes the list up after the TTL without loading the version again, and shows movies again', async () => {
    await hide();
    const app = startApp();
    const { movieId } = await firstOf(app, '/top?by=count&k=1', 0);
    const { loadedAt } = (await app.get('/health')).body;
    const refreshed = async () => {
      app.pass(TTL);
      await app.get('/model');
      return idsOf(await app.get('/top?by=count&k=1'));
    };
    await hide(movieId);
    expect(await refreshed()).not.toEqual([movieId]);
    expect((await app.get('/health')).body).toMatchObject({ status: 'ok', loadedAt });
    await hide();
    expect(await refreshed()).toEqual([movieId]);
  });
});

describe('hiddenRows', () => {
  const catalogue = (titles: readonly string[]): Catalogue => {
    const movieIds = Int32Array.from(titles, (_, row) => 10 + row);
    return {
      count: titles.length,
      movieIds,
      years: new Int16Array(titles.length),
      genres: () => [],
      title: (row: number) => titles[row],
      rowOf: (movieId: number) => movieIds.indexOf(movieId),
    } as unknown as Catalogue;
  };

  it('movies that an earlier release trained on without a title are hidden with those of the list', () => {
    const movies = catalogue(['Alien', 'Movie 11', 'Movie 4711', 'Heat']);
    expect([...hiddenRows(movies, [13, 999])].sort()).toEqual([1, 3]);
  });

  it('where all movies have only ids they are shown', () => {
    expect(hiddenRows(catalogue(['Movie 10', 'Movie 11']), []).size).toBe(0);
  });
});

async function firstOf(app: ReturnType<typeof startApp>, path: string, at: number) {
  return (await app.get(path, TOKEN)).body.items[at] as { movieId: number; title: string };
}
