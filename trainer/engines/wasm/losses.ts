import type { ErrorSums, SideTensors, Sparse } from '../engine.ts';
import { chunkSums, type WasmDevice } from './device.ts';
import { addressOf as at, type WasmSparse } from './tensors.ts';

export function expectedSquaredError(
  device: WasmDevice,
  ratings: Sparse,
  side: SideTensors,
  other: SideTensors,
): number {
  const { tables, cut, S } = lossArguments(device, ratings, side);
  const [F, V] = [side.means, side.variances].map((tensor) => at(tensor, side.rows * S));
  const [G, W] = [other.means, other.variances].map((tensor) => at(tensor, other.rows * S));
  const args = (sums: number) => [...tables, F, V, G, W, sums, S];
  return chunkSums(device, { kernel: 'expectedSquaredError', width: 1, ...cut, args })[0];
}

export interface Losses {
  readonly ratings: Sparse;
  readonly side: SideTensors;
  readonly other: SideTensors;
  readonly low: number;
  readonly high: number;
}

export function errors(device: WasmDevice, { ratings, side, other, low, high }: Losses): ErrorSums {
  const { tables, cut, S } = lossArguments(device, ratings, side);
  const [F, G] = [at(side.means, side.rows * S), at(other.means, other.rows * S)];
  const args = (sums: number) => [...tables, F, G, low, high, sums, S];
  const [squares, absolutes] = chunkSums(device, { kernel: 'errors', width: 2, ...cut, args });
  return { squares, absolutes };
}

function lossArguments({ threads }: WasmDevice, ratings: Sparse, { width: S }: SideTensors) {
  const { rows, offsets, indices, values } = ratings as WasmSparse;
  const cut = { chunks: Math.ceil(rows / threads.size('LOSS_ROWS')), scratch: threads.scratchFor('losses', S) };
  return { S, cut, tables: [rows, offsets, indices, values] };
}
