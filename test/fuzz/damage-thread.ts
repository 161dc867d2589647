/**
 * Looks at damaged files one by one, in a thread of its own: what hangs, or takes all memory, ends this thread and not
 * the command.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { damages, lookAt, truncations } from './damaged-files.ts';

export interface DamageJob {
  readonly folder: string;
  readonly seed: number;
  /** Absent: each file cut off at every byte. */
  readonly count?: number;
  /** Damaged files that were looked at before. */
  readonly from: number;
  /** Holds how many were looked at. */
  readonly at: Int32Array<SharedArrayBuffer>;
}

/** What the thread says at its end of those that it looked at. */
export interface Looked {
  readonly refused: number;
  readonly failures: readonly string[];
}

const { folder, seed, count, from, at }: DamageJob = workerData;
const artifact = await readArtifact(folder);
const failures: string[] = [];
let [refused, number] = [0, 0];
for (const damaged of count === undefined ? truncations(artifact) : damages(artifact, seed, count)) {
  if (number++ < from) continue;
  const { wasRefused, faults } = await lookAt(artifact, damaged);
  if (wasRefused) refused++;
  failures.push(...faults);
  Atomics.store(at, 0, number);
}
parentPort!.postMessage({ refused, failures } satisfies Looked);
