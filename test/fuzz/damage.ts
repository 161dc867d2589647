import { Worker } from 'node:worker_threads';
import type { DamageJob, Looked } from './damage-thread.ts';

/** Milliseconds after which a decoder counts as hanging: a sound file takes a few. */
const PATIENCE = 30_000;
/** Megabytes that decoding may take beside the arrays of numbers. */
const MEMORY = 512;

export interface DamageReport {
  readonly files: number;
  /** How many the decoders refused; the others gave a model whose numbers alone differ. Their hash refuses all. */
  readonly refused: number;
  readonly failures: readonly string[];
}

/**
 * Cuts files of an artifact off and flips bits in them. The hash has to tell, and the decoders, which get the bytes all
 * the same, have to end, and to refuse by an error where they refuse.
 *
 * @param count damaged files; without it, each file cut off at every byte
 */
export async function damageFiles(
  folder: string,
  { seed, count }: { seed: number; count?: number },
): Promise<DamageReport> {
  const at = new Int32Array(new SharedArrayBuffer(4));
  const failures: string[] = [];
  let refused = 0;
  for (;;) {
    const looked = await inThread({ folder, seed, count, from: at[0], at });
    if ('failures' in looked) {
      failures.push(...looked.failures);
      return { files: at[0], refused: refused + looked.refused, failures };
    }
    failures.push(`damaged file ${at[0]}: ${looked.end}`);
    at[0]++; // go on with the next one
    refused++;
  }
}

/** What a thread looked at, or how it ended before its time. */
function inThread(job: DamageJob): Promise<Looked | { readonly end: string }> {
  const thread = new Worker(new URL('./damage-thread.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
  });
  const { promise, resolve } = Promise.withResolvers<Looked | { readonly end: string }>();
  let last = -1;
  const watch = setInterval(() => {
    if (job.at[0] === last) resolve({ end: `took more than ${PATIENCE} ms` });
    last = job.at[0];
  }, PATIENCE);
  thread.once('message', resolve).once('error', (error) => resolve({ end: String(error) }));
  return promise.finally(() => {
    clearInterval(watch);
    return thread.terminate();
  });
}
