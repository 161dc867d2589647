import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type Box, overlap } from '../../trainer/report/labels.ts';
import type { Server } from '../scripts/server.ts';
import {
  accessibilityProblems,
  live,
  noBrowser,
  openLive,
  openPage,
  type PageOptions,
  reload,
  visit,
} from './browser.ts';
import { focused, picks, question, rateFirst, says, stored, title, titles } from './reading.ts';
import { beforeTests, MORE } from './site.ts';

/** Scalar's copy of zod asks whether text may become code, and does without. */
const ASKED_BY_SCALAR = 'refused by script-src: eval';

describe.skipIf(noBrowser)('the page', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(MORE, (site) => {
    ({ server, browser } = site);
  });

  const open = (options?: PageOptions, path = '/') => openLive(browser, `${server.url}${path}`, options);
  const sideways = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

  it('shows a list, a film to rate and filters before anything is known, in the document itself', async () => {
    const { page } = await open();
    await says(page, 'What people like on average');
    expect(await picks(page)).toHaveLength(20);
    expect(await question(page).getByRole('radio').count()).toBe(10);
    await page.getByText(/100,004 ratings of 9,\d+ films \(.*\), up to 2016\./).waitFor();
    const html = await (await fetch(server.url)).text();
    for (const name of await picks(page))
      expect(html).toContain(name.replaceAll('&', '&amp;').replaceAll('"', '&quot;'));
  });

  it('reads, filters and opens films without scripts', async () => {
    const { page, complaints } = await openPage(browser, server.url, { scripts: false });
    expect(await picks(page)).toHaveLength(20);
    await page.locator('.tonight > .chips').getByText('Western').click();
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/genre=Western/);
    for (const genres of await page.locator('.for-you .genres').allTextContents()) expect(genres).toContain('Western');
    const before = await picks(page);
    await page.getByRole('link', { name: 'More films' }).click();
    await page.waitForURL(/offset=20/);
    const next = await picks(page);
    expect(next).toHaveLength(20);
    expect(next.filter((name) => before.includes(name))).toEqual([]);
    await page.locator('.for-you .title a').first().click();
    expect(await page.locator('#film-heading').textContent()).toContain(next[0]);
    await page.getByRole('searchbox', { name: 'Find a film' }).fill('matrix');
    await page.getByRole('searchbox', { name: 'Find a film' }).press('Enter');
    await page.waitForURL(/q=matrix/);
    expect(await titles(page.locator('.found .pick'))).toContain('The Matrix');
    expect(await page.locator('.stars').first().isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('changes its recommendations with each of five ratings, and never recommends what was rated', async () => {
    const { page, complaints, origins } = await open();
    await says(page, 'What people like on average');
    const rated: string[] = [];
    for (const [index, stars] of ['5 stars', '1 star', '4.5 stars', '2 stars', '4 stars'].entries()) {
      const before = await picks(page);
      rated.unshift(await rateFirst(page, stars));
      await says(page, index === 0 ? 'From your one rating.' : `From your ${index + 1} ratings.`);
      const after = await picks(page);
      expect(after).not.toEqual(before);
      expect(after.filter((name) => rated.includes(name))).toEqual([]);
    }
    await page.getByRole('link', { name: 'Your ratings (5)' }).click();
    await page.locator('#mine-heading').waitFor();
    expect(await titles(page.locator('.rated'))).toEqual(rated);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it.each([
    ['in light', {}, 40],
    ['in dark', { dark: true }, 40],
    ['on a phone, with fewer names', { width: 390 }, 14],
  ])('links to a report that reads well %s', async (_, options, names) => {
    const { page, complaints, origins } = await openLive(browser, server.url, options);
    await page.getByRole('link', { name: 'Report' }).click();
    await page.getByRole('link', { name: 'The report as one file' }).click();
    await page.getByRole('heading', { name: 'Movie map' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const map = page.getByRole('img', { name: /first two principal axes/ });
    const boxes = await map
      .locator('text')
      .evaluateAll((labels) =>
        labels.map((label) => (label as unknown as { getBoundingClientRect(): Box }).getBoundingClientRect()),
      );
    expect(boxes).toHaveLength(names);
    const { width } = page.viewportSize()!;
    for (const [n, box] of boxes.entries()) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(boxes.slice(n + 1).filter((other) => overlap(box, other))).toEqual([]);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it('offers tastes as pictures to start from until something is rated', async () => {
    const { page, complaints } = await open();
    const average = await picks(page);
    const tastes = page.getByRole('navigation', { name: 'Or start from a taste like yours' }).getByRole('link');
    expect(await tastes.count()).toBe(8);
    await tastes.nth(1).click();
    await says(page, `What people of one taste like: ${await tastes.nth(1).getAttribute('title')}.`);
    expect(await picks(page)).not.toEqual(average);
    expect(new URL(page.url()).searchParams.get('profile')).not.toBe(null);
    await tastes.nth(1).click(); // the same again: none
    await says(page, 'What people like on average');
    expect(await picks(page)).toEqual(average);
    await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    expect(await tastes.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('keeps the ratings of a person who comes back', async () => {
    const { page } = await open();
    const names = [await rateFirst(page, '5 stars'), await rateFirst(page, '3.5 stars')];
    await says(page, 'From your 2 ratings.');
    const before = await picks(page);
    await reload(page);
    await says(page, 'From your 2 ratings.');
    expect(await picks(page)).toEqual(before);
    await page.getByRole('link', { name: 'Your ratings (2)' }).click();
    await page.locator('#mine-heading').waitFor();
    expect(await titles(page.locator('.rated'))).toEqual(names.reverse());
    expect(await page.locator('.rated .given').allTextContents()).toEqual(['3.5 ', '5.0 ']);
  });

  it('sorts and searches the ratings, and changes one', async () => {
    const { page } = await open();
    const names = [await rateFirst(page, '2 stars'), await rateFirst(page, '5 stars'), await rateFirst(page, '1 star')];
    await page.getByRole('link', { name: 'Your ratings (3)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByLabel('Order').selectOption('best first');
    expect(await titles(page.locator('.rated'))).toEqual([names[1], names[0], names[2]]);
    await page.getByLabel('Order').selectOption('by title');
    expect(await titles(page.locator('.rated'))).toEqual([...names].sort((a, b) => a.localeCompare(b, 'en')));
    await page.getByLabel('Search them').fill(names[2].slice(0, 6).toLowerCase());
    expect(await titles(page.locator('.rated'))).toContain(names[2]);
    await page
      .locator('.rated')
      .getByRole('button', { name: `Change: ${names[2]}` })
      .click();
    await page.locator('.rated').getByRole('radio', { name: '4.5 stars', exact: true }).click();
    await page.locator('#status', { hasText: `${names[2]}: 4.5 stars.` }).waitFor({ state: 'attached' });
    expect(await stored(page)).toContainEqual({ title: names[2], rating: 4.5 });
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('ranks by predicted stars when told to, surer or more daring, and the address says so', async () => {
    const { page } = await open();
    await rateFirst(page, '5 stars');
    const asked = async (path: RegExp, act: () => Promise<unknown>) => {
      const answer = page.waitForResponse((response) => path.test(response.url()));
      await act();
      const { items } = (await (await answer).json()) as { items: { predictedRating: number; score: number }[] };
      const shown = items.map(({ predictedRating }) => predictedRating.toFixed(1));
      await expect.poll(() => page.locator('.for-you .predicted .value').allTextContents()).toEqual(shown);
      const scores = items.map(({ score }) => score); // a lower bound of the stars
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      return shown;
    };
    const usual = await asked(/by=rating/, () => page.getByText('Most stars').click());
    const daring = await asked(/certainty=0/, () => page.getByLabel('daring to sure').fill('0'));
    expect(daring).not.toEqual(usual);
    expect(new URL(page.url()).search).toBe('?by=rating&certainty=0');
  });

  it('leans to hidden or well known films, and narrows by genre, decade and words', async () => {
    const { page } = await open();
    const answered = async (asked: RegExp, act: () => Promise<unknown>) => {
      const answer = page.waitForResponse((response) => asked.test(response.url()) && /offset=0/.test(response.url()));
      await act();
      const { items } = (await (await answer).json()) as {
        items: { title: string; genres: string[]; year: number; ratingCount: number }[];
      };
      await expect.poll(() => page.locator('.for-you .pick').count()).toBe(items.length);
      return items;
    };
    expect(await page.getByLabel('lesser known to well known').count()).toBe(0); // a stranger has nothing but what is known
    await rateFirst(page, '5 stars');
    const mean = (items: { ratingCount: number }[]) =>
      items.reduce((sum, { ratingCount }) => sum + ratingCount, 0) / items.length;
    const known = await answered(/popularity=1/, () => page.getByLabel('lesser known to well known').fill('1'));
    const hidden = await answered(/popularity=-1/, () => page.getByLabel('lesser known to well known').fill('-1'));
    expect(mean(hidden)).toBeLessThan(mean(known));
    await answered(/genre=Sci-Fi/, () => page.locator('.tonight > .chips').getByText('Sci-Fi').click());
    await page.getByText('More filters').click();
    const old = await answered(/yearTo=1989/, () => page.locator('select[name="yearTo"]').selectOption('1980s'));
    for (const { genres, year } of old) {
      expect(genres).toContain('Sci-Fi');
      expect(year).toBeLessThan(1990);
    }
    const word = old[0].title.split(' ').at(-1)!;
    const without = await answered(/exclude=/, async () => {
      await page.getByLabel('Leave out titles with').fill(word);
      await page.getByLabel('Leave out titles with').press('Enter');
    });
    expect(without.map((item) => item.title)).not.toContain(old[0].title);
    await answered(/recommend\?k=20/, () => page.getByRole('link', { name: 'Clear filters' }).click());
    expect(new URL(page.url()).search).toBe('');
    expect(await page.getByLabel('lesser known to well known').inputValue()).toBe('0');
  });

  it('shows the same again by reload, by the back button and to whoever gets the link', async () => {
    const { page } = await open();
    await page.locator('.tonight > .chips').getByText('Western').click();
    await expect.poll(() => page.locator('.for-you .genres').first().textContent()).toContain('Western');
    const westerns = await picks(page);
    await reload(page);
    expect(await picks(page)).toEqual(westerns);
    await page.locator('.for-you .title a').nth(1).click();
    await page.locator('#film-heading', { hasText: westerns[1] }).waitFor();
    expect(await page.title()).toContain(westerns[1]);
    const link = page.url();
    await page.goBack();
    expect(await picks(page)).toEqual(westerns);
    expect(await focused(page)).toContain(westerns[1].slice(0, 8));
    await page.goBack();
    await expect.poll(() => picks(page)).not.toEqual(westerns);
    const other = await openPage(browser, link);
    expect(await other.page.locator('#film-heading').textContent()).toContain(westerns[1]);
    await other.page.getByRole('link', { name: 'Back to the list' }).click();
    expect(await picks(other.page)).toEqual(westerns);
  });

  it('leads back from a film to where the list was, and from a link that came from elsewhere to its top', async () => {
    const { page } = await open();
    const row = page.locator('.for-you .pick').nth(15);
    await row.scrollIntoViewIfNeeded();
    const name = await title(row);
    const at = await page.evaluate<number>('scrollY');
    expect(at).toBeGreaterThan(0);
    await row.getByRole('link', { name }).click();
    await page.locator('#film-heading', { hasText: name }).waitFor();
    expect(await page.evaluate<number>('scrollY')).toBe(0);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await row.waitFor();
    await expect.poll(() => page.evaluate<number>('scrollY')).toBe(at);
    expect(await focused(page)).toBe(name);
    await row.getByRole('link', { name }).click();
    await page.locator('#film-heading', { hasText: name }).waitFor();
    const similar = (await page.locator('.similar-title').first().textContent())!;
    await page.locator('.similar a').first().click();
    await page.locator('#film-heading', { hasText: similar }).waitFor();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await row.waitFor();
    expect(await page.evaluate<number>('scrollY')).toBe(0);
  });

  it('opens a film: what is expected beside what everybody gave, why, what is like it, and stars', async () => {
    const { page, complaints } = await open();
    const liked = await rateFirst(page, '5 stars');
    await rateFirst(page, '1 star');
    const name = (await picks(page))[0];
    await page.locator('.for-you .title a').first().click();
    await page.locator('#film-heading', { hasText: name }).waitFor();
    expect(await focused(page)).toBe('film-heading');
    const measures = await page.locator('.measures').innerText();
    expect(measures).toMatch(/For you\n+\d\.\d/);
    expect(measures).toMatch(/Everybody\n+\d\.\d/);
    expect(measures).toMatch(/1 of 9,\d{3} in your list/);
    expect(await page.locator('.legend').innerText()).toMatch(/\d+% your ratings/);
    const reason = await page.locator('.reasons li', { hasText: liked }).innerText();
    expect(reason.replace(liked, '')).toMatch(/^ you (liked|just rated) it, 5 /);
    expect(await page.locator('.similar li').count()).toBe(10);
    await page.locator('.film').getByRole('radio', { name: '4 stars', exact: true }).click();
    await page.locator('#status', { hasText: `${name}: 4 stars.` }).waitFor({ state: 'attached' });
    await page.locator('.measures', { hasText: 'but you rated it' }).waitFor();
    expect(await page.locator('.film .given').textContent()).toContain('Rated 4');
    expect(await page.locator('.reasons a').allTextContents()).not.toContain(name); // no reason for itself
    expect(await accessibilityProblems(page)).toEqual([]);
    const similar = (await page.locator('.similar-title').first().textContent())!;
    await page.locator('.similar a').first().click();
    await page.locator('#film-heading', { hasText: similar }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('says so at a film that there is none of, with the status of the API', async () => {
    const answer = await fetch(`${server.url}/film/999999999`);
    expect(answer.status).toBe(404);
    const { page } = await openPage(browser, `${server.url}/film/999999999`);
    await page.getByRole('alert').getByText('There is no such film here.').waitFor();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    expect(await picks(page)).toHaveLength(20);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('goes on by itself near the end of the list, without a film twice', async () => {
    const { page } = await open();
    for (const length of [40, 60]) {
      await page.locator('.for-you .pick').last().scrollIntoViewIfNeeded();
      await expect.poll(() => page.locator('.for-you .pick').count()).toBeGreaterThanOrEqual(length);
    }
    const names = await page
      .locator('.for-you .pick')
      .evaluateAll((rows) => rows.map((row) => (row as unknown as { dataset: { movie: string } }).dataset.movie));
    expect(new Set(names).size).toBe(names.length);
  });

  it('says why each film is there, and how sure its stars are', async () => {
    const { page } = await open();
    expect(await page.locator('.because').count()).toBe(0);
    const name = await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    const reasons = await page.locator('.because').allTextContents();
    expect(reasons.length).toBeGreaterThan(10);
    expect(new Set(reasons)).toEqual(new Set([`Because you liked ${name} ★ 5 5 stars`, 'Popular with everybody']));
    const said = await page.locator('.for-you .predicted > .visually-hidden').allTextContents();
    expect(said).toHaveLength(20);
    for (const text of said) expect(text).toMatch(/^predicted [0-5]\.\d stars, give or take [01]\.\d$/);
  });

  it('mixes the list when told to', async () => {
    const { page } = await open();
    await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    const before = await picks(page);
    await page.getByText('More filters').click();
    await page.getByLabel('best first to more variety').fill('0.5');
    await expect.poll(() => picks(page)).not.toEqual(before);
    expect((await picks(page))[0]).toBe(before[0]);
  });

  it('finds films by title, rates what was found, and says when there is none', async () => {
    const { page } = await open();
    const search = page.getByLabel('Find a film');
    await search.fill('matrix');
    const found = page.locator('.found .pick', { hasText: 'The Matrix' }).first();
    await found.getByRole('button', { name: 'Rate The Matrix' }).click();
    await found.getByRole('radio', { name: '4.5 stars', exact: true }).click();
    await page.locator('#status', { hasText: 'The Matrix: 4.5 stars.' }).waitFor({ state: 'attached' });
    expect(await stored(page)).toEqual([{ title: 'The Matrix', rating: 4.5 }]);
    expect(new URL(page.url()).search).toBe('?q=matrix');
    expect(await accessibilityProblems(page)).toEqual([]);
    await search.fill('zzzz');
    await page.getByText('No title has “zzzz” in it.').waitFor();
    await page.getByText('The films here end in 2016.').waitFor();
    await search.press('Escape');
    await says(page, 'From your one rating.');
    expect(await page.locator('.found').count()).toBe(0);
  });

  it('takes a file of ratings, lists what it cannot place, and gives the ratings back as a file', async () => {
    const { page } = await open();
    const lines = ['The Matrix,1999,5', 'Star Wars,1977,4', 'Hamlet,2000,3', 'Never Made,1999,2'];
    const text = `Date,Name,Year,Letterboxd URI,Rating\n${lines.map((line) => `2024-02-01,${line.replace(/,([^,]*)$/, ',https://boxd.it/x,$1')}`).join('\n')}\n`;
    const file = { name: 'ratings.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
    await page.getByLabel('Bring your ratings').setInputFiles(file);
    await page.getByText('1 film not known here').click();
    await page.locator('#unmatched').getByText('Never Made').waitFor();
    await page.getByText('1 film may be another film than ours').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await stored(page)).toEqual([]);
    await page.getByRole('button', { name: 'Store 2 films' }).click();
    await page.getByText('2 ratings brought in from Letterboxd.').waitFor();
    await page.getByRole('link', { name: 'See your list' }).click();
    await says(page, 'From your 2 ratings.');
    await page.getByRole('link', { name: 'Your ratings (2)' }).click();
    await page.locator('#mine-heading').waitFor();
    expect((await titles(page.locator('.rated'))).sort()).toEqual(['Star Wars: Episode IV - A New Hope', 'The Matrix']);
    await page.getByText('Export', { exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'MovieLens, Marquee (CSV)' }).click(),
    ]);
    expect((await readFile((await download.path())!, 'utf8')).split('\n')).toHaveLength(1 + 2 + 1);
  });

  it('says what is wrong with a file that it cannot read', async () => {
    const { page } = await open();
    const file = { name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') };
    await page.getByLabel('Bring your ratings').setInputFiles(file);
    await page.getByRole('alert').getByText('The file’s columns are a, b.').waitFor();
    expect(await page.locator('#store, #imported').count()).toBe(0);
    expect(await stored(page)).toEqual([]);
  });

  it('forgets a person who asks for it and confirms it, and goes on as with somebody new', async () => {
    const { page, complaints } = await open();
    const name = await rateFirst(page, '5 stars');
    await rateFirst(page, '1 star');
    const sessionOf = "fetch('/session', { method: 'POST' }).then((r) => r.json()).then((s) => s.user)";
    const first = await page.evaluate<number>(sessionOf);
    const another = await page.context().newPage();
    await visit(another, server.url);
    await says(another, 'From your 2 ratings.');
    await live(another);

    await page.getByRole('link', { name: 'Your ratings (2)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByRole('button', { name: 'Forget me' }).click();
    expect(await focused(page)).toBe('forget-no');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep my ratings' }).click();
    expect(await page.locator('.rated').count()).toBe(2);
    await page.getByRole('button', { name: 'Forget me' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await page.locator('#status', { hasText: 'Your ratings are deleted.' }).waitFor({ state: 'attached' });
    expect(await page.locator('.rated').count()).toBe(0);
    expect(await page.context().cookies()).toEqual([]);
    expect(await title(question(page))).toBe(name);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await says(page, 'What people like on average');

    // A rating in the other tab is somebody new's.
    await says(another, 'What people like on average');
    await rateFirst(another, '4 stars');
    await says(another, 'From your one rating.');
    expect(await page.evaluate<number>(sessionOf)).toBeGreaterThan(first);
    expect(complaints).toEqual([]);
  });

  it('can be used without a mouse: to the search, to the question, to the list and into a film', async () => {
    const { page } = await open();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the films');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe((await picks(page))[0]);
    await page.getByRole('link', { name: 'Skip to the films' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('query');
    await page.keyboard.press('Tab');
    const name = await title(question(page));
    for (let press = 0; press < 9; press++) await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('4.5 stars');
    await page.keyboard.press('Enter');
    await page.locator('#status', { hasText: `${name}: 4.5 stars.` }).waitFor({ state: 'attached' });
    expect(await stored(page)).toEqual([{ title: name, rating: 4.5 }]);
    const row = page.locator('.for-you .pick').first();
    const first = await title(row);
    await row.getByRole('link').focus();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe(`Rate ${first}`);
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('0.5 stars');
    await page.keyboard.press('4');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe(`Rate ${await title(page.locator('.for-you .pick').nth(1))}`);
    expect(await row.locator('.given').textContent()).toContain('Rated 4');
  });

  it('says so when the list cannot be had, and gets it by itself when the network is back', async () => {
    const { page } = await open();
    await page.context().setOffline(true);
    await page.locator('.tonight > .chips').getByText('Western').click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
    await page.context().setOffline(false);
    await expect.poll(() => page.locator('.for-you .genres').first().textContent()).toContain('Western');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it.each([
    ['light', {}],
    ['dark', { dark: true }],
    ['light, on a telephone', { width: 360, height: 740, touch: true }],
    ['dark, on a telephone', { dark: true, width: 360, height: 740, touch: true }],
    ['forced colours', { forcedColors: true }],
  ])('has no accessibility problem that axe-core knows, and nothing to scroll sideways: %s', async (_, options) => {
    const { page } = await open({ ...options, reducedMotion: true });
    expect(await accessibilityProblems(page)).toEqual([]);
    await rateFirst(page, '3 stars');
    await page.getByText('More filters').click();
    await page.locator('.for-you .pick').nth(1).getByRole('button', { name: 'Rate' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    await page.locator('.for-you .title a').first().click();
    await page.locator('#film-heading').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sideways(page)).toBeLessThanOrEqual(0);
  });

  it.each([
    ['at 200% of 1440 pixels', { width: 720, height: 450 }],
    ['at 320 pixels', { width: 320, height: 700 }],
  ])('reflows %s without anything to scroll sideways', async (_, options) => {
    const { page } = await open(options);
    await rateFirst(page, '3 stars');
    expect(await sideways(page)).toBeLessThanOrEqual(0);
  });

  it('tells given stars from empty ones by shape, also in forced colours', async () => {
    const { page } = await open({ forcedColors: true });
    await question(page).focus();
    await page.keyboard.press('3');
    expect(await question(page).locator('.fill').count()).toBe(3);
    expect(await question(page).locator('.outline').count()).toBe(5);
    const painted = await question(page)
      .locator('.star')
      .evaluateAll((stars) =>
        stars.map((star) => {
          const { querySelector } = star as unknown as { querySelector(s: string): object | null };
          return querySelector.call(star, '.fill') !== null;
        }),
      );
    expect(painted).toEqual([true, true, true, false, false]);
  });

  it.each([1440, 1024, 390])('shifts its layout by less than 0.02 while it loads at %i pixels', async (width) => {
    const { page } = await open({ width, touch: width < 600, height: 844 });
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    expect(await page.evaluate<number>('layoutShift')).toBeLessThan(0.02);
  });

  it('weighs at most 60 KB gzipped at first sight, keeps its files for ever, and loads the network’s parts later', async () => {
    const { page } = await openPage(browser, 'about:blank');
    const sizes: Record<string, number> = {};
    page.on('response', async (response) => {
      sizes[new URL(response.url()).pathname] = gzipSync(await response.body()).length;
    });
    await page.goto(server.url, { waitUntil: 'networkidle' });
    const files = Object.keys(sizes).filter((path) => path.startsWith('/assets/'));
    expect(files.length).toBeGreaterThanOrEqual(2);
    expect(Object.keys(sizes).filter((path) => /neural|ort/.test(path))).toEqual([]);
    for (const path of files) {
      expect(path).toMatch(/-[0-9A-Z]{8}\.(js|css)$/);
      const { headers } = await fetch(`${server.url}${path}`);
      expect(headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    }
    const { '/': html, ...others } = sizes;
    const total = files.reduce((sum, path) => sum + others[path], html);
    expect(total).toBeLessThanOrEqual(60 * 1024);
  });

  it.each([
    ['in light', {}],
    ['in dark', { dark: true }],
    ['on a phone', { width: 390, height: 844, touch: true }],
  ])('has an API reference that names every route and reads well %s', async (_, options) => {
    const { page, complaints, origins } = await openPage(browser, `${server.url}/docs`, options);
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `Request Example for ${method}${path}`),
    );
    const titles = page.getByRole('group', { name: 'Request Example for' }).locator('.scalar-card-header-title');
    await expect.poll(() => titles.allTextContents(), { timeout: 60_000 }).toEqual(routes);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints.filter((text) => text !== ASKED_BY_SCALAR)).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it('has an API reference that tries a route out, and asks nobody but this server', async () => {
    const { page, complaints, origins } = await openPage(browser, `${server.url}/docs`);
    await page.getByRole('button', { name: 'Test Request (get /recommend)', exact: true }).click();
    const answer = page.waitForResponse((response) => response.url().endsWith('/recommend'));
    await page.getByRole('dialog').getByRole('button', { name: /^Send/ }).first().click();
    const { items } = (await (await answer).json()) as { items: { title: string }[] };
    await page.getByRole('dialog').getByText(`"${items[0].title}"`).waitFor();
    expect(complaints.filter((text) => text !== ASKED_BY_SCALAR)).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });
});
