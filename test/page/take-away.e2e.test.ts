import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFolder } from '../scripts/command.ts';
import { type Server, startServer } from '../scripts/server.ts';
import { accessibilityProblems, launchBrowser, noBrowser, openLive, visit } from './browser.ts';
import { picks, rateFirst, says, titles } from './reading.ts';

describe.skipIf(noBrowser)('a page that is taken along', () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let file: string;
  let before: string[];
  let rated: string[];

  beforeAll(async () => {
    folder = await newFolder();
    [server, browser] = await Promise.all([startServer(join(folder, 'state'), []), launchBrowser()]);
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    await visit(page, server.url);
    rated = [await rateFirst(page, '5 stars'), await rateFirst(page, '1 star'), await rateFirst(page, '4 stars')];
    await says(page, 'From your 3 ratings.');
    before = await picks(page);
    await page.getByRole('button', { name: `Watchlist: ${before[0]}` }).click();
    await page.getByRole('link', { name: 'Watchlist (1)' }).waitFor();
    await page.locator('#status', { hasText: `${before[0]}: on your watchlist` }).waitFor({ state: 'attached' });
    await page.getByRole('link', { name: 'Your ratings (3)' }).click();
    await page.locator('#mine-heading').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Take it away' }).click();
    file = join(folder, (await download).suggestedFilename());
    await (await download).saveAs(file);
    await context.close();
    await server.stop(); // from here on there is nobody to ask
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The file, without a network; what it asked for all the same, and what it complained about. */
  async function openFile(width = 1280): Promise<{ page: Page; asked: string[]; complaints: string[] }> {
    const asked: string[] = [];
    const url = pathToFileURL(file).href;
    const { page, complaints } = await openLive(browser, url, { width });
    await page.context().setOffline(true);
    page.on('request', (request) => asked.push(request.url()));
    await says(page, 'From your 3 ratings.');
    return { page, asked, complaints };
  }

  it('is one file of less than 4 MB that no script or style stands beside', async () => {
    expect(file).toMatch(/marquee\.html$/);
    expect((await stat(file)).size).toBeLessThan(4_000_000);
    const html = await readFile(file, 'utf8');
    expect(html).not.toMatch(/<script[^>]+src=|<link\b/);
    expect(html).toContain("default-src 'none'");
  });

  it('opens from the disk and lists exactly what the page listed', async () => {
    const { page, asked, complaints } = await openFile();
    expect(before).toHaveLength(20);
    expect(await picks(page)).toEqual(before);
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('rates on, filters, finds and opens films, goes back, and keeps ratings when it is opened again', async () => {
    const { page, asked, complaints } = await openFile();
    const more = await rateFirst(page, '4.5 stars');
    await says(page, 'From your 4 ratings.');
    await page.locator('.tonight > .chips').getByText('Western').click();
    await page.waitForURL(/#\/\?genre=Western/);
    for (const genres of await page.locator('.for-you .genres').allTextContents()) expect(genres).toContain('Western');
    const [first] = await picks(page);
    await page.locator('.for-you .title a').first().click();
    await page.locator('#film-heading', { hasText: first }).waitFor();
    await page.goBack();
    await page.locator('#picks-heading').waitFor();
    await page.getByRole('searchbox', { name: 'Find a film' }).fill('godfather');
    await page.getByRole('heading', { name: 'Films found' }).waitFor();
    await page.getByRole('searchbox', { name: 'Find a film' }).fill('');
    await page.getByRole('link', { name: 'Your ratings (4)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByRole('heading', { name: 'This page was taken along' }).waitFor();
    expect((await titles(page.locator('.rated'))).sort()).toEqual([...rated, more].sort());
    await page.reload();
    await says(page, 'From your 4 ratings.');
    expect(asked.filter((url) => !url.startsWith('file:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('has the watchlist, marks on, draws the map, tells how well it predicted, and makes files', async () => {
    const { page, asked, complaints } = await openFile();
    const [, other] = await picks(page);
    await page.getByRole('button', { name: `Watchlist: ${other}` }).click();
    await page.getByRole('link', { name: 'Watchlist (2)' }).click();
    await page.locator('#watchlist-heading').waitFor();
    await page.locator('.watchlist .pick').nth(1).waitFor();
    expect((await titles(page.locator('.watchlist .pick'))).sort()).toEqual([before[0], other].sort());
    await page.goBack();
    await rateFirst(page, '4 stars');
    await rateFirst(page, '3 stars');
    await page.getByRole('link', { name: 'Map' }).click();
    await page.locator('#sight-heading', { hasText: /: .* films?$/ }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Your ratings (5)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByText(/I was off by/).waitFor();
    await page.getByText('Export', { exact: true }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Watchlist and seen (CSV)' }).click();
    const marks = await readFile((await (await download).path())!, 'utf8');
    expect(marks.match(/,watchlist,/g)).toHaveLength(2);
    expect(asked.filter((url) => !/^(file|blob):/.test(url))).toEqual([]);
    expect(complaints.filter((text) => !/WebGL|GL Driver/.test(text))).toEqual([]); // where no graphics card is
  });

  it.each([1280, 390])('has no faults for screen readers, %d pixels wide', async (width) => {
    const { page } = await openFile(width);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('link', { name: 'Your ratings (3)' }).click();
    await page.locator('#mine-heading').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
