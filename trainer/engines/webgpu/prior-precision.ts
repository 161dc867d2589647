import type { SideTensors, Tensor } from '../engine.ts';
import { addDiagonal, addParts, dots, subtract } from './columns.ts';
import type { WebgpuDevice } from './device.ts';
import { crossProducts, matrixIn, multiplyParts } from './multiply.ts';
import { memoryOf } from './tensors.ts';
import { factor, inverseColumns, invertBlocks } from './triangular.ts';

/** Λ = (R + S) L⁻ᵀ L⁻¹ for the Cholesky factor L of the scatter, which is summed from slices. */
export function priorPrecision(
  device: WebgpuDevice,
  side: SideTensors,
  weights: Tensor,
  penalty: number,
  precision: Tensor,
): void {
  const { rows, width: S } = side;
  const [F, M, V] = [side.means, side.priorMeans, side.variances].map((tensor) => memoryOf(tensor, rows * S));
  const O = memoryOf(precision, S * S);
  const differences = device.allocate(rows * S * 4);
  subtract(device, differences, F, M, rows, S);
  const tall = { memory: differences, width: S };
  const products = crossProducts(device, tall, tall, rows);
  const scatter = device.allocate(S * S * 4);
  if (penalty > 0) {
    const W = { memory: memoryOf(weights, weights.length), width: S };
    const energy = crossProducts(device, W, W, weights.length / S);
    addParts(device, energy, S * S, { memory: scatter, first: 0 }, 0);
    device.release(energy.memory);
  }
  addParts(device, products, S * S, { memory: scatter, first: 0 }, penalty);
  const variances = dots(device, V, undefined, rows, S);
  const total = device.allocate(S * 4);
  addParts(device, variances, S, { memory: total, first: 0 }, 0);
  addDiagonal(device, scatter, total, 1, S);
  factor(device, scatter, S);
  const blocks = invertBlocks(device, scatter, S);
  const X = inverseColumns(device, scatter, blocks, S, 0, S);
  const inverse = matrixIn(X, S);
  const out = matrixIn(O, S);
  multiplyParts(device, { a: inverse, transposedA: true, b: inverse, out, n: S, m: S, c: S, alpha: rows + S });
  for (const memory of [differences, products.memory, scatter, variances.memory, total, blocks, X])
    device.release(memory);
}
