import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretOf } from '../../scripts/lib/server.ts';
import { marquee, newFolder } from '../scripts/command.ts';
import { type Server, startServer } from '../scripts/server.ts';
import {
  accessibilityProblems,
  launchBrowser,
  noBrowser,
  openLive,
  openPage,
  type PageOptions,
  reload,
} from './browser.ts';
import { focused } from './reading.ts';

const QUICK = ['--sweeps', '4', '--factors', '7', '--relevance-factors', '8'];

describe.skipIf(noBrowser)('the operator’s page', () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let token: string;

  /** A server with two versions, the later of them by a retrain. */
  beforeAll(async () => {
    folder = await newFolder();
    const state = join(folder, 'state');
    [server, browser] = await Promise.all([startServer(state, QUICK), launchBrowser()]);
    token = (await secretOf('ADMIN_TOKEN'))!;
    const { status, stderr } = await marquee('retrain', [...QUICK, '--force'], { MARQUEE_STATE: state });
    expect(status, stderr).toBe(0);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (options?: PageOptions) => openLive(browser, `${server.url}/admin`, options);
  const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
  const enter = async (page: Page, given = token) => {
    await page.getByLabel('Token').fill(given);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
  };
  /** The page as the operator sees it. */
  const openDesk = async (options?: PageOptions) => {
    const opened = await open(options);
    await enter(opened.page);
    await part(opened.page, 'Versions').getByText('in service').first().waitFor();
    return opened;
  };
  const hiddenNow = async () => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await (await fetch(`${server.url}/admin/hidden`, { headers })).json()) as { items: { title: string }[] };
  };

  it('says nothing without the token: neither in the document nor to a wrong one', async () => {
    const document = await fetch(`${server.url}/admin`);
    const html = await document.text();
    expect(html).toContain('<meta name="robots" content="noindex">');
    expect(document.headers.get('Content-Security-Policy')).toContain("script-src 'self'");
    expect(html).not.toContain('Retrains');
    const { page } = await open();
    await enter(page, 'wrong');
    await page.getByRole('alert').waitFor();
    expect(await part(page, 'Versions').count()).toBe(0);
    expect(await page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
  });

  it('keeps the token in the tab, until it is closed', async () => {
    const { page } = await openDesk();
    await reload(page);
    await part(page, 'Versions').getByText('in service').first().waitFor();
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(token);
    await page.getByRole('button', { name: 'Close and forget the token' }).click();
    await page.getByLabel('Token').waitFor();
    await reload(page);
    await page.getByLabel('Token').waitFor();
  });

  it('puts the version before into service, and takes that back', async () => {
    const { page, complaints } = await openDesk();
    const versions = part(page, 'Versions');
    const served = async () =>
      (await versions.locator('li', { hasText: 'in service' }).locator('.hint').first().textContent())!.slice(0, 23);
    const first = await served();
    await versions.getByRole('button', { name: /^(Roll back|Put into service): / }).click();
    const undo = versions.getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    expect(await served()).not.toBe(first);
    await undo.click();
    await expect.poll(served).toBe(first);
    expect(complaints).toEqual([]);
  });

  it('shows what became of the retrain, and why', async () => {
    const { page } = await openDesk();
    const retrains = part(page, 'Retrains');
    await retrains.getByText('published').waitFor();
    expect(await retrains.locator('li').count()).toBe(1);
    await retrains.getByText(/RMSE \d\.\d{4} → \d\.\d{4}/).waitFor();
  });

  it('shows traffic, and hides a film that lists show, and shows it again', async () => {
    await fetch(`${server.url}/recommend?k=5`);
    const { page } = await openDesk();
    const traffic = part(page, 'Traffic');
    await traffic.getByRole('rowheader', { name: '/recommend', exact: true }).waitFor();
    await traffic.getByText(/% of all/).waitFor();
    const hide = traffic.getByRole('button', { name: /^Hide: / }).first();
    const title = (await hide.getAttribute('aria-label'))!.slice('Hide: '.length);
    await hide.click();
    await traffic.getByRole('button', { name: `Show again: ${title}` }).click();
    await traffic.getByRole('button', { name: `Hide: ${title}` }).waitFor();
    expect((await hiddenNow()).items).toEqual([]);
  });

  it('hides a film by its title', async () => {
    const { page } = await openDesk();
    const hidden = part(page, 'Hidden films');
    await hidden.getByLabel('Title').fill('matrix');
    await hidden.getByLabel('Title').press('Enter');
    await hidden.getByRole('button', { name: 'Hide: The Matrix', exact: true }).click();
    const again = hidden.getByRole('button', { name: 'Show again: The Matrix', exact: true });
    await again.waitFor();
    expect((await hiddenNow()).items.map(({ title }) => title)).toEqual(['The Matrix']);
    await again.click();
    await hidden.getByText('None is.').waitFor();
  });

  it('pins a film by its title, which then stands first in the list with a word, and takes it down', async () => {
    const { page } = await openDesk();
    const pinned = part(page, 'Pinned films');
    await pinned.getByLabel('Title').fill('casablanca');
    await pinned.getByLabel('Title').press('Enter');
    await pinned.getByRole('button', { name: 'Pin: Casablanca', exact: true }).click();
    await pinned.getByRole('button', { name: 'Take down: Casablanca', exact: true }).waitFor();
    const titles = async () => {
      const list = (await (await fetch(`${server.url}/recommend?k=1`)).json()) as { items: { title: string }[] };
      return list.items.map(({ title }) => title);
    };
    await expect.poll(titles).toEqual(['Casablanca']); // MODEL_TTL
    const list = await openPage(browser, server.url);
    const first = list.page.locator('.for-you .pick').first();
    await first.getByText('Picked by hand').waitFor();
    await first.getByText('Casablanca').first().waitFor();
    await pinned.getByRole('button', { name: 'Take down: Casablanca', exact: true }).click();
    await pinned.getByText('None is.').waitFor();
  });

  it('looks up a person with the reasons of their list, and deletes them once that is confirmed', async () => {
    const session = await fetch(`${server.url}/session`, { method: 'POST' });
    const { user } = (await session.json()) as { user: number };
    const headers = {
      'Content-Type': 'application/json',
      Cookie: session.headers.get('Set-Cookie')!.split(';')[0],
    };
    const body = JSON.stringify({ movieId: 2571, rating: 5 });
    await fetch(`${server.url}/ratings`, { method: 'POST', headers, body });
    const { page } = await openDesk();
    const person = part(page, 'A person');
    await person.getByLabel('Number').fill(String(user));
    await person.getByLabel('Number').press('Enter');
    await person.getByText(`${user}: 1 rating, 1 of them in D1`).waitFor();
    await person
      .getByText(/because of The Matrix \(5 ★/)
      .first()
      .waitFor();
    await person.getByRole('button', { name: 'Delete this person' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
    expect((await fetch(`${server.url}/ratings`, { headers })).status).toBe(200);
    await person.getByRole('button', { name: 'Delete this person' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await person.locator('.admin-list').waitFor({ state: 'detached' });
    expect((await fetch(`${server.url}/ratings`, { headers })).status).toBe(410);
  });

  it.each([
    ['on a screen', { width: 1440 }],
    ['in dark', { dark: true }],
    ['on a phone', { width: 390, height: 844, touch: true }],
    ['in forced colours', { forcedColors: true }],
  ])('reads well %s, stands in the page’s frame, and asks nobody else', async (_, options) => {
    const { page, complaints, origins } = await openDesk(options);
    await part(page, 'Traffic').getByRole('table').waitFor();
    await part(page, 'Retrains').getByText('published').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const spills =
      'document.querySelector(".admin-table").scrollWidth > document.querySelector(".admin-table").clientWidth';
    expect(await page.evaluate(spills)).toBe(false);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.title()).toBe('Operator · Marquee');
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it('leads back to the list, and there again by the browser’s way back', async () => {
    const { page } = await openDesk();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await page.locator('.for-you .pick').first().waitFor();
    await page.goBack();
    await part(page, 'Versions').getByText('in service').first().waitFor();
    expect(await focused(page)).toBe('admin-heading');
  });

  it('is nothing without scripts but its name', async () => {
    const { page, complaints } = await openPage(browser, `${server.url}/admin`, { scripts: false });
    await page.getByText('This page needs JavaScript.').waitFor();
    expect(complaints).toEqual([]);
  });
});
