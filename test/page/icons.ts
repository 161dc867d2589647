/** `node test/page/icons.ts`: draws worker/web/favicon.svg as the PNGs of worker/web/icons that the manifest names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from '../../trainer/report/png.ts';

const WEB = join(import.meta.dirname, '../../worker/web');
/** A system cuts its own shape out of a maskable icon: the ground fills it, and the star stands within its middle. */
const ICONS = [
  { name: '192', size: 192, filled: false },
  { name: '512', size: 512, filled: false },
  { name: 'maskable', size: 512, filled: true },
  { name: 'touch', size: 180, filled: true },
];

const svg = (await readFile(join(WEB, 'favicon.svg'), 'utf8')).replace(/<title>.*<\/title>/, '');
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
for (const { name, size, filled } of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const ground = filled ? 'background:#221a14' : '';
  await page.setContent(`<body style="margin:0;display:grid;place-items:center;height:100vh;${ground}">${svg}</body>`);
  await page.addStyleTag({ content: `svg { width: ${filled ? 82 : 100}%; }` });
  await page.screenshot({ path: join(WEB, 'icons', `${name}.png`), omitBackground: true });
}
await browser.close();
