import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readArtifact } from '../../../trainer/artifact/artifact.ts';
import { reportData } from '../../../trainer/report/data.ts';
import { reportPage } from '../../../trainer/report/page.ts';
import { renderPng } from '../../../trainer/report/png.ts';
import { noBrowser } from '../../page/browser.ts';

it.skipIf(noBrowser)('a report becomes a picture', async () => {
  const artifact = await readArtifact(join(import.meta.dirname, '../../fixtures/artifact'));
  const html = reportPage(await reportData(artifact));
  const [light, dark] = [await renderPng(html, { width: 400 }), await renderPng(html, { width: 400, dark: true })];
  for (const png of [light, dark]) {
    expect([...png.subarray(1, 4)]).toEqual([...'PNG'].map((letter) => letter.charCodeAt(0)));
    expect(new DataView(png.buffer, png.byteOffset).getUint32(16)).toBe(400);
  }
  expect(Buffer.compare(light, dark)).not.toBe(0);
});
