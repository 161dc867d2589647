import { beforeAll, describe, expect, it, vi } from 'vitest';
import { movieIdOf } from '../../fixtures/groups.ts';
import { startApp } from '../app.ts';
import { FILMS, TMDB_TOKEN } from '../fake-tmdb.ts';
import { publishMovies } from '../publish-movies.ts';

const KINDS = Object.keys(FILMS) as (keyof typeof FILMS)[];
const EMPTY = '<svg xmlns="http://www.w3.org/2000/svg"/>';

/** The fixture with links: its first movies are the fake's films, in order; the next one has IMDb's number alone. */
const publishLinked = () =>
  publishMovies((rows) => ({
    links: {
      imdbIds: Int32Array.from(rows, (row) => (row <= KINDS.length ? 133_093 + row : 0)),
      tmdbIds: Int32Array.from(rows, (row) => (row < KINDS.length ? FILMS[KINDS[row]] : 0)),
    },
  }));

const movieOf = (kind: keyof typeof FILMS) => movieIdOf(KINDS.indexOf(kind));
const start = (settings: Parameters<typeof startApp>[0] = {}) => startApp({ TMDB_TOKEN, ...settings });

describe('GET /poster/{movieId}', () => {
  beforeAll(publishLinked);

  it('GET /poster brings the image of a film, of either width, with a tag and its type', async () => {
    const app = start();
    const { status, headers, text } = await app.page(`/poster/${movieOf('good')}`);
    expect([status, headers.get('Content-Type')]).toEqual([200, 'image/jpeg']);
    expect(text).toMatch(/^w154 matrix\.jpg /);
    expect(headers.get('Cache-Control')).toBe('public, max-age=604800');
    expect(headers.get('ETag')).toBe('"matrix.jpg"');
    expect(headers.get('Content-Security-Policy')).toBe("default-src 'none'");
    expect((await app.page(`/poster/${movieOf('good')}?width=342`)).text).toMatch(/^w342 /);
    expect(await app.get(`/poster/${movieOf('good')}?width=9999`)).toMatchObject({ status: 400 });
  });

  it('GET /poster asks TMDB once for an image, also after another start, and answers 304 to its tag', async () => {
    const path = `/poster/${movieOf('good')}`;
    const { text } = await start().page(path);
    expect((await start().page(path)).text).toBe(text);
    const known = await start().page(path, { 'If-None-Match': '"matrix.jpg"' });
    expect([known.status, known.text]).toEqual([304, '']);
    expect((await start().page(path, { 'If-None-Match': '"older.jpg"' })).text).toBe(text);
  });

  it.each(['failing', 'page', 'huge', 'elsewhere', 'moved'] as const)(
    'GET /poster is an empty picture, kept for a minute, where TMDB’s answer cannot be used: %s',
    async (kind) => {
      const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const { status, headers, text } = await start().page(`/poster/${movieOf(kind)}`);
      expect([status, headers.get('Content-Type'), text]).toEqual([200, 'image/svg+xml', EMPTY]);
      expect(headers.get('Cache-Control')).toBe('public, max-age=60');
      expect(String(warned.mock.calls)).not.toContain(TMDB_TOKEN);
      warned.mockRestore();
    },
  );

  it.each(['without', 'unknown'] as const)(
    'GET /poster is an empty picture for a day where TMDB has none: %s',
    async (kind) => {
      const { headers, text } = await start().page(`/poster/${movieOf(kind)}`);
      expect([headers.get('Cache-Control'), text]).toEqual(['public, max-age=86400', EMPTY]);
    },
  );

  it('GET /poster waits no longer than it is told for a TMDB that does not answer, and then asks nothing for half a minute', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const app = start({ posterTimeout: 20 });
    expect((await app.page(`/poster/${movieOf('silent')}`)).text).toBe(EMPTY);
    await app.page(`/poster/${movieOf('silent')}?width=342`);
    expect(warned).toHaveBeenCalledTimes(1);
    app.pass(31);
    await app.page(`/poster/${movieOf('failing')}?width=342`);
    expect(warned).toHaveBeenCalledTimes(2);
    warned.mockRestore();
  });

  it('GET /poster asks nobody about films without a number at TMDB, and none about films that the model lacks', async () => {
    const { headers, text } = await start().page(`/poster/${movieIdOf(KINDS.length)}`);
    expect([headers.get('Cache-Control'), text]).toEqual(['public, max-age=86400', EMPTY]);
    expect(await start().get('/poster/1')).toMatchObject({ status: 404, body: { code: 'unknown-movie' } });
  });

  it('GET /poster is 404 without TMDB_TOKEN, and the page then draws all posters itself', async () => {
    const app = startApp();
    const { status, body } = await app.get(`/poster/${movieOf('good')}`);
    expect([status, body.code, body.fix]).toEqual([404, 'not-found', expect.stringContaining('TMDB_TOKEN')]);
    expect(await app.text('/')).not.toMatch(/<image |TMDB/);
  });

  it('GET / shows posters by way of this server alone, says where they come from, and links each film', async () => {
    const html = await start().text(`/film/${movieOf('good')}`);
    expect(html).toContain(`<image href="/poster/${movieOf('good')}?width=342"`);
    for (const [, href] of html.matchAll(/<image href="([^"]+)"/g)) expect(href).toMatch(/^\/poster\/\d+/);
    expect(html).toContain('This product uses the TMDB API but is not endorsed or certified by TMDB.');
    expect(html).toContain('<a href="https://www.imdb.com/title/tt0133093/" rel="noreferrer">IMDb</a>');
    expect(html).toContain('<a href="https://www.themoviedb.org/movie/603" rel="noreferrer">TMDB</a>');
  });

  it('GET /movies/{movieId} names the numbers at IMDb and TMDB, null where they are not known', async () => {
    const numbers = async (row: number) => {
      const { imdbId, tmdbId } = (await start().get(`/movies/${movieIdOf(row)}`)).body;
      return [imdbId, tmdbId];
    };
    expect(await numbers(0)).toEqual([133_093, 603]);
    expect(await numbers(KINDS.length)).toEqual([133_093 + KINDS.length, null]);
    expect(await numbers(KINDS.length + 1)).toEqual([null, null]);
  });
});
