import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION, movieIdOf } from '../../fixtures/groups.ts';
import { fixtureManifest, publishFixture, startApp, startSession } from '../app.ts';

const app = startApp();

/** The titles of a document's list, in order. */
function listed(html: string): string[] {
  return [...html.matchAll(/<li class="pick"[^>]* aria-label="([^"]*)"/g)].map(([, title]) => title);
}

/** Why each film of a document's list is there, where it says so. */
function reasonsIn(html: string): string[] {
  const said = [...html.matchAll(/<p class="because">(.*?)<\/p>/g)].map(([, markup]) => markup);
  return said.map((markup) => markup.replace(/<span class="visually-hidden">.*?<\/span>/g, '').replace(/<.*?>/g, ''));
}

/** Values of the orders that a document offers, and the chosen one. */
function ordersOf(html: string) {
  const inputs = [...html.matchAll(/<input type="radio" name="by" value="(\w+)"([^>]*)>/g)];
  return {
    offered: inputs.map(([, value]) => value),
    chosen: inputs.find(([, , rest]) => rest.includes('checked'))?.[1],
  };
}

describe('the page', () => {
  it('GET / draws the list that GET /recommend answers, for the session that asks', async () => {
    const { status, headers, text } = await app.page('/');
    expect(status).toBe(200);
    expect(headers.get('Content-Type')).toBe('text/html; charset=UTF-8');
    const { body } = await app.get('/recommend');
    expect(listed(text)).toEqual(body.items.map(({ title }: { title: string }) => title));
  });

  it('GET / narrows its list by the parameters of GET /recommend', async () => {
    const { items } = (await app.get('/recommend')).body;
    const [genre] = items[0].genres;
    const { text } = await app.page(`/?notGenre=${genre}`);
    const { body } = await app.get(`/recommend?notGenre=${genre}`);
    expect(listed(text)).toEqual(body.items.map(({ title }: { title: string }) => title));
    expect(listed(text)).not.toContain(items[0].title);
  });

  it('GET /?by=next draws what the person would watch next, by popularity too, and says that this order is chosen', async () => {
    const { headers } = await startSession(app);
    const ratings = [3, 41, 7].map((row) => ({ movieId: movieIdOf(row), rating: 4 }));
    await app.post('/ratings', { ratings }, headers);
    for (const query of ['by=next', 'by=next&popularity=-1']) {
      const { text } = await app.page(`/?${query}`, headers);
      const { body } = await app.get(`/recommend?${query}`, headers);
      expect(listed(text)).toEqual(body.items.map(({ title }: { title: string }) => title));
      expect(ordersOf(text)).toEqual({ offered: ['relevance', 'next', 'rating'], chosen: 'next' });
      expect(text).toContain('name="popularity"');
    }
  });

  it('GET / says whether a film is there for one that was liked, just rated or only rated', async () => {
    const { headers } = await startSession(app);
    const ratings = [3, 7, 12].map((row, n) => ({ movieId: movieIdOf(row), rating: 5 - 1.5 * n }));
    await app.post('/ratings', { ratings }, headers);
    const verbs = { liked: 'liked', 'just-watched': 'just rated', undefined: 'rated' };
    const seen = new Set<string>();
    for (const order of ['', 'by=next&', 'by=rating&']) {
      const { body } = await app.get(`/recommend?${order}k=20&explain=2`, headers);
      const because: { title: string; rating: number; why?: 'liked' }[][] = body.items
        .map((item: { because: object[] }) => item.because)
        .filter(({ length }: object[]) => length > 0);
      const expected = because.map((reasons) => {
        const words = reasons.map(({ why }) => verbs[`${why}` as keyof typeof verbs]);
        for (const verb of words) seen.add(verb);
        const named = reasons.map(({ title, rating }, n) => {
          const verb = words[n] === words[n - 1] ? '' : `${words[n]} `;
          return `${verb}${title} ★ ${rating}`;
        });
        return `Because you ${named.join(' and ')}`;
      });
      const { text } = await app.page(`/?${order}`, headers);
      expect(reasonsIn(text).filter((reason) => reason !== 'Popular with everybody')).toEqual(expected);
    }
    expect([...seen].sort()).toEqual(['just rated', 'liked', 'rated']);
  });

  it('GET / offers what is watched next to no taste, since a taste watches nothing', async () => {
    const [{ profile }] = (await app.get('/profiles')).body.items;
    const { text } = await app.page(`/?profile=${profile}`);
    expect(ordersOf(text).offered).toEqual(['relevance', 'rating']);
    expect((await app.page('/?by=next')).text).toContain(`href="/?profile=${profile}"`);
  });

  it('GET /?by=next says plainly, with 400, that a version has no such list, which GET / does not offer', async () => {
    const manifest = { files: fixtureManifest().files.filter(({ name }) => name !== FILES.next) };
    await publishFixture(env.MODELS, FIXTURE_VERSION, { damage: { [FILES.next]: null }, manifest });
    const older = startApp();
    const { status, text } = await older.page('/?by=next&genre=Horror');
    expect(status).toBe(400);
    expect(text).toContain('This version of the model has no list of what you would watch next.');
    expect(text).toContain('<a class="pill" href="/?genre=Horror">Show what you will like</a>');
    expect(ordersOf((await older.page('/')).text)).toEqual({ offered: ['relevance', 'rating'], chosen: 'relevance' });
    await publishFixture(env.MODELS);
  });

  it('GET / runs no script and uses no style but its own files', async () => {
    const { headers, text } = await app.page('/');
    expect(headers.get('Content-Security-Policy')!.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "manifest-src 'self'",
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ]);
    const scripts = [...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
    expect(scripts).toEqual([
      expect.stringMatching(/^<script type="module" src="\/assets\/main-\w+\.js">$/),
      '<script type="application/json" id="state">',
    ]);
    expect(text).not.toMatch(/ style="|<style|https?:/);
  });

  it('GET /?q= answers with what GET /movies finds, and a text of markup stays text', async () => {
    const { text } = await app.page(`/?q=${encodeURIComponent('</script><b>')}`);
    expect(text).toContain('No title has “&lt;/script>&lt;b>” in it.');
    expect(text.match(/<\/script>/g)).toHaveLength(2);
  });

  it('GET /about draws the published versions and the year in which the films end', async () => {
    const { status, text } = await app.page('/about');
    expect(status).toBe(200);
    expect(text).toContain(`${FIXTURE_VERSION}: `);
    expect(text).toMatch(/No film after \d{4}\./);
    expect(text).not.toContain('class="deck"');
  });

  it('GET /loved draws the films that GET /next would ask about, to tap', async () => {
    const { status, text } = await app.page('/loved');
    expect(status).toBe(200);
    const tiles = [...text.matchAll(/<li class="tile"[^>]* aria-label="([^"]*)"/g)].map(([, title]) => title);
    const { body } = await app.get('/next?n=36');
    expect(tiles).toEqual(body.items.map(({ title }: { title: string }) => title));
  });

  it('GET /film/{movieId} draws a film, and answers 404 at one that there is not', async () => {
    const [item] = (await app.get('/recommend')).body.items;
    const { status, text } = await app.page(`/film/${item.movieId}`);
    expect(status).toBe(200);
    expect(text).toContain(`<title>${item.title} (${item.year}) · Marquee</title>`);
    const missing = await app.page('/film/999999');
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('There is no such film here.');
    expect(missing.text).not.toContain('Try again');
  });

  it('GET /film/{movieId} leads to the plot at IMDb and TMDB: by title and year, where the ids are not known', async () => {
    const [item] = (await app.get('/recommend')).body.items;
    const { text } = await app.page(`/film/${item.movieId}`);
    const words = encodeURIComponent(`${item.title} ${item.year}`);
    for (const address of [`www.imdb.com/find/?q=${words}`, `www.themoviedb.org/search?query=${words}`])
      expect(text).toContain(`href="https://${address}" rel="noreferrer"`);
  });

  it('shows a person no fix that only a program can follow', async () => {
    const { text } = await app.page('/film/999999');
    expect(text).not.toContain('GET /movies');
  });

  it('says what the numbers of a list are, and how to go on where filters leave no film', async () => {
    expect((await app.page('/')).text).toContain('Expected stars');
    const { text } = await app.page('/?yearTo=1800');
    expect(text).not.toContain('Expected stars');
    expect(text).toContain('<a href="/">Clear all filters</a>');
  });

  it('tells tastes of the same genres apart by the decade of their films', async () => {
    const { text } = await app.page('/');
    const names = [...text.matchAll(/<span class="taste-name">(.*?)<\/span><\/span>/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(name).toMatch(/^.+ <span class="year">\d{3}0s$/);
  });

  it('leads back to the list from a search that found nothing', async () => {
    const { text } = await app.page('/?q=zzzzqq');
    expect(text).toContain('<a href="/">Back to the list</a>');
  });

  it('an address where nothing stands shows a browser the way to the films, and gives a program the problem', async () => {
    const { status, headers, text } = await app.page('/nonsense', { Accept: 'text/html,*/*;q=0.8' });
    expect(status).toBe(404);
    expect(headers.get('Content-Type')).toBe('text/html; charset=UTF-8');
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(text).toContain('Nothing stands at this address');
    expect(text).toContain('name="q"');
    expect((await app.get('/nonsense')).body).toMatchObject({ code: 'not-found' });
  });

  it('has no digits in its state that nobody sees', async () => {
    const { text } = await app.page('/');
    const [, state] = text.match(/id="state">(.*?)<\/script>/)!;
    expect(state).toMatch(/"predictedRating":\d\.\d{1,4}[,}]/);
    expect(state).not.toMatch(/:-?\d+\.\d{5}/);
  });

  it('has the styles of the other views in the document of such a view alone', async () => {
    expect((await app.page('/')).text).not.toMatch(/href="\/assets\/views-/);
    expect((await app.page('/loved')).text).toMatch(/href="\/assets\/views-/);
  });

  it('GET / answers 400 with the words of the API when a parameter is wrong', async () => {
    const { status, text } = await app.page('/?genre=Nonsense');
    expect(status).toBe(400);
    expect(text).toContain('Genre: got &quot;Nonsense&quot;, expected one of');
  });

  it('GET / says so, with 503 and Retry-After, while no model is in service', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await env.MODELS.delete(CURRENT_KEY);
    const { status, headers, text } = await startApp().page('/');
    expect(status).toBe(503);
    expect(headers.get('Retry-After')).toBe('5');
    const { body } = await startApp().get('/recommend');
    expect(text).toContain(`${body.detail[0].toUpperCase()}${body.detail.slice(1)}`);
  });
});
