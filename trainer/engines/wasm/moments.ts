import { setImmediate } from 'node:timers/promises';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import type { AnyRows } from '../../math/sparse.ts';
import type { HistoryMoments } from '../engine.ts';
import { type NextTarget, type TrainingRows, userBlocks } from '../history-moments.ts';
import type { WasmDevice } from './device.ts';
import { Histories } from './histories.ts';
import type { WasmTensor } from './tensors.ts';

/** Ratings and users whose tables are in memory at once, near the caches. Fewer would read the matrices more often. */
const BLOCK_RATINGS = 1 << 18;

/** Bytes of the tables of one block of histories in S scales, about. */
export function historyBytes(S: number): number {
  return BLOCK_RATINGS * (96 + 16 * S);
}

/** `Engine.historyMoments` by histories.as.ts, moments.as.ts and mirror.as.ts. */
export async function historyMoments(
  device: WasmDevice,
  sequences: AnyRows,
  scales: readonly HistoryWeights[],
  targets: readonly NextTarget[],
  rows: TrainingRows,
): Promise<HistoryMoments> {
  const { columns: M, offsets } = sequences;
  const P = scales.length * M;
  const tensor = (length: number): WasmTensor => ({ length, address: device.memory.allocateZeros(length * 4) });
  const [xx, xy, likes] = [tensor(P * P), targets.map(() => tensor(P * M)), tensor(M * M)];
  const blocks = userBlocks(offsets, BLOCK_RATINGS);
  const histories = new Histories(device, sequences, blocks, rows);
  const inputs = scales.map((weights) => histories.scale(weights));
  for (const block of blocks) {
    histories.load(block);
    histories.addLikes(likes);
    for (const scale of inputs) histories.weigh(scale);
    for (const [a, scale] of inputs.entries()) {
      histories.order(scale);
      const line = a * M * P;
      for (const [b, earlier] of inputs.entries()) histories.addInputs(scale, earlier, at(xx, line + b * M), P);
      for (const [t, target] of targets.entries()) histories.addTargets(scale, target, at(xy[t], a * M * M));
    }
    await setImmediate();
  }
  histories.release();
  addMirrored(device, xx, P);
  addMirrored(device, likes, M);
  return { xx, xy, likes };
}

/** Address of a tensor's element. */
const at = ({ address }: WasmTensor, element: number): number => address + element * 4;

/** matrix (n, n) ← matrix + its transpose. */
function addMirrored({ threads }: WasmDevice, { address }: WasmTensor, n: number): void {
  threads.run('mirror', { items: Math.ceil(n / threads.size('MIRROR_BLOCK')), chunk: 1 }, [address, n]);
}
