/**
 * Frames a second of the page's map while it is moved and zoomed, in this machine's Chromium, on a wide window and on a
 * phone's.
 *
 *   npm run bench -- map [--films 60000] [--seconds 4] [--json] [--markdown]
 *
 * The films are those of ml-latest-small-2016, each of them several times, spread about where it stands. The page moves
 * itself by the events of a pointer, one each frame; the compositor's trace counts the frames that came to the window.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, type CDPSession, chromium, type Page } from 'playwright-core';
import { between, bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { findChromium } from '../../trainer/report/png.ts';
import { mulberry } from '../fixtures/random.ts';
import { startServer } from '../scripts/server.ts';
import { IN_PAGE, PAINTER, type Seen } from './harness/map-page.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';

interface Flags extends ReportFlags {
  readonly films: number;
  readonly seconds: number;
}

/** Columns of `GET /map/films`. */
interface Films extends Record<string, unknown> {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Of a model that trains in a moment and tells films apart. */
const MODEL = ['--sweeps', '5', '--factors', '15', '--relevance-factors', '16'];
/** How far a film stands from the one that it copies, map units; all spread by 1. */
const SPREAD = 0.2;
const WINDOWS: Readonly<Record<string, BrowserContextOptions>> = {
  '1440 × 900': { viewport: { width: 1440, height: 900 } },
  '390 × 844, 3 ×': {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 3,
    isMobile: true,
    hasTouch: true,
  },
};
const MOTIONS = { 'the whole map moves': 1, 'it is zoomed': 1, 'a part of it moves': 5 };

const program = addReportFlags(command('bench', "frames a second of the page's map"))
  .name('npm run bench -- map')
  .option('--films <number>', 'points of the map', number, 60_000)
  .option('--seconds <number>', 'of each motion', number, 4);

await run<Flags>(program, async (flags) => {
  const [count, seconds] = [
    bounded(flags.films, '--films', 1, 1_000_000),
    between(flags.seconds, '--seconds', 0.1, 60),
  ];
  const browser = await chromium.launch({
    executablePath: installed(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'marquee-map-'));
  const server = await startServer(join(folder, 'state'), MODEL);
  try {
    const films = cloned((await (await fetch(`${server.url}/map/films`)).json()) as Films, count);
    const rows = [];
    let painter = '';
    for (const [window, options] of Object.entries(WINDOWS)) {
      const page = await openMap(browser, server.url, options, JSON.stringify(films));
      painter = await page.evaluate<string>(PAINTER);
      for (const [motion, zoom] of Object.entries(MOTIONS)) {
        await page.evaluate(`settle(${zoom})`);
        rows.push({
          window,
          motion,
          ...(await measured(browser, page, motion.includes('zoom') ? 'zoom' : 'pan', seconds)),
        });
      }
      await page.context().close();
    }
    report(
      flags,
      { bench: 'map', films: count, painter, rows },
      [rows],
      [`${count} films, ${seconds} s each, points drawn by ${painter}`],
    );
  } finally {
    await Promise.all([server.stop(), browser.close()]);
    await rm(folder, { recursive: true });
  }
});

function installed(): string {
  const path = findChromium();
  if (path) return path;
  throw new MarqueeError('not-found', 'the map bench needs a Chromium, and there is none on PATH', {
    fix: 'Install one (Debian: apt-get install chromium).',
  });
}

/** So many films, the best known first as before. */
function cloned(films: Films, count: number): Films {
  const random = mulberry(42);
  const original = (at: number) => Math.floor((at * films.x.length) / count);
  const apart = () => SPREAD * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const column = (name: string, values: unknown) => {
    if (!Array.isArray(values) || name === 'genreLists') return values;
    const copies = Array.from({ length: count }, (_, at) => values[original(at)]);
    if (name === 'movieIds') return copies.map((_, at) => at + 1);
    return name === 'x' || name === 'y' ? copies.map((value) => value + apart()) : copies;
  };
  return Object.fromEntries(Object.entries(films).map(([name, values]) => [name, column(name, values)])) as Films;
}

async function openMap(browser: Browser, url: string, options: BrowserContextOptions, films: string): Promise<Page> {
  const context = await browser.newContext({ ...options, serviceWorkers: 'block', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.route('**/map/films', (route) => route.fulfill({ body: films, contentType: 'application/json' }));
  await page.addInitScript(IN_PAGE);
  await page.goto(`${url}/map`);
  await page.locator('#sight-heading', { hasText: /: .* films?$/ }).waitFor();
  return page;
}

async function measured(browser: Browser, page: Page, motion: 'zoom' | 'pan', seconds: number) {
  const trace = await browser.newBrowserCDPSession();
  const drawn = await countDrawn(trace);
  const { times, films, scripts } = await page.evaluate<Seen>(`move('${motion}', ${1000 * seconds})`);
  const frames = await drawn();
  const took = (times.at(-1)! - times[0]) / 1000;
  const gaps = times.slice(1).map((time, at) => time - times[at]);
  return {
    'frames/s': Math.round((gaps.length / took) * 10) / 10,
    'shown/s': Math.round((frames / took) * 10) / 10,
    'gap p95 (ms)': rounded(quantile(gaps, 0.95)),
    'script p50 (ms)': rounded(quantile(scripts, 0.5)),
    'script p95 (ms)': rounded(quantile(scripts, 0.95)),
    'films p50': quantile(films, 0.5),
    'films least': Math.min(...films),
  };
}

/** Begins to count frames that the compositor drew. Returns what ends it and says how many there were. */
async function countDrawn(trace: CDPSession): Promise<() => Promise<number>> {
  let frames = 0;
  trace.on('Tracing.dataCollected', ({ value }) => {
    frames += value.filter(({ name }) => (name as unknown) === 'DrawFrame').length;
  });
  const includedCategories = ['disabled-by-default-devtools.timeline.frame', 'devtools.timeline.frame'];
  await trace.send('Tracing.start', { traceConfig: { includedCategories, excludedCategories: ['*'] } });
  return async () => {
    const complete = new Promise((resolve) => trace.once('Tracing.tracingComplete', resolve));
    await trace.send('Tracing.end');
    await complete;
    await trace.detach();
    return frames;
  };
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
