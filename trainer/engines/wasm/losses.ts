import type { ErrorSums, SideTensors, Sparse } from '../engine.ts';
import { type ChunkSums, chunkSums, type WasmDevice } from './device.ts';
import type { WasmSparse } from './placed-rows.ts';
import { addressOf as at } from './tensors.ts';

export function expectedSquaredError(
  device: WasmDevice,
  ratings: Sparse,
  side: SideTensors,
  other: SideTensors,
): number {
  const { width: S } = side;
  const [F, V] = [side.means, side.variances].map((tensor) => at(tensor, side.rows * S));
  const [G, W] = [other.means, other.variances].map((tensor) => at(tensor, other.rows * S));
  return overRows(device, ratings, S, { kernel: 'expectedSquaredError', width: 1 }, (first) => {
    return [F + first, V + first, G, W];
  })[0];
}

export interface Losses {
  readonly ratings: Sparse;
  readonly side: SideTensors;
  readonly other: SideTensors;
  readonly low: number;
  readonly high: number;
}

export function errors(device: WasmDevice, { ratings, side, other, low, high }: Losses): ErrorSums {
  const { width: S } = side;
  const [F, G] = [at(side.means, side.rows * S), at(other.means, other.rows * S)];
  const [squares, absolutes] = overRows(device, ratings, S, { kernel: 'errors', width: 2 }, (first) => {
    return [F + first, G, low, high];
  });
  return { squares, absolutes };
}

/** The kernel's sums over all rows. @param tables its arguments, given the bytes of a table's rows before the block's */
function overRows(
  device: WasmDevice,
  ratings: Sparse,
  S: number,
  kernel: Pick<ChunkSums, 'kernel' | 'width'>,
  tables: (first: number) => readonly number[],
): Float64Array {
  const { threads } = device;
  const scratch = threads.scratchFor('losses', S);
  const total = new Float64Array(kernel.width);
  for (const { from, rows, offsets, indices, values } of (ratings as WasmSparse).blocks(true)) {
    const chunks = Math.ceil(rows / threads.size('LOSS_ROWS'));
    const args = (sums: number) => [rows, offsets, indices, values, ...tables(from * S * 4), sums, S];
    chunkSums(device, { ...kernel, chunks, scratch, args }, total);
  }
  return total;
}
