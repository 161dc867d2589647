/** `node test/page/picture.ts URL`: takes the picture of the README, .github/page.png, of a page that is served there. */
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from '../../trainer/report/png.ts';
import { question, rateFirst } from './reading.ts';

const [url = 'http://localhost:8787'] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({
  viewport: { width: 1280, height: 860 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
});
await page.goto(url);
await page.locator('html.live').waitFor({ state: 'attached' });
for (const stars of ['4 stars', '2.5 stars', '4.5 stars', '3 stars', '5 stars']) await rateFirst(page, stars);
await question(page).focus();
await page.locator('.pick').nth(2).getByRole('button', { name: /^Rate/ }).click();
await page.locator('.pick').nth(2).getByRole('radio', { name: '4.5 stars' }).hover();
await page.screenshot({ path: join(import.meta.dirname, '../../.github/page.png') });
await browser.close();
