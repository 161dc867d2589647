import { factorSymmetric, inverseFromCholesky } from '../../../shared/math/linalg.ts';
import type { SideTensors, Tensor } from '../engine.ts';
import { data } from './tensors.ts';

/** out (S, S) = (R + S) · (Σ (f − m)(f − m)ᵀ + diag Σ v + I + penalty · WᵀW)⁻¹. Throws `training-diverged`. */
export function priorPrecision(side: SideTensors, weights: Tensor, penalty: number, out: Tensor): void {
  const { rows, width: S } = side;
  const [means, priorMeans, variances, W] = [side.means, side.priorMeans, side.variances, weights].map(data);
  const scatter = new Float64Array(S * S);
  const d = new Float64Array(S);
  for (let r = 0; r < rows; r++) {
    for (let x = 0; x < S; x++) {
      d[x] = means[r * S + x] - priorMeans[r * S + x];
      scatter[x * S + x] += variances[r * S + x];
    }
    for (let x = 0; x < S; x++) for (let y = 0; y <= x; y++) scatter[x * S + y] += d[x] * d[y];
  }
  for (let at = 0; at < W.length; at += S) {
    for (let x = 0; x < S; x++) for (let y = 0; y <= x; y++) scatter[x * S + y] += penalty * W[at + x] * W[at + y];
  }
  for (let x = 0; x < S; x++) scatter[x * S + x] += 1;
  factorSymmetric(scatter, S);
  data(out).set(inverseFromCholesky(scatter, S).map((value) => value * (rows + S)));
}
