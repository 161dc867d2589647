import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EMBEDDED_DATASET, readMovies } from '../../trainer/data/index.ts';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, type PageOptions, visit } from './browser.ts';
import { focused, stored, title, titles } from './reading.ts';
import { beforeTests, MORE } from './site.ts';

const MANY = 3000;
/** Stars of the first movie, of the second and so on, again and again. */
const STARS = [5, 4, 3.5, 4, 2, 4.5, 3, 0.5];

describe.skipIf(noBrowser)('the page finds', () => {
  let server: Server;
  let browser: Browser;
  let movieIds: number[];

  beforeTests(MORE, async (site) => {
    ({ server, browser } = site);
    const movies = await readMovies(join(import.meta.dirname, '../../trainer/data', EMBEDDED_DATASET, 'movies.csv.gz'));
    movieIds = [...movies].map(([movieId]) => movieId).sort((a, b) => a - b);
  });

  const open = (path = '/', options?: PageOptions) => openLive(browser, `${server.url}${path}`, options);
  const found = (page: Page) => titles(page.locator('.found .pick'));

  /** Opens the ratings of somebody who brought a file of `count` of them. */
  async function openMine(count: number, options?: PageOptions) {
    const watched = await open('/', options);
    const lines = movieIds.slice(0, count).map((id, at) => `1,${id},${STARS[at % STARS.length]},${1_500_000_000 + at}`);
    const body = ['userId,movieId,rating,timestamp', ...lines].join('\n');
    await watched.page.evaluate(async (csv) => {
      await fetch('/session', { method: 'POST' });
      await fetch('/import', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: csv });
    }, body);
    await visit(watched.page, `${server.url}/mine`);
    await watched.page.getByRole('heading', { name: `Your ratings (${count})` }).waitFor();
    return watched;
  }

  it('films whose lines stand below each other on a small phone', async () => {
    const { page } = await open('/?q=matrix', { width: 360, height: 660, touch: true });
    const first = page.locator('.found .pick').first();
    const [words, marks] = [first.locator('.what'), first.locator('.marks')];
    await marks.getByRole('button').first().waitFor();
    const [above, below] = [(await words.boundingBox())!, (await marks.boundingBox())!];
    expect(above.y + above.height).toBeLessThanOrEqual(below.y);
  });

  it.each([
    ['in light', {}],
    ['in dark on a phone', { dark: true, width: 390 }],
  ])('a film by a typo, and says what it was taken for, %s', async (_, options) => {
    const { page, complaints } = await open('/', options);
    const search = page.getByLabel('Find a film');
    await search.fill('matirx');
    await page.getByText('No title has “matirx” in it. Did you mean “matrix”?').waitFor();
    expect((await found(page))[0]).toBe('The Matrix');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('.taken a').click();
    await page.getByText('with “matrix”').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('matrix');
    await search.fill('forrest gump tom hanks');
    await page.getByText('Only titles are searched, not people.').waitFor();
    expect((await found(page))[0]).toBe('Forrest Gump');
    await search.fill('qwertyuiop');
    await page.getByText('No title has “qwertyuiop” in it.').waitFor();
    expect(await found(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('a film without a mouse: "/" leads to the box, arrows into the films, Enter opens one', async () => {
    const { page } = await open();
    await page.keyboard.press('/');
    expect(await focused(page)).toBe('query');
    await page.keyboard.type('star wars');
    await page.locator('.found .pick').nth(1).waitFor();
    await page.getByText('with “star wars”').waitFor();
    const names = await found(page);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe(names[1]);
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).toBe(names[0]);
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).toBe('query');
    await page.keyboard.type('/'); // a letter like any other in the box
    expect(await page.getByLabel('Find a film').inputValue()).toBe('/');
    await page.keyboard.type('alien');
    await page.getByText('with “/alien”').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#film-heading', { hasText: 'Alien' }).waitFor();
  });

  it('twelve films at first, and more when asked', async () => {
    const { page } = await open('/?q=love');
    expect(await found(page)).toHaveLength(12);
    const before = await found(page);
    await page.getByRole('button', { name: 'More films' }).click();
    await expect.poll(() => found(page).then(({ length }) => length)).toBeGreaterThan(12);
    expect((await found(page)).slice(0, 12)).toEqual(before);
    expect(await focused(page)).toBe((await found(page))[12]);
  });

  it('its way among thousands of ratings without thousands of elements', async () => {
    const { page, complaints } = await openMine(MANY);
    expect(await page.locator('.rated').count()).toBe(50);
    expect(await page.evaluate<number>('document.querySelectorAll("*").length')).toBeLessThan(2500);
    const bar = page.getByRole('button', { name: `${MANY / STARS.length} films with 0.5 stars` });
    await bar.click();
    expect(await bar.getAttribute('aria-pressed')).toBe('true');
    await page.locator('.rated').first().waitFor();
    expect(new Set(await page.locator('.rated .given').allTextContents())).toEqual(new Set(['0.5 ']));
    await page.getByLabel('Order').selectOption('by year');
    const years = (await page.locator('.rated .year').allTextContents()).map(Number);
    expect(years).toEqual([...years].sort((a, b) => b - a));
    await page.getByRole('button', { name: /Only 0.5/ }).click();
    await page.getByLabel('Search them').fill('the');
    for (const name of await titles(page.locator('.rated'))) expect(name.toLowerCase()).toContain('the');
    await page.getByRole('button', { name: /more$/ }).click();
    expect(await page.locator('.rated').count()).toBe(100);
    expect(complaints).toEqual([]);
  });

  it.each([
    ['in light', {}],
    ['in dark on a phone', { dark: true, width: 390 }],
  ])('how right it was, and asks about what it had not expected, %s', async (_, options) => {
    const { page, complaints } = await openMine(24, options);
    await page
      .getByText(/On your 24 ratings, each predicted from those before it, I was off by \d\.\d\d stars/)
      .waitFor();
    await page.locator('.surprises summary').click();
    const surprise = page.locator('.surprise').first();
    await surprise.getByText(/You gave .*, I had expected \d\.\d: right\?/).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const name = (await surprise.getAttribute('aria-label'))!;
    await surprise.getByRole('button', { name: `Change: ${name}` }).click();
    await surprise.getByRole('radio', { name: '3 stars', exact: true }).click();
    await page.locator('#status', { hasText: `${name}: 3 stars.` }).waitFor({ state: 'attached' });
    await surprise.getByText(/Now it has 3/).waitFor(); // where it was
    expect((await stored(page)).find((rating) => rating.title === name)?.rating).toBe(3);
    await surprise.getByRole('button', { name: `It is right: ${name}` }).click();
    expect(await page.locator('.surprise').getByText(name, { exact: true }).count()).toBe(0);
    expect(await title(page.locator('.rated').first())).not.toBe('');
    expect(complaints).toEqual([]);
  });

  it('what was typed and chosen before its scripts came', async () => {
    const { page } = await openMine(24, { serviceWorker: false });
    let bring!: () => void;
    const brought = new Promise<void>((done) => {
      bring = done;
    });
    await page.route('**/assets/*.js', (route) => brought.then(() => route.continue()));
    await page.goto(`${server.url}/mine?early`, { waitUntil: 'commit' });
    await page.getByLabel('Search them').fill('zzz');
    await page.getByLabel('Order').selectOption('by year');
    expect(await page.locator('html.live').count()).toBe(0);
    bring();
    await page.getByText('None of your ratings fits.').waitFor();
    expect(await page.getByLabel('Search them').inputValue()).toBe('zzz');
    expect(await page.getByLabel('Order').inputValue()).toBe('year');
  });

  it('nothing to say about somebody with few ratings, and no ratings without a word', async () => {
    const { page } = await openMine(2);
    expect(await page.locator('.hindsight').count()).toBe(0);
    await page.getByLabel('Search them').fill('zzz');
    await page.getByText('None of your ratings fits.').waitFor();
  });
});
