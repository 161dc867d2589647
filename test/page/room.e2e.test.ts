import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { noBrowser, openLive, openPage, type PageOptions, visit } from './browser.ts';
import { question, rateFirst, says } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

type Size = readonly [width: number, height: number];

const PHONES: readonly Size[] = [
  [320, 568],
  [360, 640],
  [390, 844],
  [568, 320], // on its side
  [844, 390],
  [768, 1024],
];
const SCREENS: readonly Size[] = [
  [720, 450], // 1440 × 900 at 200%
  [1024, 768],
  [1280, 720],
  [1440, 900],
];
/** Fewest whole rows of the list in sight after the first rating. */
const WHOLE: Readonly<Record<number, number>> = { 1280: 2, 1440: 3 };

describe.skipIf(noBrowser)('the page has room', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  const open = (options: PageOptions) => openLive(browser, server.url, { ...options, reducedMotion: true });

  it.each<[string, PageOptions, readonly Size[]]>([
    ['a phone or a tablet', { ...sized(PHONES[0]), touch: true }, PHONES],
    ['a screen, zoomed or not', sized(SCREENS[0]), SCREENS],
  ])(
    'for the first film of the list, its title and its stars, before the first rating and after it: on %s',
    async (_, options, sizes) => {
      const { page } = await open(options);
      expect(await page.evaluate<number>('layoutShift')).toBeLessThan(0.02);
      for (const size of sizes) expect(await inSight(page, size), size.join()).toMatchObject({ first: true });
      await page.setViewportSize(sized(sizes[0])); // where the question is a bar
      await rateFirst(page, '4 stars');
      await says(page, 'From your one rating.');
      await page.locator('.fold').click();
      await page.evaluate('scrollTo(0, 0)');
      for (const size of sizes) {
        const { first, whole } = await inSight(page, size);
        expect(first, size.join()).toBe(true);
        expect(whole, size.join()).toBeGreaterThanOrEqual(WHOLE[size[0]] ?? 0);
      }
    },
  );

  it('for the first film where there are no scripts, and shows no question that nothing could answer', async () => {
    const { page } = await openPage(browser, server.url, { scripts: false, width: 320, height: 568 });
    const box = (await page.locator('.pick .predicted').first().boundingBox())!;
    expect(box.y + box.height).toBeLessThanOrEqual(568);
    expect(await page.locator('.question').isVisible()).toBe(false);
  });

  it('for whatever has the focus: neither the question nor the word that the network is gone lies over it', async () => {
    const { page } = await open({ touch: true, width: 390, height: 844, serviceWorker: false });
    expect(await question(page).isVisible()).toBe(true);
    expect(await covered(page)).toEqual([]);
    await visit(page, `${server.url}/?q=star`);
    expect(await covered(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 568 });
    expect(await covered(page)).toEqual([]);
    await page.context().setOffline(true);
    await page.locator('.connection').waitFor();
    expect(await covered(page)).toEqual([]);
  });

  it('for what is searched, above the keys of a phone', async () => {
    const { page } = await open({ touch: true, width: 390, height: 430 });
    await page.locator('#query').fill('star');
    await page.locator('.found .pick').first().waitFor();
    expect(await rows(page, '.found .pick', '.title')).toMatchObject({ first: true });
    expect(await page.locator('#query').evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);
  });
});

interface Seen {
  /** Whether the first row's title and stars are wholly in sight. */
  readonly first: boolean;
  /** Rows that are wholly in sight. */
  readonly whole: number;
}

function sized([width, height]: Size) {
  return { width, height };
}

async function inSight(page: Page, size: Size): Promise<Seen> {
  await page.setViewportSize(sized(size));
  return rows(page, '.for-you .pick', '.title, .predicted');
}

/** What is seen of rows without scrolling, above a question that is fixed. */
function rows(page: Page, row: string, parts: string): Promise<Seen> {
  return page.evaluate<Seen>(`(() => {
    const sheet = document.querySelector('.question');
    const end = getComputedStyle(sheet).position === 'fixed' ? sheet.getBoundingClientRect().top : innerHeight;
    const shown = (element) => element.getBoundingClientRect().top >= 0 && element.getBoundingClientRect().bottom <= end;
    const all = [...document.querySelectorAll('${row}')];
    return { first: [...all[0].querySelectorAll('${parts}')].every(shown), whole: all.filter(shown).length };
  })()`);
}

/** The controls that something fixed lies over once they have the focus. */
function covered(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const fixed = [...document.querySelectorAll('.question, .connection')];
    const over = (a, b) => a.bottom > b.top + 1 && a.top < b.bottom - 1 && a.right > b.left && a.left < b.right;
    const controls = [...document.querySelectorAll('a, button, input, select, summary')].filter(
      (control) => control.tabIndex >= 0 && control.checkVisibility() && !control.closest('.question, .connection'),
    );
    return controls.filter((control) => {
      control.focus();
      const box = control.getBoundingClientRect();
      return document.activeElement !== control || fixed.some((bar) => over(box, bar.getBoundingClientRect()));
    }).map((control) => control.outerHTML);
  })()`);
}
