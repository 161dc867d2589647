import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { startAgain } from '../../scripts/lib/start-again.ts';
import { findChromium } from '../../trainer/report/png.ts';

const executablePath = findChromium();
/** Milliseconds: only what hangs takes so long, however busy the machine. */
const PATIENCE = 300_000;

/** Why the tests in a browser cannot run on this machine; undefined where they can. */
export const noBrowser = executablePath
  ? undefined
  : 'no chromium on this machine: what needs a browser is not tested (Debian: apt-get install chromium)';

if (noBrowser) {
  if (process.env.CI === 'true') throw new Error(noBrowser);
  console.warn(noBrowser);
}

/** Starts a browser; where it hangs, another one. */
export function launchBrowser(): Promise<Browser> {
  const launch = () =>
    chromium.launch({
      executablePath,
      timeout: PATIENCE,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
    });
  return startAgain(launch, (late) => late.close(), { patience: 90_000, what: 'chromium' });
}

/** What a page complained about, and where it sent requests. */
interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  readonly origins: Set<string>;
}

export interface PageOptions {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly touch?: boolean;
  readonly scripts?: boolean;
  readonly forcedColors?: boolean;
  readonly reducedMotion?: boolean;
  /** False: none, since what it answers no `page.route` sees. */
  readonly serviceWorker?: false;
}

/** A page of a person who was never here, with nothing stored; it closes when the test ends. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}) {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
    colorScheme: options.dark ? 'dark' : 'light',
    forcedColors: options.forcedColors ? 'active' : 'none',
    reducedMotion: options.reducedMotion ? 'reduce' : 'no-preference',
    hasTouch: options.touch ?? false,
    isMobile: options.touch ?? false,
    javaScriptEnabled: options.scripts ?? true,
    serviceWorkers: options.serviceWorker === false ? 'block' : 'allow',
    locale: 'en-GB',
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const watched: Watched = { page, complaints: [], origins: new Set() };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') watched.complaints.push(message.text());
  });
  page.on('pageerror', (error) => watched.complaints.push(String(error)));
  page.on('request', (request) => watched.origins.add(new URL(request.url()).origin));
  await page.addInitScript(WATCH_SHIFTS);
  await page.addInitScript(TELL_REFUSALS);
  await page.goto(url);
  return watched;
}

/** Adds up, in the page, how much its layout shifts without anybody's doing. */
const WATCH_SHIFTS = `
  window.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.layoutShift += value;
  }).observe({ type: 'layout-shift', buffered: true });`;

/** Complains of what the policy refused: of text that shall become code Chromium says nothing by itself. */
const TELL_REFUSALS = `
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    console.error('refused by ' + effectiveDirective + ': ' + blockedURI);
  });`;

/** The page's own page, once its scripts have taken it up. */
export async function openLive(browser: Browser, url: string, options: PageOptions = {}) {
  const watched = await openPage(browser, url, options);
  await live(watched.page);
  return watched;
}

/** Once the scripts have taken up the page that is open. */
export function live(page: Page): Promise<void> {
  return page.locator('html.live').waitFor({ state: 'attached' });
}

/** Goes to another address of the page, and waits for the page to live there. */
export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await live(page);
}

/** Loads the page anew, and waits for it to live. */
export async function reload(page: Page): Promise<void> {
  await page.reload();
  await live(page);
}

/** What axe-core finds wrong with a page once nothing moves any more: rule and element. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    "axe.run({ resultTypes: ['violations'] })",
  );
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
