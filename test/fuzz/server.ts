import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { openStores, type Stores, withWorkerd } from '../bench/machines/stores.ts';
import { bundleWorker, type WorkerdOptions } from '../bench/machines/workerd.ts';
import { lookThrough } from './stored.ts';
import type { Secrets } from './target.ts';

export const FIXTURE = join(import.meta.dirname, '../fixtures/artifact');

const SECRETS = { SESSION_SECRET: 'of the fuzzer', API_TOKEN: 'fuzz-token', ADMIN_TOKEN: 'fuzz-admin' };

/** For damaged versions: each request looks for the newest one, and what the Worker says of them is expected. */
export const LOOKS_ALWAYS: WorkerdOptions = { vars: { MODEL_TTL: '0' }, silent: true };

export interface FuzzedServer {
  readonly url: string;
  readonly secrets: Secrets;
  /** The process that serves; absent where it is not ours. */
  readonly pid?: number;
  /** What it reads; absent where that is not ours. */
  readonly stores?: Stores;
}

/**
 * Serves the small synthetic model by the Worker in workerd alone, over stores in memory and without limits of requests.
 * Returns what `work` found, and what it left in D1.
 *
 * @param options of workerd: variables beside the secrets, and whether the Worker's log is left out
 */
export async function withServer<T>(
  work: (server: FuzzedServer & { readonly stores: Stores; readonly pid: number }) => Promise<T>,
  { vars, ...options }: WorkerdOptions = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-fuzz-'));
  const stores = await openStores();
  try {
    await publish(stores.bucket, await readArtifact(FIXTURE));
    const bundle = await bundleWorker(folder);
    const found = await withWorkerd(bundle, stores, { ...options, vars: { ...SECRETS, ...vars } }, ({ url, pid }) =>
      work({ url, pid, stores, secrets: SECRETS }),
    );
    return { found, stored: await lookThrough(stores.db) };
  } finally {
    stores.close();
    await rm(folder, { recursive: true, force: true });
  }
}
