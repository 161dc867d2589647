import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page, Request } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { secretOf } from '../../scripts/lib/server.ts';
import { fileEntry } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { readAllUsers } from '../../shared/artifact/users-file.ts';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { ROOT } from '../scripts/command.ts';
import { getJson, type Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, type PageOptions, visit } from './browser.ts';
import { picks, question, rateFirst, says, stored, titles } from './reading.ts';
import { beforeTests } from './site.ts';

const LISTED = 20;
const PEOPLE = 200;

interface Rating {
  readonly movieId: number;
  readonly rating: number;
  readonly timestamp: number;
}

interface Item {
  readonly movieId: number;
  readonly score: number;
  readonly predictedRating: number;
}

describe.skipIf(noBrowser)('private mode', () => {
  let server: Server;
  let browser: Browser;

  beforeTests([], (site) => {
    ({ server, browser } = site);
  });

  const open = (options?: PageOptions, path = '/') => openLive(browser, `${server.url}${path}`, options);

  /** Ratings of people of the data set. */
  async function people(): Promise<Rating[][]> {
    const { files, manifest } = await readArtifact(server.artifact);
    const found: Rating[][] = [];
    for await (const { movieIds, stars, times } of readAllUsers(files.get(FILES.users)!, manifest)) {
      if (movieIds.length > 1000) continue; // more than one request takes
      found.push(Array.from(movieIds, (movieId, j) => ({ movieId, rating: stars[j], timestamp: times[j] })));
      if (found.length === PEOPLE) break;
    }
    return found;
  }

  /** The same ratings, the newest of them given now. */
  function justNow(ratings: Rating[]): Rating[] {
    const since = Math.floor(Date.now() / 1000) - Math.max(...ratings.map(({ timestamp }) => timestamp));
    return ratings.map((rating) => ({ ...rating, timestamp: rating.timestamp + since }));
  }

  /** The lists that a browser makes by itself for each of these people. */
  async function ownLists(page: Page, ratings: Rating[][], query: string): Promise<Item[][]> {
    const script = (await readdir(join(ROOT, 'worker/public/assets'))).find((name) => /^private-\w+\.js$/.test(name));
    return page.evaluate<Item[][]>(`(async () => {
      const { openInBrowser } = await import('/assets/${script}');
      const send = await openInBrowser(fetch.bind(window));
      const headers = { 'Content-Type': 'application/json' };
      const lists = [];
      for (const ratings of ${JSON.stringify(ratings)}) {
        await send('/session', { method: 'DELETE' });
        await send('/ratings', { method: 'POST', headers, body: JSON.stringify({ ratings }) });
        lists.push((await (await send('/recommend?${query}')).json()).items);
      }
      return lists;
    })()`);
  }

  /** What the server lists. Asked as a program: nobody else may ask so often in a minute. */
  async function asked(body: string) {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${await secretOf('API_TOKEN')}` };
    return getJson(`${server.url}/recommend`, { method: 'POST', headers, body });
  }

  it('loads less than 2 MB for the 9,066 films of the embedded data', async () => {
    const { manifest } = await readArtifact(server.artifact);
    expect(manifest.dataset.movies).toBe(9066);
    const files = [FILES.compact, FILES.posterior, FILES.profiles].map((name) => fileEntry(manifest, name).bytes);
    expect(files.reduce((sum, bytes) => sum + bytes)).toBeLessThan(2_000_000);
  });

  it.each([
    ['relevance', {}, 'years ago'],
    ['relevance', {}, 'just now'],
    ['rating', {}, 'years ago'],
    ['next', {}, 'years ago'],
    ['next', {}, 'just now'],
    ['relevance', { genre: ['Comedy'], yearFrom: 1980, popularity: -0.5 }, 'years ago'],
  ])(
    'lists for 200 people by %s, narrowed by %o, who rated %s, what the server lists, number by number',
    async (by, narrowed, when) => {
      const { page } = await open();
      const ratings = when === 'just now' ? (await people()).map(justNow) : await people();
      expect(ratings).toHaveLength(PEOPLE);
      const query = new URLSearchParams({ by, k: String(LISTED) });
      for (const [name, value] of Object.entries(narrowed)) query.append(name, String(value));
      const own = await ownLists(page, ratings, query.toString());
      for (const [person, list] of own.entries()) {
        const answer = await asked(JSON.stringify({ ratings: ratings[person], by, ...narrowed, k: LISTED }));
        expect(answer).toHaveProperty('items'); // or the error
        expect(list).toHaveLength(LISTED);
        expect(list).toEqual(answer.items);
      }
    },
  );

  /** Private mode, turned on at the ratings. */
  async function openPrivate(options?: PageOptions) {
    const opened = await open(options, '/mine');
    await opened.page.getByRole('button', { name: 'Turn private mode on' }).click();
    await opened.page.getByRole('heading', { name: 'Private mode is on' }).waitFor();
    await opened.page.locator('.private button:enabled', { hasText: 'Turn it off' }).waitFor(); // all is taken up
    return opened;
  }

  /** What is asked of the server from now on, but for the page's own scripts. */
  function watch(page: Page): string[] {
    const asked: string[] = [];
    const isOwn = (path: string) => /^\/(assets\/|icons\/|sw\.js|manifest\.webmanifest|favicon\.svg)/.test(path);
    page.on('request', (request) => {
      const { protocol, pathname } = new URL(request.url());
      if (protocol !== 'blob:' && !isOwn(pathname)) asked.push(pathname);
    });
    return asked;
  }

  it('asks nothing of the server once it is on, whatever a person does', async () => {
    const { page, complaints } = await openPrivate();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    const asked = watch(page);
    const rated = [await rateFirst(page, '5 stars'), await rateFirst(page, '1 star')];
    await says(page, 'From your 2 ratings.');
    expect((await picks(page)).filter((name) => rated.includes(name))).toEqual([]);
    await page.locator('.tonight > .chips').getByText('Western').click();
    await page.waitForURL(/genre=Western/);
    await page.locator('.for-you .title a').first().click();
    await page.locator('#film-heading').waitFor();
    await page.getByRole('searchbox', { name: 'Find a film' }).fill('matrix');
    await page.getByRole('heading', { name: 'Films found' }).waitFor();
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('keeps marks, reads files, takes them back and draws the map without asking the server', async () => {
    const { page, complaints } = await openPrivate();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    const asked = watch(page);
    const [wanted] = await picks(page);
    await page.getByRole('button', { name: `Watchlist: ${wanted}` }).click();
    await page.getByRole('link', { name: 'Watchlist (1)' }).click();
    await page.locator('#watchlist-heading').waitFor();
    await page.locator('.watchlist .pick').waitFor();
    await page.goBack();
    const lines = [296, 318, 593, 356, 480, 260].map((movieId, i) => `1,${movieId},${5 - i / 2},${1e9 + i}`);
    const buffer = Buffer.from(`userId,movieId,rating,timestamp\n${lines.join('\n')}\n`);
    await page.locator('#import').setInputFiles({ name: 'ratings.csv', mimeType: 'text/csv', buffer });
    await page.locator('#store').click();
    await page.getByText('6 ratings brought in from').waitFor();
    await page.getByRole('link', { name: 'Private: Your ratings (6)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByText(/I was off by/).waitFor();
    await page.goBack();
    await page.locator('#undo-import').click();
    await page.getByText('The import is taken back.').first().waitFor();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await page.getByRole('link', { name: 'Private: Your ratings (0)' }).waitFor();
    await page.getByRole('link', { name: 'Map' }).click();
    await page.locator('#sight-heading', { hasText: /: .* films?$/ }).waitFor();
    expect(asked).toEqual([]);
    expect(complaints.filter((text) => !/WebGL|GL Driver/.test(text))).toEqual([]); // where no graphics card is
  });

  it('makes files of ratings, marks and lists in the browser', async () => {
    const { page, complaints } = await openPrivate();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    const rated = await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    const [wanted] = await picks(page);
    await page.getByRole('button', { name: `Watchlist: ${wanted}` }).click();
    await page.getByRole('link', { name: 'Watchlist (1)' }).waitFor();
    const asked = watch(page);
    const fileOf = async (name: string) => {
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name, exact: true }).click();
      return readFile((await (await download).path())!, 'utf8');
    };
    const listed = (await picks(page))[0];
    expect((await fileOf('As a Letterboxd list')).split('\n')[1]).toContain(listed);
    await page.getByRole('link', { name: 'Private: Your ratings (1)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByText('Export', { exact: true }).click();
    expect(await fileOf('Letterboxd (CSV)')).toContain(rated);
    expect(await fileOf('MovieLens, Marquee (CSV)')).toMatch(/,5(\.0)?,\d+\n$/);
    expect(await fileOf('Watchlist and seen (CSV)')).toMatch(/,watchlist,\d+\n$/);
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('asks for no poster, and says that people find a film together only with the server', async () => {
    const { page } = await openPrivate();
    await page.route(
      ({ pathname }) => pathname === '/',
      async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replace('"hasPosters":false', '"hasPosters":true');
        await route.fulfill({ response, body });
      },
    );
    await visit(page, server.url);
    await page.getByRole('link', { name: 'Private: Your ratings (0)' }).waitFor();
    const asked = watch(page);
    await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    expect(await page.locator('svg.poster image').count()).toBe(0);
    expect(asked.filter((path) => !path.startsWith('/compact'))).toEqual([]); // the model is on its way
    expect(await page.getByRole('link', { name: 'Watch together' }).count()).toBe(0);
    await visit(page, `${server.url}/together`);
    await page.getByText('To look for a film together, turn private mode off').waitFor();
  });

  it('goes on after a reload, and sends no rating then either', async () => {
    const { page, complaints } = await openPrivate();
    const rated = await rateFirst(page, '5 stars');
    const requests: Request[] = [];
    page.on('request', (request) => requests.push(request));
    await visit(page, server.url);
    await page.getByRole('link', { name: 'Private: Your ratings (1)' }).waitFor();
    await says(page, 'From your one rating.');
    await question(page).filter({ hasNotText: rated }).waitFor(); // the Worker, which knows nobody, asks about it
    for (const request of requests) {
      expect([request.method(), request.postData()]).toEqual(['GET', null]);
      expect(new URL(request.url()).pathname).toMatch(/^\/($|assets\/|compact|favicon)/);
      expect(new URL(request.url()).search).toBe('');
    }
    expect(complaints).toEqual([]);
  });

  it('goes on without a network: after a reload it makes lists, takes ratings, finds films and opens them', async () => {
    const { page, complaints } = await openPrivate();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    const rated = await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    await page.evaluate('navigator.serviceWorker.ready');
    await page.context().setOffline(true);
    await visit(page, `${server.url}/?genre=Western`);
    await says(page, 'From your one rating.');
    await question(page).filter({ hasNotText: rated }).waitFor();
    await rateFirst(page, '1 star');
    await says(page, 'From your 2 ratings.');
    await page.locator('.for-you .title a').first().click();
    await page.locator('#film-heading').waitFor();
    await page.getByRole('searchbox', { name: 'Find a film' }).fill('matrix');
    await page.getByRole('heading', { name: 'Films found' }).waitFor();
    await page.getByRole('link', { name: 'Model and report' }).click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    expect(complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]); // which the browser says
  });

  it('is not begun where the browser keeps nothing, and the person is told', async () => {
    const { page } = await openLive(browser, `${server.url}/mine`);
    await page.evaluate(`Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }`);
    await page.getByRole('button', { name: 'Turn private mode on' }).click();
    await page.getByRole('alert').getByText('This browser keeps nothing for this page.').waitFor();
    expect(await page.evaluate("localStorage.getItem('marquee.private')")).toBe(null);
  });

  it('takes up the version in service when a file is gone with the version that the page began with', async () => {
    const { page } = await openPrivate({ serviceWorker: false });
    await page.route('**/next.arrow', (route) => route.fulfill({ status: 404, json: {} }), { times: 1 });
    const asked = watch(page);
    await visit(page, `${server.url}/?by=next`);
    await page.locator('.for-you .pick').first().waitFor();
    await expect.poll(() => asked.filter((path) => path.endsWith('/next.arrow'))).toHaveLength(2);
    expect(asked.filter((path) => path === '/compact')).toHaveLength(2);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('takes ratings and marks out of the server and hands them back', async () => {
    const { page, complaints } = await open();
    const rated = [await rateFirst(page, '4 stars'), await rateFirst(page, '2 stars')];
    await says(page, 'From your 2 ratings.');
    const [wanted] = await picks(page);
    await page.getByRole('button', { name: `Watchlist: ${wanted}` }).click();
    await page.getByRole('link', { name: 'Watchlist (1)' }).waitFor();
    await page.locator('#status', { hasText: `${wanted}: on your watchlist` }).waitFor({ state: 'attached' });
    await page.getByRole('link', { name: 'Your ratings (2)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByRole('button', { name: 'Turn private mode on' }).click();
    await page.getByRole('heading', { name: 'Private mode is on' }).waitFor();
    expect((await page.context().request.get(`${server.url}/ratings`)).status()).toBe(401);
    expect((await titles(page.locator('.rated'))).sort()).toEqual(rated.sort());
    await page.getByRole('link', { name: 'Watchlist (1)' }).waitFor();
    const back = page.getByRole('button', { name: 'Turn it off and give the server my 2 ratings and 1 marked film' });
    await page.setViewportSize({ width: 390, height: 844 });
    const { x, width } = (await back.boundingBox())!;
    expect(x + width).toBeLessThanOrEqual(390);
    await back.click();
    await page.getByRole('button', { name: 'Turn private mode on' }).waitFor();
    expect((await stored(page)).map(({ title }) => title).sort()).toEqual(rated.sort());
    const { marks } = (await (await page.context().request.get(`${server.url}/marks`)).json()) as { marks: unknown[] };
    expect(marks).toMatchObject([{ title: expect.stringContaining(wanted), mark: 'watchlist' }]);
    for (const kind of ['ratings', 'marks'])
      expect(await page.evaluate(`localStorage.getItem('marquee.${kind}')`)).toBe(null);
    expect(complaints).toEqual([]);
  });

  it.each([
    ['in light', {}],
    ['in dark on a phone', { dark: true, width: 390, height: 844 }],
  ])('has no faults for screen readers, off and on, %s', async (_, options) => {
    const { page } = await open(options, '/mine');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Turn private mode on' }).click();
    await page.getByRole('heading', { name: 'Private mode is on' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
