import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { noBrowser, openLive } from './browser.ts';
import { question, rateFirst, stored, title } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

const PHONE = { touch: true, width: 390, height: 844, reducedMotion: true };
/** Pixels of a row that show which film it is. */
const TITLE = 40;

describe.skipIf(noBrowser)('the first minute', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  const open = async () => (await openLive(browser, server.url, PHONE)).page;

  it('on a phone shows the beginning of the list above the question, before the first rating and after it', async () => {
    const page = await open();
    const inSight = async () => {
      const sheet = (await page.locator('.question').boundingBox())!;
      const boxes = await Promise.all((await page.locator('.pick').all()).slice(0, 4).map((row) => row.boundingBox()));
      return boxes.filter((box) => box!.y >= 0 && box!.y + TITLE <= sheet.y).length;
    };
    expect(await inSight()).toBeGreaterThanOrEqual(2);
    await rateFirst(page, '4 stars');
    expect(await inSight()).toBeGreaterThanOrEqual(2);
    expect(await page.locator('.question-head .hint').textContent()).toMatch(/new in your top ten/);
  });

  it('on a phone opens a film by its poster, with the sheet folded, and unfolds it on the way back', async () => {
    const page = await open();
    const name = await title(page.locator('.pick').first());
    const { x, y, width, height } = (await page.locator('.pick .poster').first().boundingBox())!;
    await page.touchscreen.tap(x + width / 2, y + height / 2);
    await page.locator('#film-heading', { hasText: name }).waitFor();
    expect(await question(page).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    expect(await question(page).isVisible()).toBe(true);
    await page.goBack();
    await page.locator('.pick').first().waitFor();
    expect(await question(page).isVisible()).toBe(true);
  });

  it('on a phone has room in its sign for ratings and watchlist, so that the first mark moves nothing', async () => {
    const page = await open();
    await rateFirst(page, '4 stars');
    await page.getByRole('link', { name: 'Your ratings (1)' }).waitFor();
    const height = async () => (await page.locator('.sign').boundingBox())!.height;
    const before = await height();
    await page.locator('.pick:not(.done)').first().getByRole('button', { name: 'Watchlist' }).click();
    await page.getByRole('link', { name: 'Watchlist (1)' }).waitFor();
    expect(await height()).toBe(before);
  });

  it('on a phone moves the film with the finger, and lets it go back from a short way', async () => {
    const page = await open();
    const name = await title(question(page));
    const swipe = (type: string, clientX: number) =>
      question(page).dispatchEvent(type, { pointerType: 'touch', clientX, bubbles: true });
    const look = () =>
      question(page).evaluate((card) => {
        const { style, dataset } = card as unknown as { style: { translate: string }; dataset: { far: string } };
        return [style.translate, dataset.far];
      });
    await swipe('pointerdown', 300);
    for (const type of ['offline', 'online']) {
      await page.evaluate(`dispatchEvent(new Event('${type}'))`); // the page is drawn anew under the finger
      await page.getByText('You are offline').waitFor({ state: type === 'offline' ? 'visible' : 'detached' });
    }
    await swipe('pointermove', 260);
    expect(await look()).toEqual(['-40px', 'false']);
    await swipe('pointermove', 190);
    expect(await look()).toEqual(['-110px', 'true']);
    await swipe('pointermove', 270);
    await swipe('pointerup', 270);
    expect(await look()).toEqual(['', 'false']);
    expect(await title(question(page))).toBe(name);
    await swipe('pointerdown', 300);
    await swipe('pointermove', 190);
    await swipe('pointercancel', 190);
    expect(await look()).toEqual(['', 'false']);
    await swipe('pointerdown', 300);
    await swipe('pointerup', 150);
    await page.locator('.card.past', { hasText: 'Not seen' }).waitFor();
    expect(await title(question(page))).not.toBe(name);
    expect(await stored(page)).toEqual([]);
  });
});
