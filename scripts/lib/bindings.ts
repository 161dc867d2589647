import { join } from 'node:path';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Database } from '../../shared/storage/database.ts';

// Wrangler as a library: no look-ups, no metrics, and nothing on the terminal but what goes wrong.
process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
process.env.WRANGLER_SEND_METRICS ??= 'false';
process.env.WRANGLER_LOG ??= 'warn';

/** The Worker's bindings under Node: the same R2 bucket and D1 database, on this machine or on Cloudflare. */
export interface Bindings {
  readonly MODELS: Bucket;
  readonly DB: Database;
}

/** Where local R2 and D1 live; MARQUEE_STATE names another folder, so that two sets of data can stand side by side. */
export const STATE = process.env.MARQUEE_STATE ?? '.wrangler/state';

/** Opens the bindings of wrangler.toml, lets `work` use them, and shuts them down. */
export async function withBindings<T>(remote: boolean, work: (bindings: Bindings) => Promise<T>): Promise<T> {
  const { getPlatformProxy } = await import('wrangler'); // takes seconds: not before the input has been found good
  const proxy = await getPlatformProxy<Bindings & Record<string, unknown>>({
    configPath: 'wrangler.toml',
    environment: remote ? 'production' : undefined,
    remoteBindings: remote,
    persist: { path: join(STATE, 'v3') },
  });
  try {
    return await work(proxy.env);
  } finally {
    await proxy.dispose();
  }
}
