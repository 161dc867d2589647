import { rm } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../scripts/lib/server.ts';
import { newFolder } from '../scripts/command.ts';
import { serveFixture } from '../scripts/fixture-server.ts';
import { launchBrowser, noBrowser, openLive } from './browser.ts';

describe.skipIf(noBrowser)('going to another address', () => {
  let folder: string;
  let server: LocalServer;
  let browser: Browser;

  beforeAll(async () => {
    folder = await newFolder();
    [server, browser] = await Promise.all([serveFixture(folder, {}), launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('while the view before is still on its way shows what was clicked last', async () => {
    const { page } = await openLive(browser, server.url, { serviceWorker: false });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const asked = page.waitForRequest(/\/assets\/other-views/);
    await page.route(/\/assets\/other-views/, async (route) => {
      await released;
      await route.continue();
    });
    await page.locator('a[href="/about"]').first().click();
    const url = (await asked).url();
    await page.locator('.for-you .pick .title a').first().click();
    await page.locator('#film-heading').waitFor();
    release();
    await page.evaluate(`import(${JSON.stringify(url)}).then(() => {})`); // by then what waited for it has run
    expect(new URL(page.url()).pathname).toMatch(/^\/film\/\d+$/);
    expect(await page.locator('#film-heading').isVisible()).toBe(true);
    expect(await page.locator('#about-heading').count()).toBe(0);
    await page.goBack();
    await page.locator('#about-heading').waitFor();
  });
});
