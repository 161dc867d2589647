import type { Browser, Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, type PageOptions, reload, visit } from './browser.ts';
import { focused, picks, question, rateFirst, says, stored, title, titles } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

describe.skipIf(noBrowser)('an answer', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  const open = async (options?: PageOptions) => (await openLive(browser, server.url, options)).page;
  const star = (entry: Locator, stars: number) =>
    entry.getByRole('radio', { name: `${stars} star${stars === 1 ? '' : 's'}`, exact: true });
  /** Waits until the list knows an answer. */
  const told = (page: Page, text: string) => page.locator('#status', { hasText: text }).waitFor({ state: 'attached' });
  const centre = async (element: Locator) => {
    const { x, y, width, height } = (await element.boundingBox())!;
    return [x + width / 2, y + height / 2] as const;
  };

  it('by mouse stays with its film: a second click at the same place rates no other, and paints none', async () => {
    const page = await open();
    for (const turn of [1, 2, 3]) {
      const name = await title(question(page));
      const at = await centre(star(question(page), 4));
      await page.mouse.move(...at);
      await page.mouse.down();
      await page.mouse.up();
      await told(page, `${name}: 4 stars.`);
      await page.mouse.down();
      await page.mouse.up();
      expect(await question(page).locator('.fill').count()).toBe(0);
      expect(await page.locator('.card.past .given').textContent()).toContain('Rated 4');
      expect((await stored(page)).map(({ rating }) => rating)).toEqual(Array(turn).fill(4));
    }
  });

  it('by a double click is one answer to one film', async () => {
    const page = await open();
    for (const turn of [1, 2]) {
      const name = await title(question(page));
      await page.mouse.dblclick(...(await centre(star(question(page), 3))));
      await told(page, `${name}: 3 stars.`);
      expect((await stored(page)).map(({ rating }) => rating)).toEqual(Array(turn).fill(3));
    }
  });

  it('by double clicks in a row, or on the film itself, is given and not taken back by the button that comes there', async () => {
    const page = await open({ width: 1440 });
    const row = page.locator('.pick').first();
    const name = await title(row);
    await page.mouse.dblclick(...(await centre(row.getByRole('button', { name: `Rate ${name}` }))));
    await page.mouse.dblclick(...(await centre(star(row, 5))));
    await told(page, `${name}: 5 stars.`);
    await row.getByRole('button', { name: `Undo: ${name}` }).click();
    await told(page, `${name}: rating removed.`);
    await row.getByRole('link', { name }).click();
    const film = page.locator('.film-about');
    await page.mouse.dblclick(...(await centre(star(film, 2.5))));
    await told(page, `${name}: 2.5 stars.`);
    expect(await film.locator('.given').textContent()).toContain('Rated 2.5');
    expect(await stored(page)).toEqual([{ title: name, rating: 2.5 }]);
  });

  it('is none that the second half of a double click would give to what the first one opened', async () => {
    const page = await open({ width: 390, height: 844 });
    const link = page.locator('.pick').nth(3).getByRole('link');
    const name = await title(page.locator('.pick').nth(3));
    const film = page.locator('.film-about');
    const opened = () => page.locator('#film-heading', { hasText: name }).waitFor();
    await link.click();
    await opened();
    const [x, y] = await centre(star(film, 3));
    await page.goBack();
    await link.waitFor();
    await page.evaluate(`scrollBy(0, ${(await centre(link))[1] - y})`); // where the star will be
    await page.mouse.click(x, y);
    await opened();
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    expect(await film.locator('.given').count()).toBe(0);
    await page.mouse.click(x, y); // a click of its own
    await told(page, `${name}: 3 stars.`);
    expect(await stored(page)).toEqual([{ title: name, rating: 3 }]);
  });

  it('by mouse in the list keeps the row in its place, where a second click rates nothing else', async () => {
    const page = await open();
    const row = page.locator('.pick').nth(2);
    const name = await title(row);
    await row.getByRole('button', { name: `Rate ${name}` }).click();
    const at = await centre(star(row, 2));
    await page.mouse.move(...at);
    await page.mouse.down();
    await page.mouse.up();
    await told(page, `${name}: 2 stars.`);
    expect(await title(row)).toBe(name);
    expect(await row.locator('.given').textContent()).toContain('Rated 2');
    await page.mouse.down();
    await page.mouse.up();
    expect(await stored(page)).toEqual([{ title: name, rating: 2 }]);
    expect(await page.locator('.pick .fill').count()).toBe(0);
  });

  it('by touch stays with its film: a second tap at the same place rates no other', async () => {
    const page = await open({ touch: true, width: 390, height: 844 });
    for (const turn of [1, 2, 3]) {
      const name = await title(question(page));
      const at = await centre(star(question(page), 1.5));
      await page.touchscreen.tap(...at);
      await told(page, `${name}: 1.5 stars.`);
      await page.touchscreen.tap(...at);
      expect(await question(page).locator('.fill').count()).toBe(0);
      expect((await stored(page)).map(({ rating }) => rating)).toEqual(Array(turn).fill(1.5));
    }
  });

  it('has targets of 24 pixels for each half star on a phone', async () => {
    const page = await open({ touch: true, width: 390, height: 844 });
    const halves = await question(page).getByRole('radio').all();
    expect(halves).toHaveLength(10);
    for (const half of halves) {
      const { width, height } = (await half.boundingBox())!;
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(24);
    }
  });

  it('by keys is chosen first and given by Enter; further Enters give nothing, and the focus is on no star', async () => {
    const page = await open();
    const name = await title(question(page));
    await question(page).focus();
    await page.keyboard.press('3');
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('3.5 stars');
    expect(await stored(page)).toEqual([]);
    await page.keyboard.press('Enter');
    const next = await title(question(page));
    expect(await focused(page)).toBe(next);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.keyboard.press(' ');
    await told(page, `${name}: 3.5 stars.`);
    expect(await stored(page)).toEqual([{ title: name, rating: 3.5 }]);
    expect(await title(question(page))).toBe(next);
  });

  it('by a key that is held down is given once', async () => {
    const page = await open();
    const name = await title(question(page));
    await question(page).focus();
    await page.keyboard.press('5');
    for (const _ of [1, 2, 3, 4]) await page.keyboard.down('Enter'); // all but the first are repeats
    await page.keyboard.up('Enter');
    await told(page, `${name}: 5 stars.`);
    expect(await stored(page)).toEqual([{ title: name, rating: 5 }]);
  });

  it('that a star has only the focus is none: Enter gives nothing before a key chose', async () => {
    const page = await open();
    await star(question(page), 0.5).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press(' ');
    expect(await question(page).locator('.fill').count()).toBe(0);
    expect(await page.context().cookies()).toEqual([]);
  });

  it('that was begun in the list can be given up by Escape and by its button, and the focus returns', async () => {
    const page = await open();
    const row = page.locator('.for-you .pick').first();
    const rate = `Rate ${await title(row)}`;
    await row.getByRole('button', { name: rate }).focus();
    for (const giveUp of [['Escape'], ['4', 'Escape', 'Escape'], ['Tab', 'Enter']]) {
      await page.keyboard.press('Enter');
      expect(await focused(page)).toBe('0.5 stars');
      for (const key of giveUp) await page.keyboard.press(key);
      expect(await row.getByRole('radio').count()).toBe(0);
      expect(await focused(page)).toBe(rate);
    }
    expect(await page.context().cookies()).toEqual([]);
  });

  it('"not seen" brings the focus to the same button of the next film, and can be undone by key and by click', async () => {
    const page = await open();
    const first = await title(question(page));
    await page.getByRole('button', { name: `Not seen: ${first}` }).focus();
    await page.keyboard.press('Enter');
    const second = await title(question(page));
    expect(second).not.toBe(first);
    expect(await focused(page)).toBe(`Not seen: ${second}`);
    expect(await page.locator('.card.past .given').textContent()).toBe('Not seen');
    await page.keyboard.press('u');
    expect(await title(question(page))).toBe(first);
    await question(page).focus();
    await page.keyboard.press('n');
    expect(await title(question(page))).not.toBe(first);
    await page.getByRole('button', { name: `Undo: ${first}` }).click();
    expect(await title(question(page))).toBe(first);
    expect(await stored(page)).toEqual([]);
  });

  it('"not seen" can be said by a swipe', async () => {
    const page = await open({ touch: true, width: 390, height: 844 });
    const first = await title(question(page));
    const swipe = (type: string, clientX: number) =>
      question(page).dispatchEvent(type, { pointerType: 'touch', clientX, bubbles: true });
    await swipe('pointerdown', 300);
    await swipe('pointerup', 280);
    expect(await title(question(page))).toBe(first);
    await swipe('pointerdown', 300);
    await swipe('pointerup', 100);
    await page.locator('.card.past', { hasText: first }).waitFor();
    expect(await title(question(page))).not.toBe(first);
  });

  it('is not asked for again after "not seen", also when the page is loaded anew', async () => {
    const page = await open();
    const first = await title(question(page));
    await question(page).getByRole('button', { name: 'Not seen' }).click();
    await reload(page);
    expect(await title(question(page))).not.toBe(first);
  });

  it('can be taken back and changed at once, beside the film', async () => {
    const page = await open();
    const name = await rateFirst(page, '5 stars');
    await page.getByRole('button', { name: `Change: ${name}` }).click();
    await star(page.locator('.card.past'), 2).click();
    await told(page, `${name}: 2 stars.`);
    expect(await stored(page)).toEqual([{ title: name, rating: 2 }]);
    await page.getByRole('button', { name: `Undo: ${name}` }).click();
    await told(page, `${name}: rating removed.`);
    expect(await stored(page)).toEqual([]);
    expect(await title(question(page))).toBe(name);
  });

  it('that is removed among the ratings leaves the focus on the next one’s button, and can be undone', async () => {
    const page = await open();
    const names = [
      await rateFirst(page, '5 stars'),
      await rateFirst(page, '2.5 stars'),
      await rateFirst(page, '3 stars'),
    ];
    await page.getByRole('link', { name: 'Your ratings (3)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByRole('button', { name: `Remove: ${names[2]}` }).focus();
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe(`Remove: ${names[1]}`);
    await told(page, `${names[2]}: rating removed.`);
    expect(await stored(page)).toEqual([
      { title: names[0], rating: 5 },
      { title: names[1], rating: 2.5 },
    ]);
    await page.getByRole('button', { name: `Undo: ${names[2]}` }).click();
    await told(page, `${names[2]}: 3 stars.`);
    expect(await titles(page.locator('.rated'))).toEqual([...names].reverse());
    expect(await stored(page)).toContainEqual({ title: names[2], rating: 3 });
  });

  it('that is removed, given back or changed among the ratings stays in its place, whatever their order', async () => {
    const page = await open();
    const names = [
      await rateFirst(page, '5 stars'),
      await rateFirst(page, '2.5 stars'),
      await rateFirst(page, '3 stars'),
    ];
    await page.getByRole('link', { name: 'Your ratings (3)' }).click();
    const listed = () => titles(page.locator('.mine-list .rated'));
    await page.getByRole('button', { name: `Remove: ${names[0]}` }).click();
    await page.getByRole('button', { name: `Undo: ${names[0]}` }).click();
    await told(page, `${names[0]}: 5 stars.`);
    expect(await listed()).toEqual([...names].reverse());
    await page.getByLabel('Order').selectOption('best');
    const best = [names[0], names[2], names[1]];
    await expect.poll(listed).toEqual(best);
    await page.getByRole('button', { name: `Change: ${names[0]}, 5.0` }).click();
    await star(page.locator('.mine-list .rated').first(), 1).click();
    await told(page, `${names[0]}: 1 star.`);
    expect(await listed()).toEqual(best);
    await page.getByLabel('Order').selectOption('worst');
    await expect.poll(listed).toEqual([names[0], names[1], names[2]]);
  });

  it('that cannot be stored yet stays, says in its place that it waits, and is stored when the network is back', async () => {
    const page = await open();
    await page.evaluate('navigator.serviceWorker.ready'); // all parts of the page are there
    const name = await title(question(page));
    await page.context().setOffline(true);
    await star(question(page), 5).click();
    await page.locator('.card.past .waits').waitFor();
    await told(page, `${name}: 5 stars. It waits to be stored.`);
    await page.getByRole('link', { name: 'Your ratings (1)' }).waitFor();
    await page.context().setOffline(false);
    await page.locator('.waits').first().waitFor({ state: 'detached' });
    await says(page, 'From your one rating.');
    expect(await stored(page)).toEqual([{ title: name, rating: 5 }]);
  });

  it.each([
    ['mouse', {}],
    ['touch', { touch: true, width: 390, height: 844 }],
  ])('by %s on a poster is asked for, and a second one at the same place rates nothing', async (_, options) => {
    const page = await open(options);
    const press = async (element: Locator) => {
      await element.scrollIntoViewIfNeeded();
      const at = await centre(element);
      const once = () => ('touch' in options ? page.touchscreen.tap(...at) : page.mouse.click(...at));
      await once();
      return once;
    };
    await page.getByRole('link', { name: 'Tap what you loved' }).click();
    await page.locator('#loved-heading').waitFor();
    await expect.poll(() => focused(page)).toBe('loved-heading');
    expect(new URL(page.url()).pathname).toBe('/loved');
    const tiles = page.locator('.tile');
    await expect.poll(() => tiles.count()).toBe(36);
    const name = (await tiles.nth(1).getAttribute('aria-label'))!;
    const again = await press(page.getByRole('button', { name, exact: true }));
    expect(await tiles.nth(1).getByRole('button').count()).toBe(3);
    await again();
    expect(await tiles.nth(1).getByRole('button').count()).toBe(1);
    expect(await page.context().cookies()).toEqual([]);
    await again();
    const onChoice = await press(page.getByRole('button', { name: `Loved it, 5 stars: ${name}` }));
    await onChoice();
    await told(page, `${name}: 5 stars.`);
    expect(await stored(page)).toEqual([{ title: name, rating: 5 }]);
    expect(await tiles.nth(1).locator('.given').textContent()).toContain('Rated 5');
    const onUndo = await press(page.getByRole('button', { name: `Undo: ${name}` }));
    await onUndo();
    await told(page, `${name}: rating removed.`);
    expect(await stored(page)).toEqual([]);
    expect(await tiles.count()).toBe(36);
  });

  it('by keys among the posters leaves the focus on the next film, and the list knows it', async () => {
    const { page, complaints } = await openLive(browser, `${server.url}/loved`, { dark: true });
    const tiles = page.locator('.tile');
    expect(await tiles.count()).toBe(36);
    const [first, second] = await tiles.evaluateAll((all) =>
      all.map((tile) => (tile as unknown as { ariaLabel: string }).ariaLabel),
    );
    await page.getByRole('button', { name: first, exact: true }).focus();
    await page.keyboard.press('Enter');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await tiles.first().getByRole('button').count()).toBe(1);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe(`Liked it, 4 stars: ${first}`);
    await page.keyboard.press('Enter');
    await page.locator('button.tap:focus', { hasText: second }).waitFor();
    await told(page, `${first}: 4 stars.`);
    expect(await stored(page)).toEqual([{ title: first, rating: 4 }]);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'More films' }).click();
    await expect.poll(() => tiles.count()).toBe(72);
    const all = await tiles.evaluateAll((each) =>
      each.map((tile) => (tile as unknown as { ariaLabel: string }).ariaLabel),
    );
    expect(all[0]).toBe(first);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await says(page, 'From your one rating.');
    expect(complaints).toEqual([]);
  });

  it('reaches the other tabs: rating, change, "not seen", undo and forgetting show in their list and their question', async () => {
    const page = await open();
    const other = await page.context().newPage();
    await visit(other, server.url);
    const shown = async (tab: Page) => JSON.stringify([await picks(tab), await title(question(tab))]);
    const same = () => expect.poll(async () => (await shown(page)) === (await shown(other))).toBe(true);
    const name = await rateFirst(page, '5 stars');
    await told(other, `${name}: 5 stars.`);
    await says(other, 'From your one rating.');
    expect(await other.locator('.card.past').textContent()).toMatch(/Rated 5 /);
    await same();

    await other.getByRole('button', { name: `Change: ${name}` }).click();
    await star(other.locator('.card.past'), 2).click();
    await told(page, `${name}: 2 stars.`);
    expect(await page.locator('.card.past .given').textContent()).toContain('Rated 2');
    await same();

    const unseen = await title(question(other));
    await question(other).getByRole('button', { name: 'Not seen' }).click();
    await page.locator('.card.past', { hasText: unseen }).getByText('Not seen').waitFor();
    await page.getByRole('button', { name: `Undo: ${unseen}` }).click();
    await expect.poll(() => title(question(other))).toBe(unseen);

    await page.getByRole('link', { name: 'Your ratings (1)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByRole('button', { name: `Remove: ${name}` }).click();
    await told(other, `${name}: rating removed.`);
    await says(other, 'What people like on average');
    await page.getByRole('button', { name: `Undo: ${name}` }).click();
    await says(other, 'From your one rating.');

    await page.getByRole('button', { name: 'Forget me' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await says(other, 'What people like on average');
    await told(other, 'Your ratings are deleted.');
    expect(await other.getByRole('link', { name: /Your ratings/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await same();
  });

  it('moves the list: films say how far they came, and the page how many are new among the first ten', async () => {
    const page = await open();
    const before = await picks(page);
    await rateFirst(page, '5 stars');
    const after = await picks(page);
    const fresh = after.slice(0, 10).filter((name) => !before.slice(0, 10).includes(name)).length;
    await says(page, 'From your one rating.');
    expect(await page.locator('.question .hint').textContent()).toContain(
      `Last answer: ${fresh === 0 ? 'none' : fresh} new in your top ten`,
    );
    for (const row of await page.locator('.for-you .pick').all()) {
      const [name, place] = [await title(row), await row.locator('.rank').textContent()];
      const was = before.indexOf(name);
      const now = after.indexOf(name);
      const moved = was < 0 ? 'new' : was > now ? `▲up ${was - now}` : was < now ? `▼down ${now - was}` : '';
      expect(place).toBe(`${now + 1}${moved}`);
    }
    expect(await page.locator('#status').textContent()).toMatch(/: 5 stars\. (\d+ films? (is|are) new|The list stays)/);
    const second = await rateFirst(page, '1 star');
    await page.getByText(/^Last 2 answers: /).waitFor();
    await page
      .locator('.card.past')
      .getByRole('button', { name: `Undo: ${second}` })
      .click();
    await told(page, `${second}: rating removed.`);
    expect(await page.locator('.question .hint').textContent()).toContain(
      `Last answer: ${fresh === 0 ? 'none' : fresh} new in your top ten`,
    );
  });
});
