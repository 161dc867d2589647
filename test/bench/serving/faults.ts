import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import { type Artifact, openArtifact } from '../../../trainer/artifact/artifact.ts';
import { publish } from '../../../trainer/artifact/publish.ts';
import { FaultyProxy, type StoreFault } from '../machines/faulty-proxy.ts';
import { type LoadRequest, type LoadResult, load } from '../machines/load.ts';
import { MemoryQueue } from '../machines/memory-queue.ts';
import {
  foldedRequests,
  openStores,
  rateAsStrangers,
  type Stores,
  statelessRequests,
  trainedRequests,
  withWorkerd,
} from '../machines/stores.ts';
import type { Bundle, Workerd } from '../machines/workerd.ts';
import { RatingWriter, type Writes } from './rating-writer.ts';

/** What is wrong with each store for a while. */
export type Faults = Partial<Record<'r2' | 'd1' | 'queue', StoreFault>>;

const PHASES: readonly Faults[] = [
  {},
  { r2: 'slow' },
  { r2: 'failing' },
  { r2: 'silent' },
  { r2: 'stale' },
  { d1: 'slow' },
  { d1: 'failing' },
  { d1: 'silent' },
  { d1: 'lost' },
  { d1: 'stale' },
  { d1: 'failing', queue: 'lost' },
  { d1: 'failing', queue: 'failing' },
  { r2: 'failing', d1: 'failing', queue: 'failing' },
  {},
];

export interface Phase extends Writes {
  readonly faults: Faults;
  readonly load: LoadResult;
}

export interface FaultReport {
  readonly phases: readonly Phase[];
  /** Accepted ratings that D1 lacks in the end. */
  readonly lost: number;
}

export interface FaultJob {
  readonly artifacts: readonly Artifact[];
  readonly users: number;
  readonly seconds: number;
  readonly connections: number;
}

const TOKEN = 'bench-token';
/** Seconds between two looks at current.json: each phase meets several. */
const VARS = { API_TOKEN: TOKEN, MODEL_TTL: '0.5' };
/** Milliseconds within which the queue has to become shorter when all is well again. */
const PATIENCE = 30_000;

/**
 * Asks for recommendations and sends ratings while the stores fail one after the other. Each phase puts the other
 * version into service. In the end all is well, and every rating that was accepted has to be in D1.
 */
export async function failUnderLoad(bundle: Bundle, job: FaultJob): Promise<FaultReport> {
  const stores = await openStores();
  const queue = new MemoryQueue();
  const { port, server } = await queue.serve();
  const proxies = {
    r2: new FaultyProxy(stores.ports.r2),
    d1: new FaultyProxy(stores.ports.d1),
    queue: new FaultyProxy(port),
  };
  try {
    for (const artifact of job.artifacts) await publish(stores.bucket, artifact);
    const byCount = byPopularity(openArtifact(job.artifacts[0]).movies.ratingCounts);
    await rateAsStrangers(stores.db, byCount);
    const requests = [...trainedRequests(job.users), ...foldedRequests(), ...statelessRequests(byCount)];
    const [r2, d1, pending] = await Promise.all(Object.values(proxies).map((proxy) => proxy.listen()));
    const before = { ...stores, ports: { r2, d1 } };
    return await withWorkerd(bundle, before, { queue: pending, vars: VARS, silent: true }, async (workerd) => {
      const stop = queue.deliverTo(workerd.brokerUrl);
      try {
        return await phasesOf(workerd, { stores, queue, proxies }, shuffled(requests), job);
      } finally {
        stop();
      }
    });
  } finally {
    for (const proxy of Object.values(proxies)) proxy.close();
    server.closeAllConnections();
    server.close();
    stores.close();
  }
}

interface World {
  readonly stores: Stores;
  readonly queue: MemoryQueue;
  readonly proxies: Readonly<Record<'r2' | 'd1' | 'queue', FaultyProxy>>;
}

async function phasesOf(
  { url }: Workerd,
  { stores, queue, proxies }: World,
  requests: readonly LoadRequest[],
  { artifacts, seconds, connections }: FaultJob,
): Promise<FaultReport> {
  const first = await fetch(`${url}/recommend?user=1`); // from now on a model is loaded
  if (!first.ok) throw new Error(`the first answer is ${first.status}: ${await first.text()}`);
  const writer = new RatingWriter(url, TOKEN);
  const phases: Phase[] = [];
  for (const [turn, faults] of PHASES.entries()) {
    for (const name of ['r2', 'd1', 'queue'] as const) proxies[name].fault = faults[name] ?? 'none';
    await publish(stores.bucket, artifacts[turn % artifacts.length]);
    const [loaded, writes] = await Promise.all([load({ url, requests, connections, seconds }), writer.write(seconds)]);
    phases.push({ faults, load: loaded, ...writes });
    console.error(`${JSON.stringify(faults)}: ${loaded.answers} answers, ${loaded.failed} failed`);
  }
  await emptied(queue);
  return { phases, lost: await writer.missing(stores.db) };
}

/** Waits until the queue is empty, or does not get shorter any more. */
async function emptied(queue: MemoryQueue): Promise<void> {
  let [least, since] = [queue.length, performance.now()];
  while (least > 0 && performance.now() - since < PATIENCE) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (queue.length < least) [least, since] = [queue.length, performance.now()];
  }
}

/** Kinds of requests in turn rather than one after the other. */
function shuffled(requests: readonly LoadRequest[]): LoadRequest[] {
  const step = 611; // coprime to their number in all likelihood; a repetition does no harm
  return requests.map((_, at) => requests[(at * step) % requests.length]);
}
