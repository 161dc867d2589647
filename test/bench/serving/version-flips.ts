import type { Current } from '../../../shared/artifact/manifest.ts';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { Inspector, type IsolateMemory } from '../machines/inspector.ts';
import { type LoadRequest, type LoadResult, load } from '../machines/load.ts';
import type { MemoryBucket } from '../machines/memory-bucket.ts';
import { residentMemory, type Stores, withWorkerd } from '../machines/stores.ts';
import type { Bundle } from '../machines/workerd.ts';

export interface FlipReport {
  readonly flips: number;
  /** Flips after which a request was answered by the new version. */
  readonly seen: number;
  readonly load: LoadResult;
  /** Bytes of the isolate after collection: before any model, with the first, and after each flip. */
  readonly empty: IsolateMemory;
  readonly first: IsolateMemory;
  readonly after: readonly IsolateMemory[];
  /** Once the load has ended and one version is left: the least of some readings. */
  readonly settled: IsolateMemory;
  /** The most of these: two versions, where requests still had the one before. Bytes. */
  readonly peak: number;
  /** Of the process: before any model, and the most, bytes. */
  readonly resident: { readonly empty: number; readonly peak: number };
}

/** Milliseconds within which a new version must answer. */
const PATIENCE = 300_000;

/**
 * Lets current.json change between two versions under load, and watches the isolate's memory. Each flip waits until the
 * new version answers.
 */
export async function flipUnderLoad(
  bundle: Bundle,
  stores: Stores,
  versions: readonly [string, string],
  { flips, requests, connections }: { flips: number; requests: readonly LoadRequest[]; connections: number },
): Promise<FlipReport> {
  return withWorkerd(
    bundle,
    stores,
    { vars: { MODEL_TTL: '0.02' }, inspect: true },
    async ({ url, inspectorPort, pid }) => {
      const inspector = await Inspector.open(inspectorPort, 'marquee');
      const resident = { empty: (await residentMemory(pid)).now, peak: 0 };
      const empty = await inspector.memory();
      await point(stores.bucket, versions[0]);
      await versionSeen(url, versions[0]);
      const first = await inspector.memory();
      const after: IsolateMemory[] = [];
      const stop = new AbortController();
      const loaded = load({ url, requests, connections, seconds: Number.POSITIVE_INFINITY, signal: stop.signal });
      for (let flip = 1; flip <= flips; flip++) {
        const version = versions[flip % 2];
        await point(stores.bucket, version);
        await versionSeen(url, version);
        after.push(await inspector.memory());
      }
      stop.abort();
      const result = await loaded;
      const peak = Math.max(...after.map(({ heap, buffers }) => heap + buffers));
      const settled = await settledMemory(inspector, url);
      resident.peak = (await residentMemory(pid)).peak;
      inspector.close();
      return { flips, seen: after.length, load: result, empty, first, after, settled, peak, resident };
    },
  );
}

/**
 * The least of ten readings, a request between any two. Requests that were under way hold what they use until they end;
 * what leaks stands in every reading.
 */
async function settledMemory(inspector: Inspector, url: string): Promise<IsolateMemory> {
  let least = await inspector.memory();
  for (let reading = 1; reading < 10; reading++) {
    await fetch(`${url}/health`);
    const memory = await inspector.memory();
    if (memory.buffers < least.buffers) least = memory;
  }
  return least;
}

async function point(bucket: MemoryBucket, version: string): Promise<void> {
  const current: Current = { version, previous: null, publishedAt: new Date().toISOString() };
  await bucket.put(CURRENT_KEY, JSON.stringify(current));
}

/** Waits until /health names the version. */
async function versionSeen(url: string, wanted: string): Promise<void> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const health = (await (await fetch(`${url}/health`)).json()) as { version: string | null };
    if (health.version === wanted) return;
    if (performance.now() > until) throw new Error(`${wanted} is not served: ${JSON.stringify(health)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
