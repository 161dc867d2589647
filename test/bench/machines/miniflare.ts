import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { migrate } from '../../../scripts/lib/migrations.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import type { Bundle } from './workerd.ts';

/** The Worker under Miniflare, with Miniflare's R2 and D1. */
export interface LocalStack {
  readonly url: string;
  readonly bucket: Bucket;
  readonly db: Database;
  stop(): Promise<void>;
}

/** Starts the Worker as `wrangler dev` does, without wrangler's proxy before it. Its stores are empty but for tables. */
export async function startMiniflare({ folder, modules, compatibilityDate, vars }: Bundle): Promise<LocalStack> {
  const state = await mkdtemp(join(tmpdir(), 'marquee-miniflare-'));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'marquee',
      modules: await Promise.all(
        ['index.js', ...modules.filter((name) => name !== 'index.js')].map(async (name) => ({
          type: name.endsWith('.wasm') ? ('CompiledWasm' as const) : ('ESModule' as const),
          path: name,
          contents: new Uint8Array(await readFile(join(folder, name))),
        })),
      ),
      compatibilityDate,
      cf: false,
      bindings: { ...vars },
      r2Buckets: { MODELS: 'marquee-models' },
      d1Databases: { DB: 'marquee' },
      resourcePersistencePath: state,
    }),
  );
  const url = String(await miniflare.ready).replace(/\/$/, '');
  const db = (await miniflare.getD1Database('DB')) as unknown as Database;
  await migrate(db);
  return {
    url,
    bucket: (await miniflare.getR2Bucket('MODELS')) as unknown as Bucket,
    db,
    async stop() {
      await miniflare.dispose();
      await rm(state, { recursive: true, force: true });
    },
  };
}
