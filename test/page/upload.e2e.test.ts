import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../scripts/lib/server.ts';
import { newFolder, ROOT } from '../scripts/command.ts';
import { serveFixture } from '../scripts/fixture-server.ts';
import { accessibilityProblems, launchBrowser, noBrowser, openLive } from './browser.ts';

const NEWER = '20990101T000000Z-000001';

describe.skipIf(noBrowser)('a version that the operator brings', () => {
  let folder: string;
  let server: LocalServer;
  let browser: Browser;
  /** The fixture's files, as a version of their own. */
  let files: string[];

  beforeAll(async () => {
    folder = await newFolder();
    const model = join(folder, 'model');
    await cp(join(ROOT, 'test/fixtures/artifact'), model, { recursive: true });
    const manifest = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8'));
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
});
