import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';
import { optionalPart } from '../optional-part.ts';

/** Path of this machine's Chromium; undefined when there is none. */
export function findChromium(path = process.env.PATH ?? ''): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return path
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}

export interface PictureSettings {
  readonly dark?: boolean;
  /** CSS pixels. */
  readonly width?: number;
}

/** A page as a PNG of its full height, drawn by this machine's Chromium. Throws `not-found` when there is none. */
export async function renderPng(
  html: string,
  { dark = false, width = 900 }: PictureSettings = {},
): Promise<Uint8Array> {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new MarqueeError('not-found', '--png needs a Chromium, and there is none on PATH', {
      fix: 'Install one (Debian: apt-get install chromium), or print the HTML from a browser.',
    });
  }
  const load = () => import('playwright-core');
  const { chromium } = await optionalPart('playwright-core, which --png needs,', load, 'npm install --include=dev');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    const colorScheme = dark ? 'dark' : 'light';
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await page.setContent(html);
    return await page.screenshot({ fullPage: true });
  } finally {
    await browser.close();
  }
}
