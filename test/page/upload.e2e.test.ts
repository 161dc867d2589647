import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../scripts/lib/server.ts';
import { PIECE_BYTES } from '../../shared/artifact/upload.ts';
import { newFolder, ROOT } from '../scripts/command.ts';
import { serveFixture } from '../scripts/fixture-server.ts';
import { accessibilityProblems, launchBrowser, noBrowser, openLive, reload } from './browser.ts';

const NEWER = '20990101T000000Z-000001';

describe.skipIf(noBrowser)('a version that the operator brings', () => {
  let folder: string;
  let server: LocalServer;
  let browser: Browser;
  /** The fixture's files and one that comes in two pieces, as a version of their own. */
  let files: string[];

  beforeAll(async () => {
    folder = await newFolder();
    const model = join(folder, 'model');
    await cp(join(ROOT, 'test/fixtures/artifact'), model, { recursive: true });
    const manifest = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8'));
    const large = Buffer.alloc(PIECE_BYTES + 1000, 'large');
    await writeFile(join(model, 'large.bin'), large);
    const sha256 = createHash('sha256').update(large).digest('hex');
    manifest.files.push({ name: 'large.bin', bytes: large.length, sha256, rows: 0 });
    await writeFile(join(model, 'manifest.json'), JSON.stringify({ ...manifest, version: NEWER }));
    files = (await readdir(model)).map((name) => join(model, name));
    const serving = serveFixture(join(folder, 'state'), { ADMIN_TOKEN: 'the-operator', MODEL_TTL: '0' });
    [server, browser] = await Promise.all([serving, launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is listed while files lack, is a version once all came, and then goes into service', async () => {
    const { page, complaints } = await openLive(browser, `${server.url}/admin`);
    await page.getByLabel('Token').fill('the-operator');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    const versions = page.getByRole('region', { name: 'Versions', exact: true });
    const input = versions.getByLabel(/^Bring a version/);
    await input.setInputFiles(files.filter((path) => !path.endsWith('users.arrow')));
    await versions.getByRole('alert').getByText('users.arrow did not come').waitFor();
    const rest = `${files.length - 2} of ${files.length - 1} files are there`; // without manifest.json
    await versions.getByText(rest).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    complaints.length = 0; // the browser's own about 422
    await input.setInputFiles(files);
    await versions.getByText('It is not in service yet.').waitFor();
    await versions.getByText(rest).waitFor({ state: 'detached' });
    await versions.getByRole('button', { name: `Put into service: ${NEWER}` }).click();
    await versions.locator('li', { hasText: NEWER }).getByText('in service', { exact: true }).waitFor();
    const { model } = (await (await fetch(`${server.url}/recommend`)).json()) as { model: { version: string } };
    expect(model.version).toBe(NEWER);
    expect(complaints).toEqual([]);
  });

  it('goes on after a reload with the pieces of a large file that are not there yet', async () => {
    const { page } = await openLive(browser, `${server.url}/admin`);
    await page.getByLabel('Token').fill('the-operator');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    const [manifestPath, largePath] = ['manifest.json', 'large.bin'].map((name) => join(folder, 'model', name));
    const manifest = JSON.parse(await readFile(manifestPath, 'utf8'));
    const version = NEWER.replace('2099', '2098');
    const chosen = [
      {
        name: 'manifest.json',
        mimeType: 'application/json',
        buffer: Buffer.from(JSON.stringify({ ...manifest, version })),
      },
      { name: 'large.bin', mimeType: 'application/octet-stream', buffer: await readFile(largePath) },
    ];
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/pieces/')) sent.push(request.url().split('/').at(-1)!);
    });
    const versions = page.getByRole('region', { name: 'Versions', exact: true });
    await page.route('**/pieces/2', (route) =>
      route.fulfill({ status: 413, json: { detail: `injected ${'0'.repeat(200)}` } }),
    );
    await versions.getByLabel(/^Bring a version/).setInputFiles(chosen);
    await versions.getByRole('alert').getByText('Injected 000').waitFor();
    expect(await versions.evaluate((part) => part.scrollWidth - part.clientWidth)).toBeLessThanOrEqual(0);
    await versions.getByText('and some of large.bin').waitFor();
    await page.unroute('**/pieces/2');
    await reload(page);
    await versions.getByLabel(/^Bring a version/).setInputFiles(chosen);
    await versions.getByRole('alert').getByText('did not come').waitFor(); // all others
    await versions.getByText(/ 1 of \d+ files are there\./).waitFor();
    expect(sent).toEqual(['1', '2', '2']);
    await versions.getByRole('button', { name: `Remove: ${version}` }).click();
    await versions.getByText(`The upload of ${version} is gone.`).waitFor();
  });
});
