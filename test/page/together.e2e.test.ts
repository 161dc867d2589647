import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, type PageOptions, reload, visit } from './browser.ts';
import { focused, picks, question, rateFirst, title, titles } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

const PHONE = { width: 390, height: 844, touch: true };
const STARS = ['5 stars', '2 stars', '4.5 stars', '1 star', '4 stars'];

describe.skipIf(noBrowser)('the page', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  describe('two people', () => {
    const open = (options?: PageOptions, path = '/') => openLive(browser, `${server.url}${path}`, options);
    const joint = (page: Page) => titles(page.locator('.joint-pick'));
    const member = (page: Page, text: string) => page.locator('.member', { hasText: text });
    const sideways = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    const path = (link: string) => link.slice(new URL(link).origin.length);

    /** Ann, who begins, and the link that she sends. */
    async function begin(options?: PageOptions) {
      const ann = await open(options);
      await ann.page.getByRole('link', { name: 'Watch together' }).click();
      await ann.page.getByLabel('Your first name').fill('Ann');
      await ann.page.getByRole('button', { name: 'Begin' }).click();
      const link = (await ann.page.locator('.link a').getAttribute('href'))!;
      return { ann, link };
    }

    /** Sam, who follows the link on a phone. */
    async function enter(link: string, options: PageOptions = PHONE) {
      const sam = await open(options, path(link));
      await sam.page.getByLabel('Your first name').fill('Sam');
      await sam.page.getByRole('button', { name: 'Join' }).click();
      await member(sam.page, 'You').waitFor();
      return sam;
    }

    it('find a film: one begins, the other follows the link on a phone, both rate five films and see one list, uncovered', async () => {
      const { ann, link } = await begin();
      expect(link).toMatch(/\/together\?with=[0-9A-Z]{12}$/);
      expect(await focused(ann.page)).toBe('together-heading');
      const sam = await enter(link);
      await member(ann.page, 'Sam 0 of 5 rated').waitFor(); // without a reload
      for (const [at, stars] of STARS.entries()) {
        await rateFirst(ann.page, stars);
        await rateFirst(sam.page, STARS[STARS.length - 1 - at]);
      }
      for (const { page } of [ann, sam]) {
        await member(page, 'You ready').waitFor();
        await page.locator('.member.ready').nth(1).waitFor();
      }
      expect(await question(sam.page).isVisible()).toBe(false); // the list is what they came for
      const opinions = (await sam.page.locator('.opinions').first().boundingBox())!;
      expect(opinions.y + opinions.height).toBeLessThan((await sam.page.locator('.question').boundingBox())!.y);
      await expect.poll(() => joint(ann.page)).toEqual(await joint(sam.page));
      const films = await joint(ann.page);
      expect(films).toHaveLength(20);
      const first = ann.page.locator('.joint-pick').first();
      expect(await first.locator('.opinion-of').allTextContents()).toEqual(['You', 'Sam']);
      expect(await sam.page.locator('.joint-pick').first().locator('.opinion-of').allTextContents()).toEqual([
        'Ann',
        'You',
      ]);
      expect(await first.locator('.because').textContent()).toMatch(
        /^(As good for both|Better for (you|Sam) than for (you|Sam))$/,
      );
      expect(await first.getByText(/predicted \d\.\d stars, give or take \d\.\d/).count()).toBe(2);
      await first.getByRole('link').click();
      expect(await ann.page.locator('#film-heading').textContent()).toContain(films[0]);
      await ann.page.getByRole('link', { name: 'Back to your gathering' }).click();
      await expect.poll(() => joint(ann.page)).toEqual(films);
      expect([...ann.complaints, ...sam.complaints]).toEqual([]);
      for (const { origins } of [ann, sam]) expect([...origins]).toEqual([new URL(server.url).origin]);
    });

    it('say in its row that they have seen a film: it leaves the other’s list, and can be taken back where it stood', async () => {
      const { ann, link } = await begin();
      const sam = await enter(link);
      await rateFirst(sam.page, '4 stars');
      await member(ann.page, 'Sam 1 of 5').waitFor();
      await expect.poll(async () => (await joint(ann.page)).join()).toBe((await joint(sam.page)).join());
      const films = await joint(sam.page);
      const row = sam.page.locator('.joint-pick').nth(1);
      await row.getByRole('button', { name: `Seen it: ${films[1]}` }).tap();
      await row.getByText('Seen, not rated').waitFor();
      await expect.poll(() => joint(ann.page)).not.toContain(films[1]);
      expect((await joint(sam.page)).slice(0, 4)).toEqual(films.slice(0, 4)); // nothing slid under the finger
      expect(await sam.page.locator('.joint-pick .rank').allTextContents()).toContain('✓');
      expect(await accessibilityProblems(sam.page)).toEqual([]);
      await row.getByRole('button', { name: `Undo: ${films[1]}` }).tap();
      await expect.poll(() => joint(ann.page)).toEqual(films);
    });

    it('rank by the mean and narrow the list, and the address keeps both', async () => {
      const { ann, link } = await begin();
      const sam = await enter(link);
      await rateFirst(ann.page, '5 stars');
      await rateFirst(sam.page, '0.5 stars');
      await member(ann.page, 'Sam 1 of 5').waitFor();
      const { page } = ann;
      await page.getByText('What all like on average').click();
      await page.waitForURL(/together=mean/);
      await page.getByText('Narrow it down').click();
      await page.locator('.joint .tonight > .chips').getByText('Western').click();
      await page.waitForURL(/genre=Western/);
      await expect
        .poll(async () =>
          (await page.locator('.joint .genres').allTextContents()).every((text) => text.includes('Western')),
        )
        .toBe(true);
      const films = await joint(page);
      await reload(page);
      await page.locator('.joint-pick').first().waitFor();
      expect(await joint(page)).toEqual(films);
      expect(await page.getByRole('radio', { name: 'What all like on average' }).isChecked()).toBe(true);
    });

    it('are offered the one question that would decide it, on the card of whom it is for; "not seen" brings another', async () => {
      const { ann, link } = await begin();
      const sam = await enter(link);
      await member(ann.page, 'Sam').waitFor(); // that he joined is said before what she rates, not over it
      const rated = [await rateFirst(ann.page, '5 stars'), await rateFirst(sam.page, '2 stars')];
      await member(ann.page, 'Sam 1 of 5').waitFor();
      const asked = (page: Page) => page.locator('.deciding cite').first().textContent();
      await expect.poll(async () => (await asked(ann.page)) === (await asked(sam.page))).toBe(true);
      await expect.poll(() => asked(ann.page)).not.toBe(rated[0]);
      await expect.poll(async () => (await asked(ann.page)) === (await asked(sam.page))).toBe(true);
      const mine = (page: Page) => page.getByRole('button', { name: 'Answer it' });
      await expect.poll(async () => (await mine(ann.page).count()) + (await mine(sam.page).count())).toBe(1);
      const { page } = (await mine(ann.page).count()) ? ann : sam;
      const film = (await asked(page))!;
      await mine(page).click();
      expect(await title(question(page))).toBe(film);
      expect(await focused(page)).toBe(film); // the card, not a star
      await question(page).getByRole('button', { name: 'Not seen' }).click();
      for (const { page } of [ann, sam]) await expect.poll(() => asked(page)).not.toBe(film);
    });

    it('are shown the question of what they saw last, also when one look overtook another', async () => {
      const { ann, link } = await begin();
      const sam = await enter(link);
      const asked = (page: Page) => page.locator('.deciding cite').first().textContent();
      await expect.poll(async () => (await asked(ann.page)) === (await asked(sam.page))).toBe(true);
      const answer = (page: Page) => page.getByRole('button', { name: 'Answer it' });
      await expect.poll(async () => (await answer(ann.page).count()) + (await answer(sam.page).count())).toBe(1);
      const [asker, other] = (await answer(ann.page).count()) ? [ann.page, sam.page] : [sam.page, ann.page];
      const film = await asked(asker);
      const { promise: isReleased, resolve: release } = Promise.withResolvers<void>();
      await other.route(/\/question/, async (route) => {
        await isReleased;
        await route.continue();
      });
      const look = /gatherings\/\w+($|\?)/;
      const changed = other.waitForResponse((response) => look.test(response.url()) && response.ok());
      await answer(asker).click();
      await question(asker).getByRole('button', { name: 'Not seen' }).click();
      await changed;
      const again = other.waitForResponse(look);
      await other.evaluate("document.dispatchEvent(new Event('visibilitychange'))"); // it looks again without a question
      await again;
      release();
      await expect.poll(async () => [await asked(asker), await answer(asker).count()]).not.toEqual([film, 1]);
      await expect.poll(async () => (await answer(ann.page).count()) + (await answer(sam.page).count())).toBe(1);
      await expect.poll(async () => (await asked(other)) === (await asked(asker))).toBe(true);
    });

    it('leave and come back by the same link; it ends for all with whoever began it', async () => {
      const { ann, link } = await begin();
      const sam = await enter(link);
      await member(ann.page, 'Sam').waitFor();
      await sam.page.getByRole('button', { name: 'Leave' }).click();
      await sam.page.getByRole('button', { name: 'Leave it' }).click();
      await member(ann.page, 'Sam').waitFor({ state: 'detached' });
      await sam.page.getByRole('button', { name: 'Join' }).click();
      await member(ann.page, 'Guest 2').waitFor();
      await ann.page.getByRole('button', { name: 'End it' }).click();
      await ann.page.getByRole('button', { name: 'Stay' }).click();
      await ann.page.getByRole('button', { name: 'End it' }).click();
      await ann.page.getByRole('button', { name: 'End it for all' }).click();
      await ann.page.getByRole('button', { name: 'Begin' }).waitFor();
      await sam.page.getByText('Whoever opened this gathering ended it').waitFor();
      expect(await sam.page.locator('.joint-pick').count()).toBe(0);
    });

    it('are told at once that eight are there already, and what they did in vain stays said until it is tried again', async () => {
      const { ann, link } = await begin();
      const code = link.slice(-12);
      const enterThere = async () => {
        const { headers } = await fetch(`${server.url}/session`, { method: 'POST' });
        const Cookie = headers.get('Set-Cookie')!.split(';')[0];
        const sent = {
          method: 'POST',
          headers: { Cookie, 'Content-Type': 'application/json' },
          body: '{"name":"Kim"}',
        };
        expect((await fetch(`${server.url}/gatherings/${code}/members`, sent)).status).toBeLessThan(300);
        return Cookie;
      };
      const [first] = await Promise.all(Array.from({ length: 7 }, enterThere));
      const ninth = await open(PHONE, path(link));
      await ninth.page.getByText('That is as many as a list can be for.').waitFor();
      expect(await ninth.page.getByRole('button', { name: 'Join' }).count()).toBe(0);
      await fetch(`${server.url}/gatherings/${code}`, { method: 'DELETE', headers: { Cookie: first } });
      await ninth.page.getByRole('button', { name: 'Join' }).waitFor();

      await ann.page.route(`**/gatherings/${code}*`, (route) =>
        route.request().method() === 'DELETE' ? route.fulfill({ status: 503, body: 'busy' }) : route.continue(),
      );
      await ann.page.getByRole('button', { name: 'End it' }).click();
      await ann.page.getByRole('button', { name: 'End it for all' }).click();
      const said = ann.page.getByRole('alert').getByText('The server has trouble (503).');
      await said.waitFor();
      await ann.page.waitForResponse(
        (response) => response.request().method() === 'GET' && response.url().includes(code),
      );
      await ann.page.evaluate('new Promise(requestAnimationFrame)'); // the look that succeeded is taken up
      expect(await said.count()).toBe(1);
      await ann.page.unrouteAll();
      await ann.page.getByRole('button', { name: 'Try again' }).click();
      await ann.page.getByRole('button', { name: 'Begin' }).waitFor(); // it has ended
      expect(await said.count()).toBe(0);
      expect((await fetch(`${server.url}/gatherings/${code}`)).status).toBe(410);
    });

    it('go on with a gathering that they are in, or type its code', async () => {
      const { ann, link } = await begin();
      await rateFirst(ann.page, '4 stars');
      const code = new URL(link).searchParams.get('with')!;
      await visit(ann.page, `${server.url}/together`);
      await ann.page.getByRole('link', { name: `Go on with ${code.slice(0, 4)}-` }).click();
      await member(ann.page, 'You 1 of 5').waitFor();
      const kim = await open({}, '/together');
      await kim.page.getByLabel('Somebody’s code').fill(`${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase());
      await kim.page.getByRole('button', { name: 'Join' }).click();
      await kim.page.getByRole('heading', { name: 'Ann looks for a film with you' }).waitFor();
    });

    it('are told when there is no such gathering', async () => {
      const { page } = await open({}, '/together?with=0000AAAA1111');
      await page.getByText('There is no gathering 0000AAAA1111.').waitFor();
      await page.getByRole('link', { name: 'Begin another one' }).click();
      await page.getByRole('button', { name: 'Begin', exact: true }).waitFor();
    });

    it.each([
      ['in light', {}],
      ['in dark', { dark: true }],
      ['on a phone', PHONE],
      ['on a phone in dark', { ...PHONE, dark: true }],
      ['in forced colours', { forcedColors: true }],
    ])('find nothing in their way: no fault by axe, and nothing to scroll sideways, %s', async (_, options) => {
      const begun = await open(options, '/together');
      await begun.page.getByLabel('Your first name').waitFor();
      expect(await accessibilityProblems(begun.page)).toEqual([]);
      const { ann, link } = await begin(options);
      expect(await accessibilityProblems(ann.page)).toEqual([]);
      expect(await sideways(ann.page)).toBe(0);
      const invited = await open(options, path(link));
      await invited.page.getByRole('button', { name: 'Join' }).waitFor();
      expect(await accessibilityProblems(invited.page)).toEqual([]);
      const sam = await enter(link, options);
      await sam.page.locator('.joint-pick').first().waitFor();
      await rateFirst(sam.page, '5 stars');
      await sam.page.locator('.deciding').waitFor();
      expect(await accessibilityProblems(sam.page)).toEqual([]);
      expect(await sideways(sam.page)).toBe(0);
    });
  });

  describe('what a star would change', () => {
    /** A page, and what it asked the server to suppose. */
    async function watched(options?: PageOptions) {
      const { page } = await openLive(browser, server.url, options);
      const supposed: string[] = [];
      page.on('request', (request) => {
        const body = request.postData() ?? '';
        if (body.includes('"suppose"')) supposed.push(body);
      });
      return { page, supposed };
    }

    const foretaste = (page: Page) => page.locator('.foretaste');
    async function rest(page: Page, stars: string): Promise<void> {
      const { x, y, width, height } = (await question(page)
        .getByRole('radio', { name: stars, exact: true })
        .boundingBox())!;
      await page.mouse.move(x + width / 2 - 2, y + height / 2);
      await page.mouse.move(x + width / 2, y + height / 2);
    }
    const topTen = async (page: Page) => (await picks(page)).slice(0, 10);

    it('is told before the click, without a shift, and is what then happens', async () => {
      const { page, supposed } = await watched();
      await rateFirst(page, '4 stars');
      const shift = await page.evaluate<number>('window.layoutShift');
      const rated = await title(question(page));
      const before = (await picks(page)).filter((name) => name !== rated).slice(0, 10);
      await rest(page, '5 stars');
      await foretaste(page).getByText('brings in').waitFor();
      expect(supposed).toHaveLength(1);
      const text = (await foretaste(page).textContent())!;
      expect(await page.evaluate<number>('window.layoutShift')).toBe(shift);
      await rateFirst(page, '5 stars');
      const after = await topTen(page);
      const [brings, drops] = [
        after.filter((name) => !before.includes(name)),
        before.filter((name) => !after.includes(name)),
      ];
      const named = (names: string[]) =>
        `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
      expect(text).toContain(`brings in ${named(brings)}; drops ${named(drops)}`);
    });

    it('is asked once for a film and a star until the list is another, and no longer shown when left', async () => {
      const { page, supposed } = await watched();
      await rest(page, '5 stars');
      await foretaste(page).getByText(/^5/).waitFor();
      await rest(page, '1 star');
      await foretaste(page).getByText(/^1/).waitFor();
      await rest(page, '5 stars');
      await foretaste(page).getByText(/^5/).waitFor();
      expect(supposed).toHaveLength(2);
      await page.mouse.move(2, 2);
      await foretaste(page).getByText('Rest on a star').waitFor();
    });

    it('is told of the stars that keys choose', async () => {
      const { page } = await watched();
      await question(page).getByRole('radio', { name: '0.5 stars' }).focus();
      await page.keyboard.press('4');
      await foretaste(page).getByText(/^4/).waitFor();
      await page.keyboard.press('Escape');
      await foretaste(page).getByText('Rest on a star').waitFor();
    });

    it('is told of the stars of a row too, over what stands below them', async () => {
      const { page, supposed } = await watched();
      await rateFirst(page, '5 stars');
      const row = page.locator('.for-you .pick').nth(1);
      await row.getByRole('button', { name: /^Rate / }).click();
      const below = page.locator('.for-you .pick').nth(2);
      const before = await below.boundingBox();
      const { x, y, width, height } = (await row.getByRole('radio', { name: '1 star', exact: true }).boundingBox())!;
      await page.mouse.move(x + width / 2 - 2, y + height / 2);
      await page.mouse.move(x + width / 2, y + height / 2);
      await row
        .locator('.beside')
        .getByText(/^1 ★stars (brings in|changes none)/)
        .waitFor();
      expect(supposed).toHaveLength(1);
      expect(await below.boundingBox()).toEqual(before);
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.mouse.move(2, 2);
      await expect.poll(() => row.locator('.beside').textContent()).toBe('');
    });

    it('is never asked by touch', async () => {
      const { page, supposed } = await watched({ width: 1280, height: 900, touch: true });
      expect(await foretaste(page).isVisible()).toBe(false);
      await question(page).getByRole('radio', { name: '4 stars', exact: true }).tap();
      await page.locator('#basis', { hasText: 'From your one rating' }).waitFor();
      expect(supposed).toEqual([]);
    });
  });
});
