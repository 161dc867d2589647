import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { movieIdOf } from '../fixtures/groups.ts';
import { newFolder, ROOT, succeed } from '../scripts/command.ts';
import { type Server, startServer } from '../scripts/server.ts';
import { launchBrowser, noBrowser, openLive, type PageOptions } from './browser.ts';
import { rateFirst } from './reading.ts';

/**
 * Key views beside their pictures of before, in `test/fixtures/pictures`. To renew these after a change that is meant:
 * RENEW_PICTURES=true npx vitest run test/page/visual.e2e.test.ts
 */
const PICTURES = join(ROOT, 'test/fixtures/pictures');
const RENEWS = process.env.RENEW_PICTURES === 'true';
/** A pixel differs when a colour does by more, of 255: edges of letters are not the same on each machine. */
const COLOUR = 48;
/** Share of the pixels that may differ. */
const TOLERANCE = 0.005;

const SCREEN = { width: 960, height: 480, reducedMotion: true };
const PHONE = { width: 360, height: 660, touch: true, reducedMotion: true };

interface View {
  readonly name: string;
  readonly path: string;
  readonly options: PageOptions;
  /** Ratings to give before. */
  readonly rates?: number;
  /** What to open after them. */
  readonly opens?: string;
}

const VIEWS: readonly View[] = [
  { name: 'first-screen-light', path: '/', options: SCREEN },
  { name: 'first-phone-dark', path: '/', options: { ...PHONE, dark: true } },
  { name: 'rated-screen-dark', path: '/', options: { ...SCREEN, dark: true }, rates: 3 },
  { name: 'rated-phone-light', path: '/', options: PHONE, rates: 3 },
  { name: 'film-screen-light', path: `/film/${movieIdOf(0)}`, options: SCREEN },
  { name: 'film-phone-dark', path: `/film/${movieIdOf(0)}`, options: { ...PHONE, dark: true } },
  { name: 'loved-phone-light', path: '/loved', options: PHONE },
  { name: 'mine-screen-dark', path: '/', options: { ...SCREEN, dark: true }, rates: 3, opens: 'Your ratings (3)' },
  { name: 'search-phone-light', path: '/?q=lantern', options: PHONE },
  { name: 'about-screen-light', path: '/about', options: SCREEN },
];

describe.skipIf(noBrowser)('a key view', () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let isSameMachine: boolean;

  beforeAll(async () => {
    folder = await newFolder();
    const state = join(folder, 'state');
    await succeed('publish', ['--model', join(ROOT, 'test/fixtures/artifact')], { MARQUEE_STATE: state });
    [server, browser] = await Promise.all([startServer(state, []), launchBrowser()]);
    await mkdir(PICTURES, { recursive: true });
    const machine = await machineOf(browser);
    if (RENEWS) await writeFile(join(PICTURES, 'machine.txt'), machine);
    isSameMachine = machine === (await readFile(join(PICTURES, 'machine.txt'), 'utf8').catch(() => ''));
    if (!isSameMachine)
      console.warn('another Chromium, or other fonts, than the pictures are of: views are not compared');
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.for(VIEWS)('looks as it did before: $name', async (view, context) => {
    if (!isSameMachine) return context.skip('the pictures are of another machine');
    const file = join(PICTURES, `${view.name}.png`);
    const picture = await pictureOf(view);
    if (RENEWS) await writeFile(file, picture);
    expect(await difference(await readFile(file), picture)).toBeLessThanOrEqual(TOLERANCE);
  });

  it('that changed is found: two views differ by more than the tolerance', async (context) => {
    if (!isSameMachine) return context.skip('the pictures are of another machine');
    const [light, dark] = ['first-screen-light', 'rated-screen-dark'].map((name) => join(PICTURES, `${name}.png`));
    expect(await difference(await readFile(light), await readFile(dark))).toBeGreaterThan(TOLERANCE);
    expect(await difference(await readFile(light), await readFile(light))).toBe(0);
  });

  async function pictureOf({ path, options, rates = 0, opens }: View): Promise<Buffer> {
    const { page } = await openLive(browser, `${server.url}${path}`, options);
    for (let turn = 0; turn < rates; turn++) {
      const asked = page.waitForResponse((response) => new URL(response.url()).pathname === '/next');
      await rateFirst(page, '4 stars');
      await asked; // which film is asked about after the next one
    }
    if (opens) {
      await page.getByRole('link', { name: opens }).click();
      await page.getByRole('heading', { name: opens }).waitFor(); // the list stands until the view's scripts are here
    }
    await page.mouse.move(0, 0);
    await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
    return page.screenshot({ animations: 'disabled', scale: 'css' });
  }

  /** The share of the pixels that differ, 1 for pictures of different size. */
  async function difference(a: Buffer, b: Buffer): Promise<number> {
    const page = await browser.newPage();
    try {
      return await compare(
        page,
        [a, b].map((bytes) => bytes.toString('base64')),
      );
    } finally {
      await page.close();
    }
  }
});

/** Chromium's major version, since others do not change how it draws, and how wide its fonts set a line. */
async function machineOf(browser: Browser): Promise<string> {
  const page = await browser.newPage();
  await page.setContent(
    '<span style="font:40px system-ui">Marquee ★ 0.5</span><b style="font:800 40px Arial Narrow">MARQUEE',
  );
  const widths = await page.evaluate(
    "[...document.querySelectorAll('span, b')].map((e) => e.getBoundingClientRect().width)",
  );
  await page.close();
  return `Chromium ${browser.version().split('.')[0]}, ${JSON.stringify(widths)}\n`;
}

/** Decodes both pictures in the browser, and counts. */
function compare(page: Page, pictures: readonly string[]): Promise<number> {
  return page.evaluate<number>(`(async () => {
    const pixelsOf = async (base64) => {
      const blob = await (await fetch('data:image/png;base64,' + base64)).blob();
      const image = await createImageBitmap(blob);
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height);
    };
    const [a, b] = await Promise.all(${JSON.stringify(pictures)}.map(pixelsOf));
    if (a.width !== b.width || a.height !== b.height) return 1;
    let differing = 0;
    for (let at = 0; at < a.data.length; at += 4) {
      const most = Math.max(...[0, 1, 2].map((c) => Math.abs(a.data[at + c] - b.data[at + c])));
      if (most > ${COLOUR}) differing++;
    }
    return differing / (a.width * a.height);
  })()`);
}
