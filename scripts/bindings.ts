import { getPlatformProxy } from 'wrangler';
import type { Database } from '../shared/rating-store.ts';
import type { Bucket } from '../trainer/publish.ts';

/** The Worker's bindings under Node: the same R2 bucket and D1 database, on this machine or on Cloudflare. */
export interface Bindings {
  readonly MODELS: Bucket;
  readonly DB: Database;
}

/** Opens the bindings of wrangler.toml, lets `work` use them, and shuts them down. */
export async function withBindings<T>(remote: boolean, work: (bindings: Bindings) => Promise<T>): Promise<T> {
  const proxy = await getPlatformProxy<Bindings & Record<string, unknown>>({
    configPath: 'wrangler.toml',
    environment: remote ? 'production' : undefined,
    remoteBindings: remote,
  });
  try {
    return await work(proxy.env);
  } finally {
    await proxy.dispose();
  }
}
