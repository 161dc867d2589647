import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFolder } from '../scripts/command.ts';
import type { Server } from '../scripts/server.ts';
import { noBrowser, openLive, visit } from './browser.ts';
import { titles } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

const LONG_WORD = 'Donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichen';
const ODD = [
  'מולנא (2016)',
  `${LONG_WORD} (1987)`,
  '<script>alert(1)</script> & "Quoted" (2005)',
  '!!! (2011)',
  `${'A Title That Goes On '.repeat(10)}(1999)`,
  'Line\u202eReversed (2009)',
  'No Year',
];

/** Films of odd titles, and enough of others that a model can be trained. */
async function writeCatalogue(folder: string): Promise<void> {
  const all = [...ODD, ...Array.from({ length: 40 }, (_, j) => `Plain ${j} (1980)`)];
  const films = all.map((title, j) => `${j + 1},"${title.replaceAll('"', '""')}",Drama`);
  const ratings = Array.from({ length: 900 }, (_, j) => {
    const [user, film] = [(j % 30) + 1, ((j * 7) % all.length) + 1];
    return `${user},${film},${film <= ODD.length ? 5 : ((user + film) % 8) / 2 + 0.5},${1_200_000_000 + j}`;
  });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'movies.csv'), ['movieId,title,genres', ...films].join('\n'));
  await writeFile(join(folder, 'ratings.csv'), ['userId,movieId,rating,timestamp', ...ratings].join('\n'));
}

const folder = await newFolder();

describe.skipIf(noBrowser)('a film of an odd title', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(() => writeCatalogue(folder));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeTests([...LITTLE, '--data', folder], (site) => {
    ({ server, browser } = site);
  });

  /** Where the title and the year of the first film begin on a line, and where they end. */
  const edges = (page: Page, title: string) =>
    page.evaluate<{ title: number; year: number }>(
      `(() => {
         const title = document.querySelector(${JSON.stringify(title)});
         const year = title.parentElement.querySelector('.year').getClientRects();
         return { title: title.getClientRects()[0].right, year: year[year.length - 1].left };
       })()`,
    );

  it('from right to left turns nothing beside it: its year stands behind it', async () => {
    const { page } = await openLive(browser, `${server.url}/?q=${encodeURIComponent('מולנא')}`);
    const inList = await edges(page, '.found .title a');
    expect(inList.year).toBeGreaterThanOrEqual(inList.title);
    await visit(page, `${server.url}/film/1`);
    const inView = await edges(page, '#film-heading bdi');
    expect(inView.year).toBeGreaterThanOrEqual(inView.title);
    await visit(page, `${server.url}/?q=line`);
    const turned = await edges(page, '.found .title a');
    expect(turned.year).toBeGreaterThanOrEqual(turned.title);
  });

  it.each([390, 1440])('is never wider than a page of %i pixels', async (width) => {
    const { page, complaints } = await openLive(browser, server.url, { width, height: 844 });
    for (const path of ['/', '/film/2', '/film/3', '/film/5', '/loved', '/?q=title']) {
      await visit(page, `${server.url}${path}`);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), path).toBe(true);
    }
    expect(complaints).toEqual([]);
  });

  it('is text, however much it looks like HTML', async () => {
    const { page } = await openLive(browser, `${server.url}/film/3`);
    expect(await page.locator('#film-heading bdi').textContent()).toBe('<script>alert(1)</script> & "Quoted"');
  });

  it('of signs alone is found by them', async () => {
    const { page } = await openLive(browser, server.url);
    await page.locator('#query').fill('!!!');
    await expect.poll(() => titles(page.locator('.found li'))).toEqual(['!!!']);
  });

  it('that is one long word fills its poster in lines that can be read', async () => {
    const { page } = await openLive(browser, `${server.url}/film/2`);
    const lines = await page.locator('.film-head .poster .name text').allTextContents();
    expect(lines.join('').replaceAll(' ', '')).toBe(LONG_WORD.toUpperCase());
    expect(lines.length).toBeGreaterThan(2);
  });
});
