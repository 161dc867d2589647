import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { newFolder } from '../scripts/command.ts';
import { type Server, startServer } from '../scripts/server.ts';
import { launchBrowser } from './browser.ts';

/** Flags of a model that trains in a moment; lists mean something, no more. */
export const LITTLE = ['--sweeps', '3', '--factors', '7', '--relevance-factors', '8'];
/** Of one that tells films apart. */
export const MORE = ['--sweeps', '5', '--factors', '15', '--relevance-factors', '16'];

export interface Site {
  readonly server: Server;
  readonly browser: Browser;
}

/**
 * Starts a server with a model of its own, and a browser, before the tests, and ends both after them.
 *
 * @param flags of `npm start`
 */
export function beforeTests(flags: readonly string[], take: (site: Site) => void | Promise<void>): void {
  let folder: string;
  let server: Server | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    folder = await newFolder();
    const started = await Promise.all([startServer(join(folder, 'state'), flags), launchBrowser()]);
    [server, browser] = started;
    await take({ server: started[0], browser: started[1] });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });
}
