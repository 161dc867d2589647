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

/** Workers behind the first one, each for a part of the catalogue. */
interface PartWorkers {
  readonly bundle: Bundle;
  readonly count: number;
}

/**
 * Starts the Worker as `wrangler dev` does, without wrangler's proxy before it. Its stores are empty but for tables.
 *
 * @param parts bound as PART_1 and so on; they have the same bucket
 */
export async function startMiniflare(bundle: Bundle, parts?: PartWorkers): Promise<LocalStack> {
  const state = await mkdtemp(join(tmpdir(), 'marquee-miniflare-'));
  const names = Array.from({ length: parts?.count ?? 0 }, (_, at) => `part-${at + 1}`);
  const part = parts && (await workerOf(parts.bundle));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      resourcePersistencePath: state,
      workers: [
        {
          ...(await workerOf(bundle)),
          name: 'marquee',
          bindings: { ...bundle.vars },
          d1Databases: { DB: 'marquee' },
          serviceBindings: Object.fromEntries(names.map((name, at) => [`PART_${at + 1}`, name])),
        },
        ...names.map((name) => ({ ...part!, name })),
      ],
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

async function workerOf({ folder, modules, compatibilityDate }: Bundle) {
  const inOrder = ['index.js', ...modules.filter((name) => name !== 'index.js')];
  return {
    modules: await Promise.all(
      inOrder.map(async (name) => ({
        type: name.endsWith('.wasm') ? ('CompiledWasm' as const) : ('ESModule' as const),
        path: name,
        contents: new Uint8Array(await readFile(join(folder, name))),
      })),
    ),
    compatibilityDate,
    r2Buckets: { MODELS: 'marquee-models' },
  };
}
