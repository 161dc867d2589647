import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, type PageOptions, reload, visit } from './browser.ts';
import { type Fault, type FaultyServer, problem, type Sent, startProxy } from './proxy.ts';
import { picks, question, rateFirst, says, stored, title, titles } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

describe.skipIf(noBrowser)('without the server', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  /** A page that may lose its server, once the service worker stands behind it. */
  async function open(path = '/', options?: PageOptions): Promise<{ page: Page; proxy: FaultyServer }> {
    const proxy = await startProxy(server.url);
    const { page } = await openLive(browser, `${proxy.url}${path}`, options);
    await page.evaluate('navigator.serviceWorker.ready');
    await expect.poll(() => page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true);
    return { page, proxy };
  }

  const bar = (page: Page) => page.getByRole('complementary', { name: 'Connection' });
  const gone = (page: Page) => bar(page).waitFor({ state: 'detached' });
  const told = (page: Page, text: string) => page.locator('#status', { hasText: text }).waitFor({ state: 'attached' });
  /** Everything that a store of the browser's database holds. */
  const kept = <T>(page: Page, store: 'outbox' | 'seen') =>
    page.evaluate<T[]>(`new Promise((resolve) => {
      indexedDB.open('marquee').onsuccess = ({ target: { result } }) => {
        result.transaction('${store}').objectStore('${store}').getAll().onsuccess = ({ target }) => {
          result.close();
          resolve(target.result);
        };
      };
    })`);
  /** Waits until the browser keeps a view with this many ratings. */
  const keptView = (page: Page, path: string, ratings: number) =>
    expect
      .poll(async () => {
        const views = await kept<{ key: string; state: { ratings: object[] } }>(page, 'seen');
        return views.find(({ key }) => key === path)?.state.ratings.length;
      })
      .toBe(ratings);
  const rate = async (page: Page, stars: string) => {
    const name = await title(question(page));
    await question(page).getByRole('radio', { name: stars, exact: true }).click();
    return name;
  };
  const ofRatings = (fault: Fault) => (sent: Sent) =>
    sent.method === 'POST' && sent.path.startsWith('/ratings') ? fault : undefined;
  const posts = ({ passed }: FaultyServer) =>
    passed.filter(({ method, path }) => method === 'POST' && path.startsWith('/ratings')).map(({ body }) => body);

  it('the page opens with what it saw: list, film, ratings, and says as of when; then it comes up to date', async () => {
    const { page } = await open();
    const name = await rateFirst(page, '5 stars');
    await says(page, 'From your one rating.');
    await keptView(page, '/', 1);
    const before = await picks(page);
    const film = page.locator('.for-you .title a').nth(1);
    const [filmName, path] = [(await film.textContent())!, (await film.getAttribute('href'))!];
    await film.click();
    await page.locator('#film-heading').waitFor();
    await keptView(page, path, 1);

    await page.context().setOffline(true);
    await visit(page, new URL('/', page.url()).href);
    expect(await picks(page)).toEqual(before);
    await bar(page).getByText('You are offline. What you see is as of').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('.for-you .title a', { hasText: filmName }).click();
    expect(await page.locator('#film-heading').textContent()).toContain(filmName);
    await reload(page);
    expect(await page.locator('#film-heading').textContent()).toContain(filmName);
    expect(await page.title()).toContain(filmName);
    await page.getByRole('link', { name: 'Your ratings (1)' }).click();
    await page.locator('#mine-heading').waitFor();
    expect(await titles(page.locator('.rated'))).toEqual([name]);
    await visit(page, new URL('/film/1?genre=Western', page.url()).href);
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();

    await page.context().setOffline(false);
    await gone(page);
    await page.getByRole('heading', { name: 'Toy Story' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('ratings wait, survive a reload, and are stored once, with the time of the click', async () => {
    const { page, proxy } = await open();
    proxy.dates = false; // so that the page cannot compare clocks
    const clicked = Math.floor(Date.now() / 1000) - 3600;
    await page.clock.setFixedTime(clicked * 1000);
    await page.context().setOffline(true);
    const first = await rate(page, '5 stars');
    await page.clock.setFixedTime((clicked + 60) * 1000);
    const names = [first, await rate(page, '2 stars')];
    await bar(page).getByText('2 answers wait to be stored').click();
    await bar(page).getByText(`${names[1]}: 2 stars`).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await told(page, `${names[1]}: 2 stars. It waits to be stored.`);
    await keptView(page, '/', 2);

    await reload(page);
    await bar(page).getByText('2 answers wait to be stored').waitFor();
    await page.getByRole('link', { name: 'Your ratings (2)' }).click();
    await page.locator('#mine-heading').waitFor();
    expect(await titles(page.locator('.rated'))).toEqual([...names].reverse());
    expect(await page.locator('.rated .waits').count()).toBe(2);
    expect(posts(proxy)).toEqual([]);

    await page.context().setOffline(false);
    await gone(page);
    expect(await stored(page)).toEqual([
      { title: names[0], rating: 5 },
      { title: names[1], rating: 2 },
    ]);
    expect(posts(proxy)).toHaveLength(1);
    const { ratings } = JSON.parse(posts(proxy)[0]) as { ratings: { timestamp: number }[] };
    expect(ratings.map(({ timestamp }) => timestamp)).toEqual([clicked, clicked + 60]);
    expect(await kept(page, 'outbox')).toEqual([]);
    expect(await page.locator('.waits').count()).toBe(0);
  });

  it('a machine’s wrong clock does not make an answer older than those before', async () => {
    const { page } = await open();
    const name = await rateFirst(page, '5 stars');
    await page.clock.setFixedTime(0);
    await page.getByRole('button', { name: `Change: ${name}` }).click();
    await page.locator('.card.past').getByRole('radio', { name: '1 star', exact: true }).click();
    await told(page, `${name}: 1 star.`);
    expect(await stored(page)).toEqual([{ title: name, rating: 1 }]);
  });

  it('a rating that waits can be changed, taken back and discarded, and only the last word is sent', async () => {
    const { page, proxy } = await open();
    const kept = await rateFirst(page, '4 stars');
    await page.context().setOffline(true);
    const name = await rate(page, '5 stars');
    await page.locator('.card.past').getByRole('button', { name: 'Change' }).click();
    await page.locator('.card.past').getByRole('radio', { name: '3 stars', exact: true }).click();
    await bar(page).getByText('1 answer waits to be stored').click();
    await bar(page).getByText(`${name}: 3 stars`).waitFor();
    await page.getByRole('link', { name: 'Your ratings (2)' }).click();
    await page.locator('#mine-heading').waitFor();
    await page.getByRole('button', { name: `Remove: ${kept}` }).click();
    await bar(page).getByText('2 answers wait to be stored').waitFor();
    await page.getByRole('button', { name: `Discard: ${kept}` }).click();
    await expect.poll(() => page.getByText('Rating removed').count()).toBe(0);
    expect(await titles(page.locator('.rated'))).toEqual([name, kept]);
    await page.context().setOffline(false);
    await gone(page);
    expect(await stored(page)).toEqual([
      { title: kept, rating: 4 },
      { title: name, rating: 3 },
    ]);
    expect(posts(proxy)).toHaveLength(2);
  });

  it('what appears on a phone moves nothing that a finger may tap again', async () => {
    const { page, proxy } = await open('/', { touch: true, width: 390, height: 844 });
    const places = () => page.evaluate<number[]>(PLACES);
    await rateFirst(page, '4 stars');
    const before = await places();
    proxy.fail(ofRatings('broken'));
    await rate(page, '5 stars');
    await bar(page).getByText('1 answer waits').waitFor();
    expect(await places()).toEqual(before);
    await bar(page).getByText('1 answer waits').tap();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  it('a mark waits in its place, can be undone there, survives a reload, and is stored once with the time of the click', async () => {
    const { page, proxy } = await open();
    proxy.dates = false;
    const clicked = Math.floor(Date.now() / 1000) - 3600;
    await page.clock.setFixedTime(clicked * 1000);
    const row = (at: number) => page.locator('.for-you .pick').nth(at);
    const press = (at: number, name: string) => row(at).locator('.marks').getByRole('button', { name }).click();
    const [first, second] = await picks(page);
    await keptView(page, '/', 0);
    await page.context().setOffline(true);
    await press(0, 'Watchlist');
    await told(page, `${first}: on your watchlist. It waits to be stored.`);
    await press(1, 'Not for me');
    await bar(page).getByText('2 answers wait to be stored').click();
    await bar(page).getByText(`${second}: not for me`).waitFor();
    expect(await row(1).locator('.marks').innerText()).toMatch(/^Not for me\s+waits\s+Undo$/);
    expect(await accessibilityProblems(page)).toEqual([]);
    await press(0, 'Undo');
    await bar(page).getByText(`${first}: removed`).waitFor();
    await press(0, 'Seen it');
    await bar(page).getByText(`${first}: seen, not rated`).waitFor();
    await reload(page);
    await bar(page).getByText('2 answers wait to be stored').waitFor();
    expect(await picks(page)).not.toContain(first);
    await page.context().setOffline(false);
    await gone(page);
    const sent = proxy.passed.filter(({ method, path }) => method !== 'GET' && path.startsWith('/marks'));
    expect(sent).toHaveLength(1);
    const { marks } = JSON.parse(sent[0].body) as { marks: { mark: string; timestamp: number }[] };
    expect(marks.map(({ mark }) => mark).sort()).toEqual(['dismissed', 'seen']);
    for (const { timestamp } of marks) expect(timestamp - clicked).toBeLessThan(2);
    expect(await kept(page, 'outbox')).toEqual([]);
  });

  it('a mark of a person who is gone waits, and goes to nobody else before they say so', async () => {
    const { page } = await open();
    await rateFirst(page, '4 stars');
    const [first] = await picks(page);
    const [{ name: cookie, value }] = await page.context().cookies();
    await fetch(`${server.url}/session`, { method: 'DELETE', headers: { Cookie: `${cookie}=${value}` } });
    await page.locator('.for-you .pick .marks').first().getByRole('button', { name: 'Seen it' }).click();
    await bar(page).getByText('You are no longer known here.').waitFor();
    await bar(page).getByRole('button', { name: 'Begin anew with it' }).click();
    await told(page, `${first}: seen, not rated.`);
    const marks = () =>
      page.evaluate<{ title: string }[]>("fetch('/marks').then((r) => r.json()).then((a) => a.marks)");
    await expect.poll(async () => (await marks()).map(({ title }) => title)).toEqual([first]);
    expect(await stored(page)).toEqual([]);
  });

  it('a gathering of a person who is gone is not begun by another one, and the page asks to begin anew', async () => {
    const { page } = await open();
    await rateFirst(page, '4 stars');
    await page.getByRole('link', { name: 'Watch together' }).click();
    const begin = page.getByRole('button', { name: 'Begin', exact: true });
    await begin.waitFor();
    const [{ name: cookie, value }] = await page.context().cookies();
    await fetch(`${server.url}/session`, { method: 'DELETE', headers: { Cookie: `${cookie}=${value}` } });
    await begin.click();
    await bar(page).getByText('You are no longer known here.').waitFor();
    expect(new URL(page.url()).search).toBe('');
    await bar(page).getByRole('button', { name: 'Begin anew' }).click();
    await gone(page);
    await begin.click();
    await page.locator('.link a').waitFor();
  });

  it('the watchlist, the map and the model’s page open as they were seen, other views say that they need the server', async () => {
    const { page } = await open();
    const [first] = await picks(page);
    const path = () => kept<{ key: string }>(page, 'seen').then((views) => views.map(({ key }) => key));
    const go = (to: string) => visit(page, new URL(to, page.url()).href);
    await page.locator('.for-you .pick .marks').first().getByRole('button', { name: 'Watchlist' }).click();
    await told(page, `${first}: on your watchlist.`);
    for (const view of ['/watchlist', '/about', '/map']) {
      await go(view);
      await expect.poll(path).toContain(view);
    }
    await page.locator('.map-tools button').first().waitFor();

    await page.context().setOffline(true);
    await go('/watchlist');
    expect(await titles(page.locator('.watchlist .pick'))).toEqual([first]);
    await bar(page).getByText('What you see is as of').waitFor();
    await go('/about');
    await page.locator('.about-model .report').waitFor();
    await go('/map');
    await page.locator('.map-tools button').first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await go('/bring');
    await page.getByLabel('Bring your ratings').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await go('/together');
    await page.getByRole('button', { name: 'Begin', exact: true }).click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await page.context().setOffline(false);
    await gone(page);
  });

  it('what the page loads from another site through this one, and private files, pass by the service worker', async () => {
    const { page, proxy } = await open();
    const cached = () =>
      page.evaluate<string[]>(`(async () => {
        const caching = (await caches.keys()).map((name) => caches.open(name).then((cache) => cache.keys()));
        return (await Promise.all(caching)).flat().map(({ url }) => new URL(url).pathname);
      })()`);
    await page.evaluate(
      "Promise.all(['/poster/1?width=154', '/compact/any', '/map/films'].map((path) => fetch(path)))",
    );
    const paths = await cached();
    expect(paths).toContain('/map/films');
    expect(paths.filter((path) => /poster|compact/.test(path))).toEqual([]);
    expect(proxy.passed.map(({ path }) => path)).toContain('/compact/any');
  });

  it('a removal waits too, and goes with the time of its click', async () => {
    const { page, proxy } = await open();
    const name = await rateFirst(page, '4 stars');
    await page.context().setOffline(true);
    await page.getByRole('button', { name: `Undo: ${name}` }).click();
    await bar(page).getByText(`${name}: rating removed`).waitFor({ state: 'attached' });
    await page.context().setOffline(false);
    await gone(page);
    expect(await stored(page)).toEqual([]);
    const [{ path }] = proxy.passed.filter(({ method }) => method === 'DELETE');
    expect(path).toMatch(/^\/ratings\/\d+\?user=\d+&timestamp=\d+$/);
  });

  it.each([
    ['is out of order', problem(503, 'a store does not answer', { 'Retry-After': '1' }), 'A store does not answer.'],
    ['breaks the connection', 'broken', 'The server cannot be reached.'],
    ['has too much to do', problem(429, 'too many writes in a minute', { 'Retry-After': '2' }), 'Too many writes'],
    ['never answers', 'hangs', 'The server takes too long.'],
  ] as const)('a rating is stored by itself once the server no longer %s', async (_, fault, words) => {
    const { page, proxy } = await open();
    proxy.fail(ofRatings(fault));
    const name = await rate(page, '5 stars');
    await bar(page).getByText(words).waitFor();
    await bar(page)
      .getByRole('timer')
      .getByText(/Again in \d+ s/)
      .waitFor();
    expect(await page.locator('.card.past .given').textContent()).toBe('Rated 5 ★starswaits');
    proxy.fail(undefined);
    await gone(page);
    expect(await stored(page)).toEqual([{ title: name, rating: 5 }]);
    await says(page, 'From your one rating.');
  });

  it('a rating whose answer was lost is sent again, and stored once', async () => {
    const { page, proxy } = await open();
    proxy.fail(ofRatings('lost'));
    const name = await rate(page, '5 stars');
    await bar(page).getByText('The server cannot be reached.').waitFor();
    await bar(page).getByRole('button', { name: 'Try now' }).click(); // in vain: once it succeeds by itself, it is gone
    proxy.fail(undefined);
    await gone(page);
    expect(new Set(posts(proxy)).size).toBe(1);
    expect(posts(proxy).length).toBeGreaterThan(1);
    expect(await stored(page)).toEqual([{ title: name, rating: 5 }]);
  });

  it('a rating that is refused is taken back, says why in its place, and can be given again there', async () => {
    const { page, proxy } = await open();
    proxy.fail(ofRatings(problem(422, 'a person may have 20,000 ratings')));
    const name = await rate(page, '5 stars');
    const card = page.locator('.card.past');
    await card.getByRole('alert').getByText('Not stored. A person may have 20,000 ratings.').waitFor();
    expect(await page.getByRole('link', { name: /Your ratings/ }).count()).toBe(0);
    expect(await kept(page, 'outbox')).toEqual([]);
    proxy.fail(undefined);
    await card.getByRole('button', { name: 'Try again' }).click();
    await told(page, `${name}: 5 stars.`);
    expect(await stored(page)).toEqual([{ title: name, rating: 5 }]);
  });

  it('one refused rating keeps no other from being stored', async () => {
    const { page, proxy } = await open();
    await page.context().setOffline(true);
    const names = [await rate(page, '5 stars'), await rate(page, '2 stars')];
    await bar(page).getByText('2 answers wait').waitFor();
    proxy.fail(({ body }) => (body.includes('"rating":5') ? problem(422, 'no') : undefined));
    await page.context().setOffline(false);
    await gone(page);
    await expect.poll(() => stored(page)).toEqual([{ title: names[1], rating: 2 }]);
    await page.getByRole('link', { name: 'Your ratings (1)' }).waitFor();
  });

  it('a person who was deleted elsewhere begins anew with what waits, when they say so', async () => {
    const { page } = await open();
    await rateFirst(page, '4 stars');
    const user = await page.evaluate<number>("fetch('/ratings').then((r) => r.json()).then((r) => r.user)");
    const [{ name: cookie, value }] = await page.context().cookies();
    await fetch(`${server.url}/session`, { method: 'DELETE', headers: { Cookie: `${cookie}=${value}` } });
    const name = await rate(page, '5 stars');
    await bar(page).getByText('You are no longer known here.').waitFor();
    await bar(page).getByText('One answer is not stored.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await bar(page).getByRole('button', { name: 'Begin anew with it' }).click();
    await expect.poll(() => stored(page)).toEqual([{ title: name, rating: 5 }]);
    await page.getByRole('link', { name: 'Your ratings (1)' }).waitFor();
    expect(await page.evaluate("fetch('/ratings').then((r) => r.json()).then((r) => r.user)")).toBeGreaterThan(user);
  });

  it('without cookies nobody is known, and the page says that it is for lack of them', async () => {
    const { page } = await openLive(browser, server.url, { serviceWorker: false });
    await page.evaluate("Object.defineProperty(navigator, 'cookieEnabled', { value: false })");
    await page.route('**/session', async (route) => {
      const answer = await route.fetch();
      const { 'set-cookie': _, ...headers } = answer.headers();
      await page.context().clearCookies();
      await route.fulfill({ response: answer, headers });
    });
    const name = await rate(page, '4 stars');
    await bar(page).getByText('This browser takes no cookies of this site').waitFor();
    await page.unroute('**/session');
    await bar(page).getByRole('button', { name: 'Begin anew with it' }).click();
    await expect.poll(() => stored(page)).toEqual([{ title: name, rating: 4 }]);
  });

  it('a rating counts as stored by the server’s answer alone: where a network asks for a sign-in, it waits', async () => {
    const { page, proxy } = await open();
    proxy.fail(ofRatings({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>Sign in' }));
    const name = await rate(page, '4 stars');
    await bar(page).getByText('1 answer waits to be stored').waitFor();
    await bar(page).getByText('Something else answered in the server’s place.').waitFor();
    proxy.fail(undefined);
    await gone(page);
    expect(await stored(page)).toEqual([{ title: name, rating: 4 }]);
  });

  it('what one person said never goes to another, and can be discarded', async () => {
    const { page, proxy } = await open();
    await rateFirst(page, '4 stars');
    proxy.fail(ofRatings('broken')); // until another person is here: what waits may be sent at any time
    await rate(page, '5 stars');
    await bar(page).getByText('1 answer waits').waitFor();
    await page.goto('about:blank');
    await page.context().clearCookies();
    const { headers } = await fetch(`${server.url}/session`, { method: 'POST' });
    const [cookie, value] = headers.get('Set-Cookie')!.split(';')[0].split('=');
    await page.context().addCookies([{ name: cookie, value: value, domain: 'localhost', path: '/' }]);
    proxy.fail(undefined);
    await page.goBack();
    await bar(page).getByText('You are no longer known here.').waitFor();
    expect(await stored(page)).toEqual([]);
    await bar(page).getByRole('button', { name: 'Discard' }).first().click();
    await gone(page);
    expect(await stored(page)).toEqual([]);
    expect(await kept(page, 'outbox')).toEqual([]);
    await says(page, 'What people like on average');
  });

  it('two tabs share what waits: it shows in both, one sends it, once, also when the other is closed', async () => {
    const { page, proxy } = await open();
    const other = await page.context().newPage();
    await visit(other, proxy.url);
    await page.context().setOffline(true);
    const name = await rate(page, '5 stars');
    await bar(other).getByText('1 answer waits').waitFor();
    expect(await other.locator('.card.past').textContent()).toContain('Rated 5');
    await page.close();
    await other.context().setOffline(false);
    await gone(other);
    expect(await stored(other)).toEqual([{ title: name, rating: 5 }]);
    expect(posts(proxy)).toHaveLength(1);
  });

  it('what waits is stored when the network is back, also when no page is open', async () => {
    const { page, proxy } = await open();
    proxy.fail(ofRatings('broken'));
    const name = await rate(page, '5 stars');
    await bar(page).getByText('1 answer waits').waitFor();
    const registration = await page.evaluate<string>(
      "navigator.serviceWorker.ready.then(({ sync }) => sync.getTags()).then(([tag]) => tag ?? 'none')",
    );
    expect(registration).toBe('outbox');
    await page.goto('about:blank');
    proxy.fail(undefined);
    const worker = page.context().serviceWorkers()[0];
    await worker.evaluate(`new Promise((resolve, reject) => {
      const event = new ExtendableEvent('sync');
      event.waitUntil = (until) => until.then(resolve, reject);
      dispatchEvent(event);
    })`);
    expect(posts(proxy)).toHaveLength(1);
    await visit(page, proxy.url);
    expect(await stored(page)).toEqual([{ title: name, rating: 5 }]);
  });

  it('"Forget me" leaves no view, no answer that waits and no cache but the page’s files', async () => {
    const { page, proxy } = await open();
    await rateFirst(page, '5 stars');
    await keptView(page, '/', 1);
    await page.getByRole('link', { name: 'Your ratings (1)' }).click();
    await page.locator('#mine-heading').waitFor();
    proxy.fail(ofRatings('broken'));
    await rate(page, '2 stars');
    await bar(page).getByText('1 answer waits').waitFor();
    await page.getByRole('button', { name: 'Forget me' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await told(page, 'Your ratings are deleted.');
    expect(await kept(page, 'outbox')).toEqual([]);
    const views = await kept<{ state: { ratings: object[]; list: { basis: string } } }>(page, 'seen');
    expect(views.filter(({ state }) => state.ratings.length > 0 || state.list.basis !== 'popular')).toEqual([]);
    const paths = await page.evaluate<string[]>(`(async () => {
      const caching = (await caches.keys()).map((name) => caches.open(name).then((cache) => cache.keys()));
      return (await Promise.all(caching)).flat().map(({ url }) => new URL(url).pathname);
    })()`);
    expect(paths.filter((path) => !/^\/(assets|icons)\/|^\/(favicon\.svg|manifest\.webmanifest)$/.test(path))).toEqual(
      [],
    );
  });

  it('another person in the same browser sees nothing of the one before', async () => {
    const { page } = await open();
    await rateFirst(page, '5 stars');
    await keptView(page, '/', 1);
    await page.context().clearCookies();
    await reload(page);
    await says(page, 'What people like on average');
    await expect
      .poll(async () => (await kept<{ state: { ratings: object[] } }>(page, 'seen')).map((v) => v.state.ratings.length))
      .toEqual([0]);
  });

  it('says so when a list cannot be had, and gets it by itself or when tried again', async () => {
    const { page, proxy } = await open();
    proxy.fail(({ path }) => (path.startsWith('/recommend') ? 'broken' : undefined));
    await page.locator('.tonight > .chips').getByText('Western').click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    proxy.fail(undefined);
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => page.locator('.for-you .genres').first().textContent()).toContain('Western');
    expect(await page.getByRole('alert').count()).toBe(0);
    proxy.fail(({ path }) => (path.startsWith('/recommend') ? problem(503, 'no model') : undefined));
    await page.locator('.tonight > .chips').getByText('Horror').click();
    await page.getByRole('alert').getByText('No model.').waitFor();
    proxy.fail(undefined);
    await gone(page);
    await expect.poll(() => page.locator('.for-you .genres').first().textContent()).toContain('Horror');
  });

  it('a film that is awaited keeps its place, and says so when it takes too long', async () => {
    const { page, proxy } = await open();
    proxy.fail(({ path }) => (path.startsWith('/movies/') ? 'hangs' : undefined));
    await page.locator('.for-you .title a').first().click();
    await page.locator('.skeleton.about').waitFor();
    await page.getByRole('alert').getByText('The server takes too long.').waitFor();
    expect(await page.locator('.skeleton').count()).toBe(0);
    proxy.fail(undefined);
    await page.locator('#film-heading').waitFor();
  });

  it('a view that the server keeps waiting opens as it was, and comes up to date', async () => {
    const { page, proxy } = await open();
    await keptView(page, '/', 0);
    const before = await picks(page);
    proxy.fail(({ path }) => (/^\/($|recommend)/.test(path) ? 'hangs' : undefined));
    await reload(page);
    expect(await picks(page)).toEqual(before);
    await bar(page).getByText('What you see is as of').waitFor();
    proxy.fail(undefined);
    await gone(page);
  });

  it('new files of the page take effect with the next load, and files of old versions go', async () => {
    const { page, proxy } = await open();
    const caches = () => page.evaluate<string[]>('caches.keys()');
    const [first] = await caches();
    proxy.rewrite('/', (html) => html.replace('<title>', '<meta name="edition" content="new"><title>'));
    for (const turn of [1, 2]) {
      const version = `${turn}`.repeat(12);
      proxy.rewrite('/sw.js', (script) => script.replaceAll(first.split('-').at(-1)!, version));
      await reload(page);
      expect(await page.locator('meta[name="edition"]').count()).toBe(1);
      await page.evaluate('navigator.serviceWorker.ready.then((registration) => registration.update())');
      await expect.poll(async () => (await caches()).join()).toContain(version);
    }
    await expect.poll(caches).toHaveLength(2);
    expect(await caches()).not.toContain(first);
    await page.context().setOffline(true);
    await reload(page);
    expect(await page.locator('.for-you .pick').count()).toBe(20);
  });

  it('the page can be installed: manifest, icons and service worker satisfy the browser', async () => {
    const { page } = await open();
    const devtools = await page.context().newCDPSession(page);
    const { url, errors, data } = await devtools.send('Page.getAppManifest');
    expect(new URL(url).pathname).toBe('/manifest.webmanifest');
    expect(errors).toEqual([]);
    expect(JSON.parse(data!)).toMatchObject({ display: 'standalone', start_url: '/' });
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
    for (const [path, type] of [
      ['/manifest.webmanifest', 'application/manifest+json'],
      ['/icons/touch.png', 'image/png'],
      ['/sw.js', 'text/javascript'],
    ]) {
      const { status, headers } = await fetch(`${server.url}${path}`);
      expect([status, headers.get('Content-Type')]).toEqual([200, expect.stringContaining(type)]);
    }
    expect((await fetch(`${server.url}/sw.js`)).headers.get('Cache-Control')).toBe('no-cache');
  });
});

/** Where sign, list and sheet begin, pixels. */
const PLACES = `['.sign', '.tonight', '.for-you .pick', '.question'].map((part) =>
  Math.round(document.querySelector(part).getBoundingClientRect().top))`;
