import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { meanStars, nearestUsers, networkRows } from '../../shared/model/network-users.ts';
import { titlesIn } from '../../shared/title.ts';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { openNeural } from '../../trainer/predict/neural.ts';
import { getJson, type Server, trainedVersion } from '../scripts/server.ts';
import { accessibilityProblems, noBrowser, openLive } from './browser.ts';
import { question, titles } from './reading.ts';
import { beforeTests, LITTLE } from './site.ts';

describe.skipIf(noBrowser)('the neural opinion of the page', () => {
  let server: Server;
  let browser: Browser;

  const network = ['--model', 'neural', '--epochs', '2', '--batch-size', '1024', '--layers', '16', '--lr', '0.02'];
  const flags = [...LITTLE, ...network, '--backend', 'wasm'];
  beforeTests(flags, (site) => {
    ({ server, browser } = site);
  });

  const says = (page: Page, text: string) => page.locator('#basis').getByText(text).waitFor();
  const listed = (page: Page) => titles(page.locator('.for-you .pick'));

  it('re-ranks the best 100 in the browser, as the network itself says, and nothing is loaded before it is asked', async () => {
    const { page, complaints, origins } = await openLive(browser, server.url);
    const paths: string[] = [];
    page.on('request', (request) => paths.push(new URL(request.url()).pathname));
    await says(page, 'What people like on average');
    await question(page).getByRole('radio', { name: '5 stars', exact: true }).click();
    await says(page, 'From your one rating.');
    expect(paths.filter((path) => /neural|ort/.test(path))).toEqual([]);
    const before = await listed(page);

    await page.getByLabel('Neural opinion').check();
    await says(page, 'It never saw you: of its 671 people it answers as the 20 whose ratings come closest to yours.');
    const after = await listed(page);
    expect(after).toHaveLength(20);
    expect(after).not.toEqual(before);
    expect(paths).toContain('/ort/ort-wasm-simd-threaded.wasm');

    const [rated] = (await page.evaluate<{ ratings: { movieId: number }[] }>("fetch('/ratings').then((r) => r.json())"))
      .ratings;
    const best = (
      await page.evaluate<{ items: { movieId: number; title: string }[] }>(
        "fetch('/recommend?k=100').then((r) => r.json())",
      )
    ).items;
    const { vocabulary, predict } = await openNeural(await readArtifact(server.artifact));
    const row = networkRows(vocabulary.movieIds);
    const people = await nearestUsers(predict, 671, {
      movies: Int32Array.of(row(rated.movieId)),
      stars: Float32Array.of(5),
    });
    const stars = await meanStars(
      predict,
      people,
      Int32Array.from(best, ({ movieId }: { movieId: number }) => row(movieId)),
    );
    const order = [...stars.keys()].sort((a, b) => stars[b] - stars[a]).slice(0, 20);
    expect(after).toEqual(order.map((at) => titlesIn(best[at].title)[0]));
    const shown = await page.locator('.for-you .predicted .value').allTextContents();
    expect(shown).toEqual(order.map((at) => Math.min(5, Math.max(0.5, stars[at])).toFixed(1)));

    await page.getByLabel('Neural opinion').uncheck();
    await says(page, 'From your one rating.');
    expect(await listed(page)).toEqual(before);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([server.url]);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('comes from files that the manifest lists, and of no other version', async () => {
    const about = await getJson(`${server.url}/neural`);
    expect(about).toMatchObject({ version: trainedVersion(server.output), users: 671 });
    const network = await fetch(`${server.url}/neural/${about.version}`);
    expect(Buffer.from(await network.arrayBuffer()).equals(await readFile(join(server.artifact, 'neural.onnx')))).toBe(
      true,
    );
    expect((await fetch(`${server.url}/neural/20260101T000000Z-other`)).status).toBe(404);
  });
});
