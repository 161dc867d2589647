import type { CompactColumn } from '../../../shared/artifact/compact.ts';
import type { Engine, Tensor } from '../../engines/engine.ts';
import type { WorkingSide } from './side.ts';

/** Vectors of M movies, (M, width) → the same, rounded. */
export type Rounding = (column: CompactColumn, values: Float32Array, M: number) => Float32Array;

/** Rounds the movies' factors and variances, and their part in the users' prior. Biases stay as they are, but the prior's. */
export async function roundMovies(
  engine: Engine,
  { weights }: WorkingSide,
  { rows: M, width: S, means, variances }: WorkingSide,
  K: number,
  round: Rounding,
): Promise<void> {
  const factors = Array.from({ length: K }, (_, x) => x);
  const roundSlots = async (column: CompactColumn, tensor: Tensor, slots: readonly number[]) => {
    const padded = await engine.read(tensor);
    const at = (i: number) => Math.floor(i / slots.length) * S + slots[i % slots.length];
    const values = Float32Array.from({ length: M * slots.length }, (_, i) => padded[at(i)]);
    round(column, values, M).forEach((value, i) => {
      padded[at(i)] = value;
    });
    engine.write(tensor, padded);
  };
  await roundSlots('factors', means, factors);
  await roundSlots('factorVariance', variances, factors);
  await roundSlots('prior', weights, [...factors, S - 1]);
}
