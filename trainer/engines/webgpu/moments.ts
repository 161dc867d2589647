import { setImmediate } from 'node:timers/promises';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import { longestRow, rowsBetween, type SparseRows } from '../../math/sparse.ts';
import type { HistoryMoments } from '../engine.ts';
import { type NextTarget, type TrainingRows, userBlocks } from '../history-moments.ts';
import type { Memory } from './buffers.ts';
import type { WebgpuDevice } from './device.ts';
import { Histories } from './histories.ts';
import { panelsOf, rowRange, rowsOfBinding } from './tensors.ts';

/** Ratings and users whose tables are in memory at once. */
const BLOCK_RATINGS = 1 << 21;

/** Bytes of a rating in what is uploaded for a block. */
const RATING_UPLOADS = 20;

/** Bytes of the tables of a block on the device, of N ratings in all, in S scales. */
export function historyBytes(N: number, S: number): number {
  return Math.min(N, BLOCK_RATINGS) * (48 + 8 * S);
}

/** Bytes of what JavaScript uploads for a block, of N ratings in all. */
export function uploadBytes(N: number): number {
  return Math.min(N, BLOCK_RATINGS) * RATING_UPLOADS;
}

/** Most bytes that a table of histories.wgsl has for a rating or user. */
const TABLE_BYTES = 16;

const MIRROR_BLOCK = 32;

/**
 * `Engine.historyMoments` by histories.wgsl, moments.wgsl and mirror.wgsl. The host only sorts: it uploads the ratings as they
 * are and, for each movie, its positions in the histories.
 */
export async function historyMoments(
  device: WebgpuDevice,
  sequences: SparseRows,
  scales: readonly HistoryWeights[],
  targets: readonly NextTarget[],
  rows: TrainingRows,
): Promise<HistoryMoments> {
  const { columns: M, offsets } = sequences;
  const P = scales.length * M;
  const tensor = (length: number) => ({ length, memory: device.allocateZeros(length * 4) });
  const [xx, xy, likes] = [tensor(P * P), targets.map(() => tensor(P * M)), tensor(M * M)];
  const longest = longestRow(offsets);
  for (const { from, to } of userBlocks(offsets, Math.min(BLOCK_RATINGS, device.maxBinding / TABLE_BYTES))) {
    const histories = new Histories(device, rowsBetween(sequences, from, to), rows, longest);
    histories.addLikes({ memory: likes.memory, first: 0, stride: M });
    const inputs = scales.map((weights) => histories.scale(weights));
    for (const [a, scale] of inputs.entries()) {
      for (const [b, earlier] of inputs.entries()) {
        histories.addInputs(scale, earlier, { memory: xx.memory, first: a * M * P + b * M, stride: P });
      }
      for (const [t, target] of targets.entries()) {
        histories.addTargets(scale, target, { memory: xy[t].memory, first: a * M * M, stride: M });
      }
    }
    histories.release();
    await device.settle(); // so that uploads do not pile up behind a kernel
    await setImmediate();
  }
  addMirrored(device, xx.memory, P);
  addMirrored(device, likes.memory, M);
  return { xx, xy, likes };
}

/** matrix (n, n) ← matrix + its transpose. */
function addMirrored(device: WebgpuDevice, matrix: Memory, n: number): void {
  const panels = panelsOf(n, rowsOfBinding(device, n));
  const rowsFrom = ([from, to]: [number, number]) => rowRange(device, matrix, n, from, to - from);
  for (const lower of panels) {
    for (const upper of panels) {
      if (upper[0] > lower[0]) break;
      const SAME = upper === lower;
      device.run({
        file: 'mirror',
        entry: 'mirror',
        constants: { SAME },
        integers: [n, ...lower, ...upper],
        bindings: [rowsFrom(lower), SAME ? device.unused : rowsFrom(upper)],
        grid: [upper, lower].map(([from, to]) => Math.ceil((to - from) / MIRROR_BLOCK)) as [number, number],
      });
    }
  }
}
