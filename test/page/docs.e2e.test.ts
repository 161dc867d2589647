import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFolder } from '../scripts/command.ts';
import { type Server, startServer } from '../scripts/server.ts';
import { accessibilityProblems, launchBrowser, noBrowser, openPage } from './browser.ts';

interface Operation {
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { in: string; name: string; required?: boolean; schema: { example?: unknown } }[];
  readonly requestBody?: { content: Record<string, { example?: unknown }> };
}

const WINDOWS = [
  ['in light on a screen', {}],
  ['in dark on a phone', { dark: true, width: 390, height: 844, touch: true }],
] as const;

/** Opens responses, schemas and their parts; what opens over the page is opened by a click of its own. */
const FOLD_OUT = `
  for (const button of document.querySelectorAll('button[aria-expanded="false"], .show-more'))
    if (button.matches('.parameter-item-trigger, .schema-card-title, .show-more')) button.click();`;

describe('what /docs offers to try', () => {
  let folder: string;
  let server: Server;
  let browser: Browser | undefined;

  beforeAll(async () => {
    folder = await newFolder();
    const quick = ['--sweeps', '3', '--factors', '7', '--relevance-factors', '8'];
    server = await startServer(join(folder, 'state'), quick);
    browser = noBrowser ? undefined : await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The operations of the document, each with the request that Scalar makes of its examples; deletions come last. */
  async function examples() {
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const all = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        path,
        method,
        operation,
        ...requestOf(path, operation),
      })),
    );
    return all.sort((a, b) => Number(a.method === 'delete') - Number(b.method === 'delete'));
  }

  function requestOf(path: string, { parameters = [], requestBody }: Operation) {
    let filled = path;
    const query = new URLSearchParams();
    for (const { in: place, name, required, schema } of parameters) {
      if (place === 'path') filled = filled.replace(`{${name}}`, String(schema.example ?? `{${name}}`));
      else if (required) for (const value of [schema.example].flat()) query.append(name, String(value));
    }
    const [type, { example = undefined } = {}] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    const body = typeof example === 'string' ? example : JSON.stringify(example);
    return {
      url: `${filled}${query.size > 0 ? `?${query}` : ''}`,
      headers: { ...(type && { 'Content-Type': type }) },
      body,
    };
  }

  it('answers 200 to a visitor, or says what it needs', async () => {
    let cookie = '';
    const send = async (
      { url, method, headers, body }: Awaited<ReturnType<typeof examples>>[number],
      asSomebody: boolean,
    ) => {
      const asked = {
        method: method.toUpperCase(),
        headers: { ...headers, ...(asSomebody && { Cookie: cookie }) },
        body,
      };
      const answer = await fetch(server.url + url, asked);
      cookie ||= answer.headers.get('Set-Cookie')?.split(';')[0] ?? '';
      const text = await answer.text();
      if (!answer.ok)
        expect([url, JSON.parse(text)]).toEqual([url, expect.objectContaining({ fix: expect.any(String) })]);
      return answer.status;
    };
    await fetch(`${server.url}/session`, { method: 'POST' }).then((answer) => {
      cookie = answer.headers.get('Set-Cookie')!.split(';')[0];
    });
    for (const example of await examples()) {
      const { path, method, operation } = example;
      const name = `${method} ${path}`;
      expect(example.url).not.toMatch(/[{}]/); // each part of an address has an example
      const needs = operation.description?.match(/Needs (?!no)([^,.;]+)/)?.[1] ?? '';
      if (needs.startsWith('somebody')) {
        expect([name, operation.security]).toEqual([name, [{ session: [] }, { token: [] }]]);
        expect([name, await send(example, false)]).toEqual([name, 401]);
        expect([name, await send(example, true)]).toEqual([name, 200]);
      } else if (needs !== '') {
        expect([name, [401, 404]]).toEqual([name, expect.arrayContaining([await send(example, false)])]);
      } else {
        expect([name, await send(example, false)]).toEqual([name, 200]);
      }
    }
  });

  it.skipIf(noBrowser)('is filled in: a film, a title, a body; and a link leads back to the page', async () => {
    const { page } = await openPage(browser!, `${server.url}/docs`);
    await page.getByRole('link', { name: 'Marquee: to the films' }).click();
    await page.locator('.for-you .pick').first().waitFor();
    expect(await tried(page, 'get', '/similar/{movieId}')).toBe('/similar/1');
    expect(await tried(page, 'get', '/movies')).toBe('/movies?q=matrix');
    expect(await tried(page, 'post', '/explain/{movieId}')).toBe('/explain/1');
    expect(await tried(page, 'post', '/recommend')).toBe('/recommend');
  });

  it.skipIf(noBrowser).each(WINDOWS)(
    'has no accessibility problem that axe-core knows where a request is tried: %s',
    async (_, options) => {
      const { page, complaints, origins } = await openPage(browser!, `${server.url}/docs`, options);
      await tried(page, 'get', '/movies');
      await page
        .locator('[role="dialog"] .cm-content[contenteditable="false"][aria-label]')
        .first()
        .waitFor({ state: 'attached' });
      expect(await problemsOf(page)).toEqual([]);
      const probe = 'refused by script-src: eval'; // Scalar tries whether it may, and does without
      expect(complaints.filter((text) => text !== probe)).toEqual([]);
      expect([...origins]).toEqual([server.url]);
    },
  );

  it.skipIf(noBrowser).each<[string, (page: Page) => Promise<void>]>([
    ['by Escape', (page) => page.keyboard.press('Escape')],
    [
      'by its button',
      (page) =>
        page
          .getByRole('dialog')
          .getByRole('button', { name: /^Close/ })
          .click(),
    ],
  ])('leaves what is behind a request that is tried alone until it is closed %s', async (_, close) => {
    const { page } = await openPage(browser!, `${server.url}/docs`);
    const home = page.getByRole('link', { name: 'Marquee: to the films' });
    const opener = page.getByRole('button', { name: 'Test Request (get /movies)', exact: true });
    await opener.click();
    await page.getByRole('dialog').waitFor();
    await page.locator('#home[inert]').waitFor();
    await close(page);
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('(get /movies)');
    await home.click();
    await page.locator('.for-you .pick').first().waitFor();
  });

  it.skipIf(noBrowser).each(WINDOWS)(
    'has no such problem folded out, nor where one chooses: %s',
    async (_, options) => {
      const { page } = await openPage(browser!, `${server.url}/docs`, options);
      await page.getByRole('button', { name: 'Show More' }).waitFor();
      await page.evaluate(FOLD_OUT);
      await page.locator('.collapsible-section-trigger').first().waitFor();
      await page
        .getByRole('button', { name: /Auth Type/ })
        .first()
        .click();
      await page.getByRole('option', { name: 'token' }).waitFor();
      expect(await problemsOf(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
        0,
      );
      expect(await page.evaluate('innerWidth')).toBe(page.viewportSize()!.width); // a phone shows no more than it has
    },
  );

  it.skipIf(noBrowser)('has no such problem where it is searched', async () => {
    const { page } = await openPage(browser!, `${server.url}/docs`);
    await page.getByRole('button', { name: 'Show More' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('gathering');
    await page
      .getByRole('option', { name: /gathering/ })
      .first()
      .waitFor();
    expect(await problemsOf(page)).toEqual([]);
  });

  /** What axe-core finds once the markup is mended, which happens once a frame. */
  async function problemsOf(page: Page): Promise<string[]> {
    await page.evaluate('new Promise(requestAnimationFrame)');
    await page.evaluate('document.getAnimations().forEach((animation) => animation.cancel())'); // one never ends
    return accessibilityProblems(page);
  }

  /** Sends what Scalar offers for a route, which has to answer 200; what it asked. */
  async function tried(page: Page, method: string, path: string): Promise<string> {
    await page.goto(`${server.url}/docs`);
    await page.getByRole('button', { name: `Test Request (${method} ${path})`, exact: true }).click();
    const [start] = path.split('{');
    const answer = page.waitForResponse(
      (response) =>
        response.request().method() === method.toUpperCase() && new URL(response.url()).pathname.startsWith(start),
    );
    await page.getByRole('dialog').getByRole('button', { name: /^Send/ }).first().click();
    const got = await answer;
    expect([path, got.status()]).toEqual([path, 200]);
    return got.url().slice(server.url.length);
  }
});
