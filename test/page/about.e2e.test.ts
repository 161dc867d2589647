import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, openPage, type PageOptions } from './browser.ts';
import { focused } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

/** In how many lines each figure of the report's lists stands. */
const LINES_OF_FIGURES = `
  Array.from(document.querySelectorAll('.report .number'), (figure) => {
    const range = document.createRange();
    range.selectNodeContents(figure);
    return range.getClientRects().length;
  })`;

describe.skipIf(noBrowser)('the page about the model', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  const open = (options?: PageOptions, path = '/about') => openLive(browser, `${server.url}${path}`, options);
  const map = (page: Page) => page.getByRole('img', { name: /first two principal axes/ });

  it.each([
    ['on a screen', {}],
    ['in dark', { dark: true }],
    ['on a phone', { width: 390, height: 844, touch: true }],
  ])('shows the report in its own frame %s, cuts no chart, and moves nothing while it comes', async (_, options) => {
    const { page, complaints, origins } = await open(options);
    await map(page).waitFor();
    expect(await page.locator('h1').allTextContents()).toEqual(['Marquee']);
    const { width } = page.viewportSize()!;
    const charts = await page.locator('.report svg:visible').all();
    expect(charts.length).toBeGreaterThanOrEqual(6);
    for (const chart of charts) {
      const box = (await chart.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
    }
    const lines = await page.evaluate<number[]>(LINES_OF_FIGURES);
    expect(lines.length).toBeGreaterThan(0);
    expect(Math.max(...lines)).toBe(1); // beside a title of two lines, too
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await page.evaluate<number>('layoutShift')).toBeLessThan(0.02);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it('says without scripts what the data cannot show, and names the version in service', async () => {
    const { page, complaints } = await openPage(browser, `${server.url}/about`, { scripts: false });
    await page.getByText('No film after 2016.').waitFor();
    await page.getByText('No rating after October 2016.').waitFor();
    const { version } = (await (await fetch(`${server.url}/model`)).json()) as { version: string };
    const versions = page.locator('.versions li');
    expect(await versions.count()).toBe(1);
    expect(await versions.first().textContent()).toContain(version);
    expect(await versions.first().textContent()).toContain('in service');
    await page.getByRole('link', { name: 'The report as one file' }).click();
    await page.getByRole('heading', { name: 'Movie map' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('is reached from the foot of a list, which says where the films end, and leads back to it', async () => {
    const { page } = await open({}, '/?genre=Western');
    await page.getByText('The films here end in 2016.').waitFor();
    // By key: the list above grows when its foot comes into sight, and a click might meet what slides there.
    await page.getByRole('link', { name: 'What the model cannot know' }).press('Enter');
    await map(page).waitFor();
    expect(new URL(page.url()).pathname).toBe('/about');
    expect(await page.title()).toBe('About the model · Marquee');
    expect(await focused(page)).toBe('about-heading');
    await page.goBack();
    await page.locator('.for-you .pick').first().waitFor();
    expect(new URL(page.url()).search).toBe('?genre=Western');
  });
});
