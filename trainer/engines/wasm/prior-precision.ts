import { factorSymmetric, inverseFromCholesky } from '../../../shared/math/linalg.ts';
import type { SideTensors, Tensor } from '../engine.ts';
import { addParts, type WasmDevice } from './device.ts';
import { addressOf as at } from './tensors.ts';

/** Λ from the scatter of the rows and the energy of the weights; (S, S) is small enough for float64 on the host. */
export function priorPrecision(
  device: WasmDevice,
  side: SideTensors,
  weights: Tensor,
  penalty: number,
  out: Tensor,
): void {
  const { memory } = device;
  const { rows, width: S } = side;
  const [f, m, v] = [side.means, side.priorMeans, side.variances].map((tensor) => at(tensor, rows * S));
  const energy = penalty > 0 ? energyOf(device, weights, S) : undefined;
  const upper = scatter(device, { f, m, v, rows, S });
  energy?.forEach((value, k) => {
    upper[k] += penalty * value;
  });
  const sums = upper.map((_, k) => upper[(k % S) * S + Math.floor(k / S)]);
  for (let x = 0; x < S; x++) sums[x * S + x] += 1;
  factorSymmetric(sums, S);
  const precision = inverseFromCholesky(sums, S).map((value) => value * (rows + S));
  memory.floats(at(out, S * S), S * S).set(precision);
}

/** WᵀW, upper triangle (S, S). */
function energyOf(device: WasmDevice, weights: Tensor, S: number): Float64Array {
  const zeros = device.memory.allocateZeros(weights.length * 4);
  const f = at(weights, weights.length);
  const energy = scatter(device, { f, m: zeros, v: zeros, rows: weights.length / S, S });
  device.memory.release(zeros);
  return energy;
}

/** Σ (f − m)(f − m)ᵀ + diag Σ v over rows of (rows, S), upper triangle (S, S). */
function scatter(
  { memory, threads }: WasmDevice,
  { f, m, v, rows, S }: { f: number; m: number; v: number; rows: number; S: number },
): Float64Array {
  const chunks = Math.ceil(rows / threads.size('SUMMED_ROWS'));
  const parts = memory.allocate(chunks * S * S * 4);
  const cut = { items: chunks, chunk: 1, scratch: threads.scratchFor('scatter', S) };
  threads.run('scatter', cut, [f, m, v, rows, parts, S]);
  const upper = new Float64Array(S * S);
  addParts(memory.floats(parts, chunks * S * S), upper);
  memory.release(parts);
  return upper;
}
