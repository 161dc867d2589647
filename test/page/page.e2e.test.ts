import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Box, overlap } from '../../trainer/report/labels.ts';
import { newFolder } from '../scripts/command.ts';
import { type Server, startServer } from '../scripts/server.ts';
import { accessibilityProblems, launchBrowser, noBrowser, openPage } from './browser.ts';

describe.skipIf(noBrowser)('the page', () => {
  let folder: string;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    folder = await newFolder();
    const quick = ['--sweeps', '5', '--factors', '15', '--relevance-factors', '16'];
    [server, browser] = await Promise.all([startServer(join(folder, 'state'), quick), launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (options?: { dark?: boolean; width?: number }) => openPage(browser, server.url, options);

  it('shows recommendations and films to rate before anything is known', async () => {
    const { page } = await open();
    await says(page, 'What people like on average');
    expect(await picks(page)).toHaveLength(20);
    expect(await page.locator('#questions .card').count()).toBe(6);
    expect(await page.locator('#mine').isVisible()).toBe(false);
    await page.getByText(/100,004 ratings of 9,\d+ films/).waitFor();
  });

  it('changes its recommendations with each of five ratings, and never recommends what was rated', async () => {
    const { page, complaints, origins } = await open();
    await says(page, 'What people like on average');
    const rated: string[] = [];
    for (const [index, stars] of ['5 stars', '1 star', '4.5 stars', '2 stars', '4 stars'].entries()) {
      const before = await picks(page);
      const card = page.locator('#questions .card').first();
      rated.unshift(await title(card));
      await card.getByRole('radio', { name: stars, exact: true }).click();
      await says(page, index === 0 ? 'From your one rating.' : `From your ${index + 1} ratings.`);
      const after = await picks(page);
      expect(after).not.toEqual(before);
      expect(after.filter((name) => rated.includes(name))).toEqual([]);
    }
    expect(await titles(page.locator('#ratings .rated'))).toEqual(rated);
    expect(await page.locator('#status').textContent()).toMatch(/: 4 stars\. First for you now: /);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it.each([
    ['in light', {}],
    ['in dark', { dark: true }],
    ['on a phone', { width: 390 }],
  ])('links to a report that reads well %s', async (_, options) => {
    const { page, complaints, origins } = await open(options);
    await page.getByRole('link', { name: 'Report' }).click();
    await page.getByRole('heading', { name: 'Movie map' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const map = page.getByRole('img', { name: /first two principal axes/ });
    const boxes = await map
      .locator('text')
      .evaluateAll((labels) =>
        labels.map((label) => (label as unknown as { getBoundingClientRect(): Box }).getBoundingClientRect()),
      );
    expect(boxes).toHaveLength(40);
    for (const [n, box] of boxes.entries()) {
      expect(boxes.slice(n + 1).filter((other) => overlap(box, other))).toEqual([]);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it('offers tastes to start from until something is rated', async () => {
    const { page, complaints } = await open();
    await says(page, 'What people like on average');
    const average = await picks(page);
    const tastes = page.getByLabel('Not sure? Start from a taste');
    await tastes.waitFor();
    const names = await tastes.locator('option').allTextContents();
    expect(names).toHaveLength(9);
    await tastes.selectOption({ index: 1 });
    await says(page, `What people of one taste like: ${names[1]}.`);
    expect(await picks(page)).not.toEqual(average);
    await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    expect(await tastes.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('keeps the ratings of a person who comes back', async () => {
    const { page } = await open();
    const names = [await rateFirst(page, '5 stars'), await rateFirst(page, '3.5 stars')];
    await says(page, 'From your 2 ratings.');
    const before = await picks(page);
    await page.reload();
    await says(page, 'From your 2 ratings.');
    await page.getByRole('heading', { name: 'Your ratings (2)' }).waitFor();
    expect(await titles(page.locator('#ratings .rated'))).toEqual(names.reverse());
    expect(await page.getByRole('radio', { name: '3.5 stars', checked: true }).count()).toBe(1);
    expect(await picks(page)).toEqual(before);
  });

  it('takes a rating back, and changes one', async () => {
    const { page } = await open();
    const [first, second] = [await rateFirst(page, '5 stars'), await rateFirst(page, '1 star')];
    await says(page, 'From your 2 ratings.');
    await page.getByRole('button', { name: `Remove: ${first}` }).click();
    await says(page, 'From your one rating.');
    expect(await titles(page.locator('#ratings .rated'))).toEqual([second]);
    const before = await picks(page);
    const answer = page.waitForResponse((response) => response.url().includes('/recommend'));
    await page.locator('#ratings').getByRole('radio', { name: '5 stars', exact: true }).click();
    await answer;
    await page.locator('#status', { hasText: `${second}: 5 stars.` }).waitFor({ state: 'attached' });
    expect(await picks(page)).not.toEqual(before);
  });

  it('ranks by predicted stars when told to', async () => {
    const { page } = await open();
    await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    const answer = page.waitForResponse((response) => response.url().includes('by=rating'));
    await page.getByText('Highest predicted').click();
    const { items } = (await (await answer).json()) as { items: { score: number; predictedRating: number }[] };
    const predicted = items.map(({ predictedRating }) => Number(predictedRating.toFixed(1)));
    const shown = async () =>
      (await page.locator('#picks .predicted > [aria-hidden]').allTextContents()).map((text) =>
        Number.parseFloat(text.replace('★', '')),
      );
    await expect.poll(shown).toEqual(predicted);
    const scores = items.map(({ score }) => score); // a lower bound of the stars
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    items.forEach(({ score, predictedRating }) => {
      expect(score).toBeLessThan(predictedRating);
    });
  });

  it('says why each film is there, and how sure its stars are', async () => {
    const { page } = await open();
    await says(page, 'What people like on average');
    expect(await page.locator('#picks .because:visible').count()).toBe(0);
    const name = await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    const reasons = await page.locator('#picks .because:visible').allTextContents();
    expect(reasons.length).toBeGreaterThan(10);
    expect(new Set(reasons)).toEqual(new Set([`Because you rated ${name} ★ 5 5 stars`, 'Popular with everybody']));
    const said = await page.locator('#picks .predicted > .visually-hidden').allTextContents();
    expect(said).toHaveLength(20);
    for (const text of said) expect(text).toMatch(/^predicted [0-5]\.\d stars, give or take [01]\.\d$/);
  });

  it('mixes the list when told to, and unmixes it', async () => {
    const { page } = await open();
    await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    const before = await picks(page);
    const change = async (path: RegExp) => {
      const answer = page.waitForResponse((response) => path.test(response.url()));
      await page.getByLabel('More variety').click();
      const { items } = (await (await answer).json()) as { items: { title: string }[] };
      await expect.poll(() => picks(page)).toEqual(items.map((item) => item.title));
      return picks(page);
    };
    const mixed = await change(/\/recommend\?.*diversity=0\.5/);
    expect(mixed[0]).toBe(before[0]);
    expect(mixed).not.toEqual(before);
    expect(await change(/\/recommend\?(?!.*diversity)/)).toEqual(before);
  });

  it('finds films by title, rates what was found, and says when there is none', async () => {
    const { page } = await open();
    const search = page.getByLabel('Find a film');
    await search.fill('matrix');
    const found = page.locator('#results .card', { hasText: 'The Matrix' }).first();
    await found.getByRole('radio', { name: '4.5 stars', exact: true }).click();
    await says(page, 'From your one rating.');
    expect(await titles(page.locator('#ratings .rated'))).toEqual(['The Matrix']);
    expect(await page.locator('#questions').isVisible()).toBe(false);
    expect(await accessibilityProblems(page)).toEqual([]);
    await search.fill('zzzz');
    await page.getByText('No film is called “zzzz”.').waitFor();
    await search.press('Escape');
    await page.locator('#questions .card').first().waitFor();
    expect(await page.locator('#results').isVisible()).toBe(false);
  });

  it('takes a file of ratings, lists what it cannot place, and gives the ratings back as a file', async () => {
    const { page } = await open();
    const lines = ['The Matrix,1999,5', 'Star Wars,1977,4', 'Hamlet,2000,3', 'Never Made,1999,2'];
    const text = `Date,Name,Year,Letterboxd URI,Rating\n${lines.map((line) => `2024-02-01,${line.replace(/,([^,]*)$/, ',https://boxd.it/x,$1')}`).join('\n')}\n`;
    const file = { name: 'ratings.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
    await page.getByLabel('Bring your ratings').setInputFiles(file);
    await says(page, 'From your 2 ratings.');
    await page.getByText('2 ratings brought in from Letterboxd.').waitFor();
    await page.getByText('1 film not known here').click();
    await page.getByText('Never Made (1999)').waitFor();
    await page.getByText('1 film may be another film than ours').waitFor();
    expect((await titles(page.locator('#ratings .rated'))).sort()).toEqual([
      'Star Wars: Episode IV - A New Hope',
      'The Matrix',
    ]);
    expect(await accessibilityProblems(page)).toEqual([]);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Take them along').click()]);
    expect((await readFile((await download.path())!, 'utf8')).split('\n')).toHaveLength(1 + 2 + 1);
  });

  it('says what is wrong with a file that it cannot read', async () => {
    const { page } = await open();
    await page.getByText(/ratings of .* films/).waitFor(); // what still loads well would close the alert
    const file = { name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') };
    await page.getByLabel('Bring your ratings').setInputFiles(file);
    await page.getByRole('alert').getByText('The file’s columns are a, b.').waitFor();
    expect(await page.locator('#imported').isVisible()).toBe(false);
  });

  it('does not ask again about a film that was not seen', async () => {
    const { page } = await open();
    const card = page.locator('#questions .card').first();
    const name = await title(card);
    await card.getByRole('button', { name: 'Not seen' }).click();
    await page.locator('#questions .card', { hasText: name }).waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('#questions .card').nth(5).waitFor();
    expect(await titles(page.locator('#questions .card'))).not.toContain(name);
  });

  it('forgets a person who asks for it and confirms it, and goes on as with somebody new', async () => {
    const { page, complaints } = await open();
    const name = await rateFirst(page, '5 stars');
    await rateFirst(page, '1 star');
    const first = await page.evaluate<number>(
      "fetch('/session', { method: 'POST' }).then((r) => r.json()).then((s) => s.user)",
    );
    const another = await page.context().newPage();
    await another.goto(server.url);
    await says(another, 'From your 2 ratings.');

    await page.getByRole('button', { name: 'Forget me' }).click();
    expect(await focused(page)).toBe('forget-no');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep my ratings' }).click();
    expect(await page.locator('#ratings .rated').count()).toBe(2);
    await page.getByRole('button', { name: 'Forget me' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await says(page, 'What people like on average');
    expect(await page.locator('#mine').isVisible()).toBe(false);
    expect(await page.context().cookies()).toEqual([]);
    expect(await titles(page.locator('#questions .card'))).toContain(name);

    // The other tab does not know yet; a rating there is somebody new's.
    await rateFirst(another, '4 stars');
    await says(another, 'From your one rating.');
    const next = await page.evaluate<number>(
      "fetch('/session', { method: 'POST' }).then((r) => r.json()).then((s) => s.user)",
    );
    expect(next).toBeGreaterThan(first);
    expect(complaints).toEqual([]);
  });

  it('can be used without a mouse', async () => {
    const { page } = await open();
    await page.locator('#questions .card').nth(5).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to your recommendations');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('query');
    await page.keyboard.press('Tab');
    const name = await title(page.locator('#questions .card').first());
    for (let press = 0; press < 8; press++) await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('4.5 stars');
    await page.keyboard.press('Enter');
    await says(page, 'From your one rating.');
    expect(await titles(page.locator('#ratings .rated'))).toEqual([name]);
    expect(await page.locator('#ratings').getByRole('radio', { checked: true }).getAttribute('aria-label')).toBe(
      '4.5 stars',
    );
    expect(await focused(page)).toMatch(/star|Not seen/); // the card that took the place, not the page's top
  });

  it('says so when a rating cannot be stored, and takes it back', async () => {
    const { page } = await open();
    await page.locator('#questions .card').nth(5).waitFor();
    await page.context().setOffline(true);
    await page.locator('#questions .card').first().getByRole('radio', { name: '5 stars', exact: true }).click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    expect(await page.locator('#ratings .rated').count()).toBe(0);
  });

  it.each([
    ['light', { dark: false }],
    ['dark', { dark: true }],
    ['light, on a telephone', { dark: false, width: 360 }],
  ])('has no accessibility problem that axe-core knows: %s', async (_, options) => {
    const { page } = await open(options);
    await rateFirst(page, '3 stars');
    await says(page, 'From your one rating.');
    expect(await accessibilityProblems(page)).toEqual([]);
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it.each([
    ['in light', {}],
    ['in dark', { dark: true }],
  ])('has an API reference that names every route and reads well %s', async (_, options) => {
    const { page, complaints, origins } = await openPage(browser, `${server.url}/docs`, options);
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `Request Example for ${method}${path}`),
    );
    const titles = page.getByRole('group', { name: 'Request Example for' }).locator('.scalar-card-header-title');
    await expect.poll(() => titles.allTextContents(), { timeout: 60_000 }).toEqual(routes);
    const problems = await accessibilityProblems(page);
    expect(problems.filter((problem) => !OF_SCALAR.some((known) => known.test(problem)))).toEqual([]);
    expect(complaints.filter((text) => !SCALAR_WARNS.includes(text))).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it('has an API reference that tries a route out, and asks nobody but this server', async () => {
    const { page, complaints, origins } = await openPage(browser, `${server.url}/docs`);
    await page.getByRole('button', { name: 'Test Request (get /recommend)', exact: true }).click();
    const answer = page.waitForResponse((response) => response.url().endsWith('/recommend'));
    await page.getByRole('dialog').getByRole('button', { name: /^Send/ }).first().click();
    const { items } = (await (await answer).json()) as { items: { title: string }[] };
    await page.getByRole('dialog').getByText(`"${items[0].title}"`).waitFor();
    expect(complaints.filter((text) => !SCALAR_WARNS.includes(text))).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });
});

/** What axe-core finds in Scalar's own markup, which no setting changes. */
const OF_SCALAR = [
  /^aria-allowed-attr: <button aria-selected="(true|false)"/, // an entry of the side bar
  /^aria-allowed-role: <aside [^>]*role="navigation"/,
  /^(aria-allowed-role|button-name): <button role="search"/,
  /^button-name: <button [^>]*group\/copy-button/,
  /^aria-required-children: <div [^>]*class="client-libraries-list"/,
  /^landmark-unique: <div [^>]*response-card" aria-label="Example Respon/,
];

/** What Scalar prints of schemas that consist of `allOf` alone, which OpenAPI 3.1 allows. */
const SCALAR_WARNS = ['document validation errors: ', '[Object, Object]'];

/** Waits until the page says upon what its recommendations rest. */
async function says(page: Page, text: string): Promise<void> {
  await page.locator('#basis', { hasText: text }).waitFor();
}

async function title(entry: Locator): Promise<string> {
  return (await entry.locator('.title').textContent())!;
}

function titles(entries: Locator): Promise<string[]> {
  return entries.locator('.title').allTextContents();
}

function picks(page: Page): Promise<string[]> {
  return titles(page.locator('#picks .pick'));
}

/** Rates the first film that the page asks about, once it stands among the ratings; its title. */
async function rateFirst(page: Page, stars: string): Promise<string> {
  const card = page.locator('#questions .card').first();
  const name = await title(card);
  await card.getByRole('radio', { name: stars, exact: true }).click();
  await page.locator('#status', { hasText: `${name}: ` }).waitFor({ state: 'attached' });
  return name;
}

/** What the focus is on: its label, its id or its text. */
function focused(page: Page): Promise<string> {
  return page.evaluate(
    '(({ activeElement: e }) => e.getAttribute("aria-label") || e.id || e.textContent.trim())(document)',
  );
}
