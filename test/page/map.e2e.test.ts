import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, type PageOptions, reload, visit } from './browser.ts';
import { focused, rateFirst } from './reading.ts';
import { beforeTests, MORE } from './site.ts';

/** What Chromium says of itself where the processor stands in for a graphics card. */
const OF_THE_DRIVER = /GL Driver Message|WebGL/;

interface Films {
  readonly movieIds: number[];
  readonly titles: string[];
  readonly x: number[];
  readonly y: number[];
}

describe.skipIf(noBrowser)('the map of films', () => {
  let server: Server;
  let browser: Browser;
  let films: Films;

  beforeTests(MORE, async (site) => {
    ({ server, browser } = site);
    films = (await (await fetch(`${server.url}/map/films`)).json()) as Films;
  });

  const open = async (path = '/map', options?: PageOptions) => {
    const watched = await openLive(browser, `${server.url}${path}`, { reducedMotion: true, ...options });
    await inSight(watched.page);
    return watched;
  };
  const ofThePage = (complaints: readonly string[]) => complaints.filter((text) => !OF_THE_DRIVER.test(text));
  const frame = (page: Page) => page.getByRole('application', { name: /Map of films/ });

  /** How many films the page says are in sight, once it rests. */
  async function inSight(page: Page): Promise<number> {
    const heading = page.locator('#sight-heading', { hasText: /: .* films?$/ });
    return Number((await heading.textContent())!.replace(/\D/g, ''));
  }

  /** Shares of pixels of the map that are drawn on: the points, and all above them. */
  function drawn(page: Page): Promise<{ points: number; overlay: number; colours: number }> {
    return page.evaluate(`new Promise((done) => requestAnimationFrame(() => {
      const [points, overlay] = [...document.querySelectorAll('.map-frame canvas')].map((canvas) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
        copy.drawImage(canvas, 0, 0);
        return copy.getImageData(0, 0, canvas.width, canvas.height).data;
      });
      const share = (data) => {
        const pixels = new Uint32Array(data.buffer); // the first is of the ground
        return pixels.filter((pixel) => pixel !== pixels[0]).length / pixels.length;
      };
      const seen = new Set();
      for (let at = 0; at < points.length; at += 4)
        if (points[at + 3] > 200) seen.add([points[at] >> 5, points[at + 1] >> 5, points[at + 2] >> 5].join());
      done({ points: share(points), overlay: share(overlay), colours: seen.size });
    }))`);
  }

  /** Has the points drawn as with a graphics card, or without WebGL. */
  async function drawBy(page: Page, kind: 'card' | 'processor'): Promise<void> {
    await page.addInitScript(`(() => {
      const { getContext } = HTMLCanvasElement.prototype;
      HTMLCanvasElement.prototype.getContext = function (kind, options) {
        if (kind === 'webgl2' && ${kind === 'processor'}) return null;
        return getContext.call(this, kind, kind === 'webgl2' ? { ...options, preserveDrawingBuffer: true } : options);
      };
      WebGL2RenderingContext.prototype.getParameter = () => 'a card';
    })()`);
  }

  const pixelsOf = (page: Page) => page.locator('.map-frame').screenshot();

  it('draws all films as points of several colours, with labels and the person above them, and breaks no rule of the page', async () => {
    const { page, complaints, origins } = await open('/map', { dark: true });
    expect(await inSight(page)).toBe(films.movieIds.length);
    await expect.poll(async () => Number(await frame(page).getAttribute('data-labels'))).toBeGreaterThan(10);
    const before = await pixelsOf(page);
    for (const name of ['Comedy', 'Drama and others', 'Horror']) await page.getByRole('button', { name }).click();
    await page.locator('.family[aria-pressed="false"]').nth(2).waitFor();
    expect((await pixelsOf(page)).equals(before)).toBe(false);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(ofThePage(complaints)).toEqual([]);
    expect([...origins]).toEqual([new URL(server.url).origin]);
  });

  it.each([
    ['by WebGL with a graphics card', 'card'],
    ['by the processor without one', 'processor'],
  ] as const)('its points are drawn %s', async (_, kind) => {
    const { page } = await openLive(browser, server.url, { reducedMotion: true });
    await drawBy(page, kind);
    await visit(page, `${server.url}/map`);
    await inSight(page);
    const hasWebgl = "document.querySelector('.map-frame canvas').getContext('webgl2') !== null";
    expect(await page.evaluate<boolean>(hasWebgl)).toBe(kind === 'card');
    const { points, overlay, colours } = await drawn(page);
    expect(points).toBeGreaterThan(0.02);
    expect(points).toBeLessThan(0.6);
    expect(colours).toBeGreaterThan(4);
    expect(overlay).toBeGreaterThan(0.01);
  });

  it('names the film under the pointer, opens it by a click, and comes back to where it was', async () => {
    const { page } = await open(`/map?film=${films.movieIds[0]}`);
    const box = (await frame(page).boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.locator('.map-frame.on-film').waitFor();
    const where = new URL(page.url()).search;
    await page.mouse.click(x, y);
    await page.locator('#film-heading', { hasText: films.titles[0].replace(/ \(.*/, '') }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/film/${films.movieIds[0]}`);
    await page.goBack();
    await inSight(page);
    expect(new URL(page.url()).search).toBe(where);
  });

  it('flies to a film that is looked for, and says so in the address', async () => {
    const { page } = await open();
    const whole = await inSight(page);
    await page.getByRole('searchbox', { name: 'Find a film on the map' }).fill('matrix');
    await page.getByRole('list', { name: 'Films found' }).getByRole('button').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/film=2571&x=/);
    await page.locator('.chosen', { hasText: 'The Matrix (1999)' }).waitFor();
    await expect.poll(() => inSight(page)).toBeLessThan(whole / 2);
    const at = films.movieIds.indexOf(2571);
    const { searchParams } = new URL(page.url());
    expect(Number(searchParams.get('x'))).toBeCloseTo(films.x[at], 2);
    expect(Number(searchParams.get('y'))).toBeCloseTo(films.y[at], 2);
    await reload(page);
    expect(await inSight(page)).toBeLessThan(whole / 2);
  });

  it('draws them itself where the processor stands in for a graphics card', async () => {
    const { page } = await open();
    const painted = "document.querySelector('.map-frame canvas').getContext('2d') !== null";
    expect(await page.evaluate<boolean>(painted)).toBe(true);
  });

  it('flies without a jump where motion is wanted', async () => {
    const { page } = await openLive(browser, server.url);
    await drawBy(page, 'card');
    await visit(page, `${server.url}/map`);
    await inSight(page);
    const seen = page.evaluate<number>(`new Promise((done) => {
      const scales = new Set();
      const given = WebGL2RenderingContext.prototype.uniform2f;
      WebGL2RenderingContext.prototype.uniform2f = function (at, x, y) { scales.add(y); return given.call(this, at, x, y); };
      const look = () => scales.size > 4 ? done(scales.size) : requestAnimationFrame(look);
      look();
    })`);
    await page.getByRole('button', { name: 'Nearer' }).click();
    expect(await seen).toBeGreaterThan(4);
  });

  it('is moved and zoomed by keys, also while it still moves, and says in words what is in sight', async () => {
    const { page } = await open();
    const whole = await inSight(page);
    await frame(page).focus();
    for (let n = 0; n < 4; n++) await page.keyboard.press('+');
    await page.waitForURL(({ searchParams }) => Number(searchParams.get('zoom')) > 1.5 ** 4 - 0.01);
    await expect.poll(() => inSight(page)).toBeLessThan(whole);
    const first = new URL(page.url()).searchParams.get('x');
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(({ searchParams }) => searchParams.get('x') !== first);
    await page.keyboard.press('0');
    await page.waitForURL(({ search }) => search === '');
    await expect.poll(() => inSight(page)).toBe(whole);
    const named = page.locator('.sight').getByRole('link');
    expect(await named.count()).toBe(12);
    await named.first().focus();
    await page.keyboard.press('Enter');
    await page.locator('#film-heading').waitFor();
    await expect.poll(() => focused(page)).toBe('film-heading');
  });

  it('does not go back to where it was when an address comes late', async () => {
    const { page } = await open();
    await frame(page).focus();
    const zoom = () => Number(new URL(page.url()).searchParams.get('zoom') ?? 1);
    // A key in the moment in which the address says where the map was.
    await page.evaluate(`
      const { replaceState } = history;
      history.replaceState = function (...entry) {
        replaceState.apply(history, entry);
        if (!String(entry[2]).includes('zoom=1.5') || window.isPressed) return;
        window.isPressed = true;
        document.querySelector('.map-frame').dispatchEvent(new KeyboardEvent('keydown', { key: '+' }));
      };`);
    await page.keyboard.press('+');
    await expect.poll(zoom).toBeCloseTo(2.25, 3);
  });

  it('shrinks the ring of the person with each rating given beside it', async () => {
    const { page, complaints } = await open();
    const you = page.locator('.map-legend li').first();
    await you.filter({ hasText: 'Each rating makes it smaller' }).waitFor();
    const shares: number[] = [100];
    for (const stars of ['5 stars', '1 star', '4.5 stars']) {
      const before = await pixelsOf(page);
      await rateFirst(page, stars);
      await you.filter({ hasText: new RegExp(`^You: .* ${shares.length} rating`) }).waitFor();
      shares.push(Number((await you.textContent())!.match(/(\d+)%/)![1]));
      expect((await pixelsOf(page)).equals(before)).toBe(false);
    }
    expect(shares).toEqual([...new Set(shares)].sort((a, b) => b - a));
    await page.getByRole('button', { name: 'To me' }).click();
    await page.waitForURL(/zoom=2/);
    expect(ofThePage(complaints)).toEqual([]);
  });

  it('opens at the place of a film from its view, and its list links there', async () => {
    const { page } = await openLive(browser, server.url, { reducedMotion: true });
    await page.locator('.for-you .title a').first().click();
    const movieId = Number(new URL(page.url()).pathname.split('/').at(-1));
    await page.getByRole('link', { name: 'Its place on the map' }).click();
    await page.waitForURL(new RegExp(`/map\\?film=${movieId}&x=`));
    await expect.poll(() => focused(page)).toBe('map-heading');
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    expect(await inSight(page)).toBe(films.movieIds.length);
  });

  it('by touch names a film at the first tap and opens it at the second, on a phone that shows the map first', async () => {
    const { page } = await open(`/map?film=${films.movieIds[2]}`, { touch: true, width: 390, height: 844 });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    await page.getByRole('button', { name: 'Whole map' }).tap();
    await expect.poll(() => inSight(page)).toBe(films.movieIds.length);
    await visit(page, `${server.url}/map?x=${films.x[0]}&y=${films.y[0]}&zoom=100`);
    await inSight(page);
    const box = (await frame(page).boundingBox())!;
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator('.chosen', { hasText: films.titles[0].replace(/ \(.*/, '') }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/map');
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForURL(`${server.url}/film/${films.movieIds[0]}`);
  });

  it.each([
    ['in light', {}],
    ['in forced colours', { forcedColors: true }],
    ['on a phone', { width: 390, height: 844, touch: true }],
  ])('has nothing that axe finds fault with %s, and does not shift', async (_, options) => {
    const { page } = await open('/map', options);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate<number>('layoutShift')).toBeLessThan(0.02);
  });

  it('says what is wrong when the films cannot be had, and tries again', async () => {
    const { page } = await openLive(browser, server.url, { reducedMotion: true, serviceWorker: false });
    await page.route('**/map/films', (route) => route.abort());
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'The server cannot be reached.' }).waitFor();
    await page.unroute('**/map/films');
    await page.getByRole('button', { name: 'Try again' }).click();
    expect(await inSight(page)).toBe(films.movieIds.length);
  });

  it('loads what draws it only when it is looked at, 12 KB gzipped at most', async () => {
    const { page } = await openLive(browser, server.url, { reducedMotion: true });
    const scripts: Promise<number>[] = [];
    page.on('response', (response) => {
      if (/\/assets\/(?!other-views|keeping).*\.js$/.test(response.url()))
        scripts.push(response.body().then((body) => gzipSync(body).length));
    });
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await inSight(page);
    const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(3000);
    expect(bytes).toBeLessThan(12 * 1024);
  });
});
