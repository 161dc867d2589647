import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, openPage, type PageOptions, reload, visit } from './browser.ts';
import { problem, startProxy } from './proxy.ts';
import { focused, picks, question, rateFirst, says, stored, title, titles } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

describe.skipIf(noBrowser)('a film that is marked', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  const open = (options?: PageOptions, path = '/') => openLive(browser, `${server.url}${path}`, options);
  const told = (page: Page, text: string) => page.locator('#status', { hasText: text }).waitFor({ state: 'attached' });
  const rows = (page: Page) => page.locator('.for-you .pick');
  const button = (row: Locator, name: string) => row.locator('.marks').getByRole('button', { name: `${name}: ` });
  /** What the server has stored for the person of the page: title and mark. */
  const marks = (page: Page) =>
    page.evaluate<string[]>(
      "fetch('/marks').then((r) => r.json()).then((a) => (a.marks ?? []).map((m) => m.title + ': ' + m.mark))",
    );

  it('is one of hundreds, and all of the watchlist and of what was seen can be reached', async () => {
    const { page } = await open();
    await page.evaluate(`fetch('/session', { method: 'POST' })
      .then(() => fetch('/map/films')).then((answer) => answer.json())
      .then(({ movieIds }) => fetch('/marks', { method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ marks: movieIds.slice(0, 180).map((movieId, at) => (
          { movieId, mark: at < 120 ? 'watchlist' : 'seen' })) }) }))`);
    await visit(page, `${server.url}/watchlist`);
    const listed = page.locator('.watchlist .pick');
    await expect.poll(() => listed.count()).toBe(100);
    await page.getByRole('button', { name: '20 more' }).click();
    await expect.poll(() => listed.count()).toBe(120);
    expect(new Set(await titles(listed)).size).toBe(120);
    await page.getByText('Seen, not rated (60)').click();
    const seen = page.locator('.left-out .rated');
    expect(await seen.count()).toBe(50);
    await page.getByRole('button', { name: '10 more' }).click();
    expect(await seen.count()).toBe(60);
    expect(
      await page
        .locator('.watchlist')
        .getByRole('button', { name: /^\d+ more$/ })
        .count(),
    ).toBe(0);
  });

  it.each<[string, PageOptions]>([
    ['by mouse', {}],
    ['by touch', { width: 390, height: 844, touch: true }],
  ])(
    '%s stays in its place with Undo, a second press there meets nothing, and the list goes on without it',
    async (_, options) => {
      const { page, complaints } = await open(options);
      const press = async (target: Locator) => (options.touch ? target.tap() : target.click());
      const before = await picks(page);
      for (const [place, name, after, mark] of [
        [0, 'Watchlist', 'On your watchlist', 'watchlist'],
        [1, 'Not for me', 'Not for me', 'dismissed'],
        [2, 'Seen it', 'Seen, not rated', 'seen'],
      ] as const) {
        const row = rows(page).nth(place);
        await row.scrollIntoViewIfNeeded();
        const { x, y, width, height } = (await button(row, name).boundingBox())!;
        const at = [x + width / 2, y + height / 2] as const;
        await press(button(row, name));
        await told(page, `${before[place]}: ${after.toLowerCase()}.`);
        await (options.touch ? page.touchscreen.tap(...at) : page.mouse.click(...at));
        expect(await row.locator('.marks').innerText()).toMatch(new RegExp(`^${after}\\s+Undo$`));
        expect(await marks(page)).toContain(`${before[place]}: ${mark}`);
      }
      expect(await marks(page)).toHaveLength(3);
      expect(await stored(page)).toEqual([]);
      const after = await picks(page);
      expect(after.length).toBeGreaterThanOrEqual(20);
      expect(after.slice(0, 18)).toEqual([before[0], ...before.slice(3)]);
      await press(button(rows(page).nth(1), 'Undo'));
      await told(page, `${before[1]}: removed.`);
      expect(await titles(rows(page).nth(1))).toEqual([before[1]]);
      await reload(page);
      expect((await picks(page)).slice(0, 19)).toEqual([before[0], before[1], ...before.slice(3)]);
      expect(await button(rows(page).nth(0), 'Remove').count()).toBe(1);
      expect(complaints).toEqual([]);
    },
  );

  it('by keys stays under the focus, and a key that is held down says it once', async () => {
    const { page } = await open();
    const [first, second] = await picks(page);
    await rows(page).nth(0).getByRole('link').focus();
    await page.keyboard.down('x');
    await page.keyboard.down('x'); // as a key held down repeats
    await page.keyboard.up('x');
    await told(page, `${first}: not for me.`);
    expect(await marks(page)).toEqual([`${first}: dismissed`]);
    await page.keyboard.press('u');
    await told(page, `${first}: removed.`);
    await button(rows(page).nth(0), 'Seen it').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await told(page, `${first}: seen, not rated.`);
    expect(await focused(page)).toBe(`What you say of ${first}`);
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe(`Undo: ${first}`);
    await rows(page).nth(1).getByRole('link').focus();
    await page.keyboard.press('w');
    await told(page, `${second}: on your watchlist.`);
    expect((await marks(page)).sort()).toEqual([`${first}: seen`, `${second}: watchlist`].sort());
  });

  it('is on the watchlist, in the order of the list with what is expected of each, until it is taken off or rated', async () => {
    const { page, complaints } = await open();
    await rateFirst(page, '5 stars');
    const before = await picks(page);
    for (const place of [12, 3, 7]) {
      await button(rows(page).nth(place), 'Watchlist').click();
      await told(page, `${before[place]}: on your watchlist.`);
    }
    const wanted = [3, 7, 12].map((place) => before[place]);
    await page.getByRole('link', { name: 'Watchlist (3)' }).click();
    await page.locator('#watchlist-heading').waitFor();
    await page.getByRole('heading', { name: 'Your watchlist (3)' }).waitFor();
    await expect.poll(() => focused(page)).toBe('watchlist-heading');
    const listed = page.locator('.watchlist .pick');
    await expect.poll(() => titles(listed)).toEqual(wanted);
    for (const text of await listed.locator('.predicted .value').allTextContents()) expect(text).toMatch(/^[0-5]\.\d$/);
    await reload(page);
    expect(await titles(listed)).toEqual(wanted);

    await button(listed.nth(0), 'Remove').click();
    await told(page, `${wanted[0]}: removed.`);
    expect(await listed.nth(0).locator('.marks').innerText()).toMatch(/^Removed\s+Undo$/);
    expect(await titles(listed)).toEqual(wanted);
    await page.getByRole('heading', { name: 'Your watchlist (2)' }).waitFor();
    await button(listed.nth(0), 'Undo').click();
    await told(page, `${wanted[0]}: on your watchlist.`);
    await page.getByRole('heading', { name: 'Your watchlist (3)' }).waitFor();

    await listed.nth(1).getByRole('button', { name: 'Rate ' }).click();
    await listed.nth(1).getByRole('radio', { name: '4 stars', exact: true }).click();
    await told(page, `${wanted[1]}: 4 stars.`);
    await page.getByRole('heading', { name: 'Your watchlist (2)' }).waitFor();
    expect(await titles(page.locator('.watchlist .pick:not(.done)'))).toEqual([wanted[0], wanted[2]]);
    expect(await marks(page)).toHaveLength(2);
    await page
      .getByRole('button', { name: `Undo: ${wanted[1]}` })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Your watchlist (3)' }).waitFor();

    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Export (CSV)').click()]);
    expect((await readFile((await download.path())!, 'utf8')).match(/,watchlist,/g)).toHaveLength(3);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await says(page, 'From your one rating.');
    expect(complaints).toEqual([]);
  });

  it('as seen or not wanted is listed below the watchlist, to take back or to rate', async () => {
    const { page } = await open();
    const [first, second] = await picks(page);
    await button(rows(page).nth(0), 'Seen it').click();
    await told(page, `${first}: seen`);
    await button(rows(page).nth(1), 'Not for me').click();
    await told(page, `${second}: not for me`);
    await visit(page, `${server.url}/watchlist`);
    await page.getByText('Nothing is on it yet').waitFor();
    await page.getByText('Not for me (1)').click();
    await page.getByRole('button', { name: `Remove: ${second}` }).click();
    await told(page, `${second}: removed.`);
    await page.getByRole('button', { name: `Undo: ${second}` }).waitFor();
    expect(await marks(page)).toEqual([`${first}: seen`]);
    await page.getByText('Seen, not rated (1)').click();
    await page.getByRole('button', { name: `Rate ${first}` }).click();
    await page.locator('.left-out').getByRole('radio', { name: '3 stars', exact: true }).click();
    await told(page, `${first}: 3 stars.`);
    expect(await marks(page)).toEqual([]);
    expect(await stored(page)).toEqual([{ title: first, rating: 3 }]);
  });

  it('in its own view and among films found says so in the list, and the questions leave it out', async () => {
    const { page } = await open();
    const asked = await title(question(page));
    await page.getByLabel('Find a film').fill(asked);
    const found = page.locator('.found .pick', { hasText: asked }).first();
    await button(found, 'Watchlist').click();
    await told(page, `${asked}: on your watchlist.`);
    await found.getByRole('link').click();
    await page.locator('#film-heading', { hasText: asked }).waitFor();
    expect(await page.locator('.film .marks').innerText()).toMatch(/^On your watchlist\s+Undo$/);
    await page.getByRole('button', { name: `Undo: ${asked}` }).click();
    await told(page, `${asked}: removed.`);
    await page.locator('.film .marks').getByRole('button', { name: 'Not for me' }).click();
    await page.locator('.measures', { hasText: 'but it is not for you' }).waitFor();
    await reload(page);
    expect(await title(question(page))).not.toBe(asked);
    expect(await page.locator('.film .marks').innerText()).toMatch(/^Not for me\s+Remove$/);
  });

  it('shows in the other tabs, and goes with whoever is forgotten', async () => {
    const { page } = await open();
    const other = await page.context().newPage();
    await visit(other, server.url);
    const [first, second] = await picks(page);
    await button(rows(page).nth(0), 'Watchlist').click();
    await told(other, `${first}: on your watchlist.`);
    await other.getByRole('link', { name: 'Watchlist (1)' }).waitFor();
    await button(rows(other).nth(1), 'Not for me').click();
    await told(page, `${second}: not for me.`);
    expect(await rows(page).nth(1).getAttribute('class')).toContain('done');
    await page.getByRole('link', { name: 'Watchlist (1)' }).click();
    await page.locator('#watchlist-heading').waitFor();
    await page.getByRole('button', { name: 'Forget me' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await told(other, 'Your ratings are deleted.');
    expect(await other.getByRole('link', { name: /Watchlist/ }).count()).toBe(0);
    expect(await marks(page)).toEqual([]);
    expect((await picks(other)).slice(0, 2)).toEqual([first, second]);
  });

  it('that is refused says so in its place, and is stored when tried again', async () => {
    const proxy = await startProxy(server.url);
    const { page } = await openLive(browser, proxy.url);
    const [first] = await picks(page);
    proxy.fail(({ method, path }) =>
      method === 'POST' && path.startsWith('/marks') ? problem(422, 'a person may have 20,000 marks') : undefined,
    );
    await button(rows(page).nth(0), 'Not for me').click();
    const alert = rows(page).nth(0).getByRole('alert');
    await alert.getByText('Not stored. A person may have 20,000 marks.').waitFor();
    expect(await rows(page).nth(0).getAttribute('class')).not.toContain('done');
    proxy.fail(undefined);
    await rows(page).nth(0).getByRole('button', { name: 'Try again' }).click();
    await told(page, `${first}: not for me.`);
    expect(await marks(page)).toEqual([`${first}: dismissed`]);
  });

  it.each([
    ['in light', {}],
    ['in dark', { dark: true }],
    ['on a phone', { width: 390, height: 844, touch: true }],
    ['at 200% of 1440 pixels', { width: 720, height: 450 }],
    ['in forced colours', { forcedColors: true }],
  ])('has no accessibility problem that axe-core knows, and nothing to scroll sideways: %s', async (_, options) => {
    const { page } = await open({ ...options, reducedMotion: true });
    await rateFirst(page, '4 stars');
    const before = await picks(page);
    for (const [place, name] of [
      [0, 'Watchlist'],
      [1, 'Not for me'],
      [2, 'Seen it'],
    ] as const) {
      await button(rows(page).nth(place), name).click();
      await told(page, `${before[place]}: `);
    }
    const sideways = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sideways()).toBeLessThanOrEqual(0);
    await page.getByRole('link', { name: 'Watchlist (1)' }).click();
    await page.locator('#watchlist-heading').waitFor();
    await page.locator('.watchlist .pick').waitFor();
    for (const summary of await page.locator('.left-out summary').all()) await summary.click();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sideways()).toBeLessThanOrEqual(0);
  });

  it('of the watchlist reads without scripts and shifts no layout', async () => {
    const { page } = await open();
    const [first] = await picks(page);
    await button(rows(page).nth(0), 'Watchlist').click();
    await told(page, `${first}: on your watchlist.`);
    const html = await page.evaluate<string>("fetch('/watchlist').then((r) => r.text())");
    expect(html).toContain('Your watchlist (1)');
    await visit(page, `${server.url}/watchlist`);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    expect(await page.evaluate<number>('layoutShift')).toBeLessThan(0.02);
    const nobody = await openPage(browser, `${server.url}/watchlist`, { scripts: false });
    await nobody.page.getByRole('heading', { name: 'Your watchlist (0)' }).waitFor();
    expect(nobody.complaints).toEqual([]);
  });
});
