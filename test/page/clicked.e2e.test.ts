import { rm } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../scripts/lib/server.ts';
import { newFolder } from '../scripts/command.ts';
import { serveFixture } from '../scripts/fixture-server.ts';
import { launchBrowser, noBrowser, openLive } from './browser.ts';
import { rateFirst } from './reading.ts';

interface Stored {
  readonly events: readonly { kind: string; movieId: number; request: string }[];
  readonly lists: readonly { request: string; movieIds: number[] }[];
}

describe.skipIf(noBrowser)('a film that is opened out of a list', () => {
  let folder: string;
  let server: LocalServer;
  let browser: Browser;

  beforeAll(async () => {
    folder = await newFolder();
    [server, browser] = await Promise.all([serveFixture(folder, { LIST_LOG: '1' }), launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const stored = (page: Page) => page.evaluate<Stored>("fetch('/export/events').then((r) => r.json())");

  it('is told to the Worker once, with the list’s request, and never before somebody has a session', async () => {
    const { page, complaints } = await openLive(browser, server.url);
    const told: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/events') told.push(request.postData()!);
    });
    const open = async () => {
      const link = page.locator('.for-you .pick:not(.done) .title a').first();
      await link.click();
      await page.locator('#film-heading').waitFor();
    };
    const back = async () => {
      await page.goBack();
      await page.locator('.for-you .pick').first().waitFor();
    };
    await open(); // nobody's list is logged
    await back();
    expect(told).toEqual([]);
    await rateFirst(page, '5 stars');
    await open();
    await expect.poll(() => told.length).toBe(1);
    await back();
    await open();
    await expect.poll(() => told.length).toBe(2);
    await expect.poll(async () => (await stored(page)).events.length).toBe(1); // the same event
    const { events, lists } = await stored(page);
    const list = lists.find(({ request }) => request === events[0].request);
    expect(events[0].kind).toBe('clicked');
    expect(list?.movieIds).toContain(events[0].movieId);
    expect(complaints).toEqual([]);
  });
});
