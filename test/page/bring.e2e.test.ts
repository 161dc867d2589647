import { readFile } from 'node:fs/promises';
import { strToU8, zipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Server } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive, type PageOptions, reload, visit } from './browser.ts';
import { focused, says, stored, titles } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

const list = (columns: string, ...lines: readonly string[]) =>
  strToU8([`Date,Name,Year,Letterboxd URI${columns}`, ...lines].join('\n'));

/** Films of a data set that ends in 2016, one that it lacks, and one that may be two. */
const ZIP = zipSync({
  'ratings.csv': list(
    ',Rating',
    '2024-01-01,The Matrix,1999,u/matrix,5',
    '2024-01-02,Star Wars,1977,u/star-wars,4',
    '2024-01-03,Hamlet,2000,u/hamlet,3',
    '2024-01-04,Never Made,1999,u/never,2',
  ),
  'watched.csv': list('', '2024-01-05,Heat,1995,u/heat', '2024-01-01,The Matrix,1999,u/matrix'),
  'watchlist.csv': list('', '2024-01-06,Ran,1985,u/ran'),
});

const PHONE = { width: 390, height: 844, touch: true, dark: true } as const;

/** Drops a file on the page, as a person does who drags it there. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    `((name, bytes) => {
       const transfer = new DataTransfer();
       transfer.items.add(new File([new Uint8Array(bytes)], name));
       return transfer;
     })(${JSON.stringify(name)}, ${JSON.stringify([...bytes])})`,
  );
  await page.dispatchEvent('.sign', 'dragover', { dataTransfer: transfer });
  await page.getByText('Drop the file.').waitFor();
  await page.dispatchEvent('.sign', 'drop', { dataTransfer: transfer });
}

const choose = (page: Page, name: string, bytes: Uint8Array | string) =>
  page
    .getByLabel('Bring your ratings')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });

/** What the server has marked for the person of the page, by title. */
async function marked(page: Page): Promise<[string, string][]> {
  const marks = await page.evaluate<{ title: string; mark: string }[]>(
    "fetch('/marks').then((r) => r.json()).then((a) => a.marks ?? [])",
  );
  return marks.map(({ title, mark }) => [title, mark]);
}

describe.skipIf(noBrowser)('a file that is brought', () => {
  let server: Server;
  let browser: Browser;

  beforeTests(LITTLE, (site) => {
    ({ server, browser } = site);
  });

  const open = (options?: PageOptions) => openLive(browser, server.url, options);

  it('is dropped anywhere, looked at, stored with what the person chose, and taken back as a whole', async () => {
    const { page, complaints, origins } = await open();
    await drop(page, 'letterboxd.zip', ZIP);
    await page.getByText('2 new or changed ratings').waitFor();
    expect(await page.locator('.facts li').allTextContents()).toEqual([
      '2 new or changed ratings',
      '1 film seen, without stars',
      '1 film for your watchlist',
    ]);
    expect(new URL(page.url()).pathname).toBe('/bring');
    expect(await focused(page)).toBe('bring-heading');
    expect(await page.evaluate("fetch('/ratings').then((r) => r.status)")).toBe(401); // not even a session
    await page.getByLabel('Which film is Hamlet (2000)?').selectOption({ index: 1 });
    await page.getByText('1 film not known here').click();
    await page.getByRole('button', { name: 'Find it: Never Made (1999)' }).click();
    await page.getByLabel('Find Never Made (1999)').fill('fargo');
    await page.getByRole('button', { name: 'Fargo (1996)' }).click();
    expect(await page.getByLabel('Which film is Never Made (1999)?').locator('option:checked').textContent()).toBe(
      'Fargo (1996)',
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Store 6 films' }).click();
    await page.getByText('4 ratings brought in from Letterboxd.').waitFor();
    expect((await stored(page)).map(({ title, rating }) => `${title} ${rating}`)).toEqual([
      'The Matrix 5',
      'Star Wars: Episode IV - A New Hope 4',
      'Hamlet 3',
      'Fargo 2',
    ]);
    expect((await marked(page)).toSorted()).toEqual([
      ['Heat', 'seen'],
      ['Ran', 'watchlist'],
    ]);
    await page.getByRole('link', { name: 'Your ratings (4)' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Undo the whole import' }).click();
    await page.getByText('The import is taken back. 6 films removed.').waitFor();
    expect([await stored(page), await marked(page)]).toEqual([[], []]);
    expect(await page.locator('.to-mine').count()).toBe(0);
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    expect([...origins]).toEqual([server.url]);
  });

  it('leaves ratings of before as they were when it is taken back', async () => {
    const { page } = await open();
    await page.evaluate(
      `fetch('/session', { method: 'POST' }).then(() => fetch('/ratings', { method: 'POST',
         headers: { 'Content-Type': 'application/json' },
         body: JSON.stringify({ movieId: 2571, rating: 1, timestamp: 1500000000 }) }))`,
    );
    await reload(page);
    const other = await page.context().newPage();
    await visit(other, server.url);
    await choose(page, 'letterboxd.zip', ZIP);
    await page.locator('#store').click();
    await other.getByRole('link', { name: 'Your ratings (2)' }).waitFor(); // another tab hears of it
    await page.locator('#undo-import').click();
    await page.getByText('1 film as before').waitFor();
    await other.getByRole('link', { name: 'Your ratings (1)' }).waitFor();
    expect(await stored(page)).toEqual([{ title: 'The Matrix', rating: 1 }]);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await says(page, 'From your one rating.');
  });

  it('on a phone in the dark is chosen, looked at, stored and taken back, in sight and without shifts', async () => {
    const { page } = await open(PHONE);
    await visit(page, `${server.url}/bring`);
    await choose(page, 'letterboxd.zip', ZIP);
    await page.locator('#store').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await page.evaluate('layoutShift')).toBeLessThan(0.02);
    await page.locator('#store').tap();
    const undo = page.locator('#undo-import');
    await undo.waitFor();
    const { y, height } = (await undo.boundingBox())!;
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + height).toBeLessThanOrEqual(PHONE.height);
    await undo.tap();
    await page.locator('#imported', { hasText: 'The import is taken back.' }).waitFor();
    expect(await stored(page)).toEqual([]);
  });

  it('may be left, and says nothing of itself after the person is forgotten', async () => {
    const { page } = await open();
    await choose(page, 'letterboxd.zip', ZIP);
    await page.getByRole('button', { name: 'Leave it' }).click();
    expect(await page.locator('#store').count()).toBe(0);
    await choose(page, 'letterboxd.zip', ZIP);
    await page.locator('#store').click();
    await page.locator('#undo-import').waitFor();
    await page.getByRole('link', { name: /^Your ratings/ }).click();
    await page.getByRole('button', { name: 'Forget me' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await page.locator('#status', { hasText: 'Your ratings are deleted.' }).waitFor({ state: 'attached' });
    await visit(page, `${server.url}/bring`);
    expect(await page.locator('#imported').count()).toBe(0);
    expect(await page.content()).not.toContain('letterboxd.zip');
  });

  it('that cannot be read, or meets a server that is gone, says so where the person looks', async () => {
    const { page } = await open();
    await choose(page, 'list.csv', 'a,b\n1,2\n');
    await page.getByRole('alert').getByText('The file’s columns are a, b.').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0); // it stays what it is
    await choose(page, 'large.csv', new Uint8Array(4 * 2 ** 20 + 1));
    await page.getByRole('alert').getByText('large.csv is larger than 4 MiB.').waitFor();
    await page.route('**/import?store=false*', (route) => route.fulfill({ status: 503, body: 'busy' }));
    await choose(page, 'letterboxd.zip', ZIP);
    await page.getByRole('alert').getByText('The server has trouble (503).').waitFor();
    await page.unroute('**/import?store=false*');
    await page.getByRole('button', { name: 'Try again' }).click(); // the file is still there
    await page.locator('#store').waitFor();
    await page.route('**/import?store=true*', (route) => route.abort());
    await page.locator('#store').click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await page.unroute('**/import?store=true*');
    await page.getByRole('button', { name: 'Store 4 films' }).click(); // the review is still there
    await page.getByText('2 ratings brought in from Letterboxd.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('may be several, of two sites, which are looked at together, and the newest date counts', async () => {
    const { page } = await open();
    await page.getByLabel('Bring your ratings').setInputFiles([
      { name: 'letterboxd.zip', mimeType: 'application/zip', buffer: Buffer.from(ZIP) },
      {
        name: 'imdb.tsv',
        mimeType: 'text/tab-separated-values',
        buffer: Buffer.from(
          'Const\tYour Rating\tDate Rated\tTitle\tYear\tTitle Type\ntt0133093\t4\t2024-06-01\tThe Matrix\t1999\tMovie\n',
        ),
      },
    ]);
    await page.getByText('letterboxd.zip, imdb.tsv, from Letterboxd and IMDb.').waitFor();
    await page.getByText('1 left out: the film is rated again, and the newest date counts').waitFor();
    await page.locator('#store').click();
    await page.locator('#undo-import').waitFor();
    expect((await stored(page)).map(({ title, rating }) => `${title} ${rating}`)).toEqual([
      'Star Wars: Episode IV - A New Hope 4',
      'The Matrix 2',
    ]);
    await page.locator('#undo-import').click();
    await page.getByText('The import is taken back. 4 films removed.').waitFor();
  });

  it('of thousands of unknown films is a page of few elements, with more on demand', async () => {
    const { page } = await open();
    const lines = Array.from({ length: 3000 }, (_, j) => `2024-01-01,New Film ${j},2024,u/${j},4`);
    await choose(page, 'ratings.csv', list(',Rating', ...lines));
    await page.getByText('3,000 films not known here').click();
    expect(await page.locator('.doubt').count()).toBe(20);
    await page.getByRole('button', { name: '20 more' }).click();
    expect(await page.locator('.doubt').count()).toBe(40);
    expect(await page.evaluate<number>("document.querySelectorAll('*').length")).toBeLessThan(1500);
    expect(await page.getByRole('button', { name: 'Nothing new to store' }).isDisabled()).toBe(true);
  });

  it('by keys alone is looked at and stored', async () => {
    const { page } = await open();
    await choose(page, 'letterboxd.zip', ZIP);
    await page.locator('#store').waitFor();
    await page.getByLabel('Which film is Hamlet (2000)?').focus();
    await page.keyboard.press('ArrowDown');
    await page.locator('#store').focus();
    await page.keyboard.press('Enter');
    await page.getByText('3 ratings brought in from Letterboxd.').waitFor();
    expect(await focused(page)).toBe('bring-heading');
  });

  it('leaves again in the columns of Letterboxd and IMDb, and the list as a list', async () => {
    const { page } = await open();
    await choose(page, 'letterboxd.zip', ZIP);
    await page.locator('#store').click();
    await page.getByRole('link', { name: /^Your ratings/ }).click();
    const fileOf = async (name: string) => {
      await page.getByText('Export', { exact: true }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name, exact: true }).click(),
      ]);
      await page.getByText('Export', { exact: true }).click();
      return readFile((await download.path())!, 'utf8');
    };
    expect(await fileOf('Letterboxd (CSV)')).toContain('\nThe Matrix,1999,,,5,2024-01-01,2571\n');
    expect(await fileOf('IMDb’s columns (CSV)')).toContain(',10,2024-01-01,The Matrix,');
    await page.getByRole('link', { name: 'Back to the list' }).click();
    const first = (await titles(page.locator('.for-you .pick:not(.done)')))[0];
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'As a Letterboxd list' }).click(),
    ]);
    const lines = (await readFile((await download.path())!, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 100);
    expect(lines[1].replace(/^"|"/g, '')).toContain(first);
  });
});
