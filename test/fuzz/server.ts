import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { openStores, type Stores, withWorkerd } from '../bench/machines/stores.ts';
import { bundlePart, bundleWorker, type WorkerdOptions } from '../bench/machines/workerd.ts';
import { lookThrough } from './stored.ts';
import type { Secrets } from './target.ts';

export const FIXTURE = join(import.meta.dirname, '../fixtures/artifact');

const SECRETS = {
  SESSION_SECRET: 'of the fuzzer',
  API_TOKEN: 'fuzz-token',
  ADMIN_TOKEN: 'fuzz-admin',
  JWT_SECRET: 'of the host of the fuzzer, long enough',
};

/** What a deployment may have switched on. */
export const ALL_ON: WorkerdOptions = { vars: { LIST_LOG: '1', EXPLORE: '0.3' } };

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
 * @param options of workerd: variables beside the secrets, and whether the Worker's log is left out; `cut`: over how many
 *   Workers the catalogue is cut
 */
export async function withServer<T>(
  work: (server: FuzzedServer & { readonly stores: Stores; readonly pid: number }) => Promise<T>,
  { vars, cut = 0, ...options }: WorkerdOptions & { cut?: number } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-fuzz-'));
  const stores = await openStores();
  try {
    await publish(stores.bucket, await readArtifact(FIXTURE), undefined, cut);
    const bundle = await bundleWorker(folder);
    const parts = cut > 0 ? { bundle: await bundlePart(bundle), count: cut } : undefined;
    const all = { ...options, parts, vars: { ...SECRETS, ...vars } };
    const found = await withWorkerd(bundle, stores, all, ({ url, pid }) =>
      work({ url, pid, stores, secrets: SECRETS }),
    );
    return { found, stored: await lookThrough(stores.db) };
  } finally {
    stores.close();
    await rm(folder, { recursive: true, force: true });
  }
}
