import { addUpper, covariance } from './parts/covariance.as';
import { factor, invert } from './parts/small-cholesky.as';
import { gram } from './parts/tile.as';

/** Entries whose rows are packed before the Gram matrix takes them: 64 rows of 64 floats fill half of a 32 KB cache. */
const BATCH: usize = 64;

/** Bytes of scratch for rows of width S. */
export function solveRowsScratch(S: usize): usize {
  return 4 * (2 * S * (S + 8) + BATCH * S + 3 * S + BATCH);
}

/**
 * The half sweep: posteriors of the rows order[from … to) of one side given the other. For row r with entries (c, y) and
 * f_c = [g_c without its bias, 1]:
 *
 *   A = Σ (f_c f_cᵀ + diag v_c) + Λ/τ,    x = A⁻¹ (Σ f_c (y − bias_c) + (Λ/τ) m_r),    v = diag(A⁻¹) / τ
 *
 * This is the A of `SolveRows` (engine.ts) over τ: Λ is scaled once, instead of every Gram matrix.
 *
 * Shapes: ratings (R, C) by rows; means x, variances v, priorMeans m (R, S); g (C, S); prior (S, S + 8) = Λ/τ with zero
 * columns at the end. `gather` has left Σ v_c in variances; the row's own replace it. Where the address of covariances is
 * not 0, it has left Σ C_c there, packed (R, S (S + 4) / 2) as in `covariance.as.ts`, which stands for diag Σ v_c.
 * Method: entries are packed into panels of 8 columns, four at a time. Register tiles (`tile.as.ts`) add their Gram matrix.
 * `small-cholesky.as.ts` solves and inverts.
 * Memory: `scratch` (16-byte aligned, one for each thread) holds normal and inverse (S, S + 8), the panels (S / 8, BATCH,
 * 8), rhs, reciprocals and a row of zeros (S), residuals (BATCH).
 * Threads: rows are independent and one thread computes each, so the bytes do not depend on the number of threads.
 * Source: Lim and Teh, "Variational Bayesian approach to movie rating prediction", KDD Cup 2007.
 *
 * @returns how many rows had no Cholesky factor
 */
export function solveRows(
  from: i32,
  to: i32,
  scratch: usize,
  order: usize,
  offsets: usize,
  indices: usize,
  values: usize,
  means: usize,
  variances: usize,
  covariances: usize,
  priorMeans: usize,
  prior: usize,
  g: usize,
  tau: f32,
  S: usize,
): i32 {
  const line = S << 2;
  const step = line + 32;
  const normal = scratch;
  const inverse = normal + S * step;
  const panels = inverse + S * step;
  const rhs = panels + BATCH * line;
  const reciprocals = rhs + line;
  const zeros = reciprocals + line;
  const residuals = zeros + line;
  memory.fill(inverse, 0, S * step);
  memory.fill(zeros, 0, line);
  const noise: f32 = 1 / tau;
  let rejected = 0;
  for (let o = from; o < to; o++) {
    const r = <usize>load<i32>(order + ((<usize>o) << 2));
    const begin = <usize>load<i32>(offsets + (r << 2));
    const end = <usize>load<i32>(offsets + (r << 2), 4);
    memory.copy(normal, prior, S * step);
    memory.fill(rhs, 0, line);
    let residualSum: f32 = 0;
    for (let k = begin; k < end; k += BATCH) {
      const depth = min(BATCH, end - k);
      residualSum += packEntries(depth, indices + (k << 2), values + (k << 2), g, S, panels, residuals, rhs, zeros);
      gram(panels, BATCH, depth, S, normal, step);
    }
    // Slot S − 1 of f is 1, so rhs there is the sum of the residuals. The bias's own variance is not added.
    store<f32>(rhs + line - 4, residualSum);
    const variance = variances + r * line;
    const packed = covariances + r * (S * (S + 4) * 2);
    if (covariances) {
      addUpper(packed, S, normal, step, rhs);
    } else {
      for (let x: usize = 0, at = normal; x < line - 4; x += 4, at += step + 4) {
        store<f32>(at, load<f32>(at) + load<f32>(variance + x));
      }
    }
    addProduct(prior, step, S, priorMeans + r * line, rhs);
    if (!factor(normal, step, S, rhs, reciprocals)) {
      rejected++;
      continue;
    }
    invert(normal, inverse, step, S, reciprocals, rhs, means + r * line, variance);
    for (let x: usize = 0; x < line; x += 16) {
      v128.store(variance + x, f32x4.mul(v128.load(variance + x), f32x4.splat(noise)));
    }
    if (covariances) covariance(inverse, step, S, noise, packed);
  }
  return rejected;
}

/**
 * Copies the rows of `depth` entries into the panels and adds f · residual to rhs, whose last slot then holds rubbish.
 * Entries go four at a time; a row of zeros completes the last four.
 *
 * @returns the sum of the residuals
 */
function packEntries(
  depth: usize,
  indices: usize,
  values: usize,
  g: usize,
  S: usize,
  panels: usize,
  residuals: usize,
  rhs: usize,
  zeros: usize,
): f32 {
  const line = S << 2;
  const bias = line - 4;
  let sum: f32 = 0;
  for (let k: usize = 0; k < depth; k++) {
    const column = <usize>load<i32>(indices + (k << 2));
    const residual = load<f32>(values + (k << 2)) - load<f32>(g + column * line + bias);
    store<f32>(residuals + (k << 2), residual);
    sum += residual;
  }
  for (let k: usize = 0; k < depth; k += 4) {
    const at = indices + (k << 2);
    const left = depth - k;
    const c0 = <usize>load<i32>(at) * line;
    const c1 = left > 1 ? <usize>load<i32>(at, 4) * line : 0;
    const c2 = left > 2 ? <usize>load<i32>(at, 8) * line : 0;
    const c3 = left > 3 ? <usize>load<i32>(at, 12) * line : 0;
    const p0 = g + c0;
    const p1 = left > 1 ? g + c1 : zeros;
    const p2 = left > 2 ? g + c2 : zeros;
    const p3 = left > 3 ? g + c3 : zeros;
    const e = residuals + (k << 2);
    const e0 = v128.load32_splat(e);
    const e1 = v128.load32_splat(e, 4);
    const e2 = v128.load32_splat(e, 8);
    const e3 = v128.load32_splat(e, 12);
    let to = panels + (k << 5);
    for (let x: usize = 0; x < line; x += 32, to += BATCH << 5) {
      let sum0 = v128.load(rhs + x);
      let sum1 = v128.load(rhs + x, 16);
      let f0 = v128.load(p0 + x);
      let f1 = v128.load(p0 + x, 16);
      v128.store(to, f0);
      v128.store(to, f1, 16);
      sum0 = f32x4.add(sum0, f32x4.mul(f0, e0));
      sum1 = f32x4.add(sum1, f32x4.mul(f1, e0));
      f0 = v128.load(p1 + x);
      f1 = v128.load(p1 + x, 16);
      v128.store(to, f0, 32);
      v128.store(to, f1, 48);
      sum0 = f32x4.add(sum0, f32x4.mul(f0, e1));
      sum1 = f32x4.add(sum1, f32x4.mul(f1, e1));
      f0 = v128.load(p2 + x);
      f1 = v128.load(p2 + x, 16);
      v128.store(to, f0, 64);
      v128.store(to, f1, 80);
      sum0 = f32x4.add(sum0, f32x4.mul(f0, e2));
      sum1 = f32x4.add(sum1, f32x4.mul(f1, e2));
      f0 = v128.load(p3 + x);
      f1 = v128.load(p3 + x, 16);
      v128.store(to, f0, 96);
      v128.store(to, f1, 112);
      v128.store(rhs + x, f32x4.add(sum0, f32x4.mul(f0, e3)));
      v128.store(rhs + x, f32x4.add(sum1, f32x4.mul(f1, e3)), 16);
    }
    to -= (BATCH << 5) - 28;
    store<f32>(to, 1);
    store<f32>(to, 1, 32);
    store<f32>(to, 1, 64);
    store<f32>(to, 1, 96);
  }
  return sum;
}

/** out (S) += symmetric M (S, S) · x. */
function addProduct(m: usize, step: usize, S: usize, x: usize, out: usize): void {
  for (let k: usize = 0; k < S; k += 4, m += step << 2, x += 16) {
    const x0 = v128.load32_splat(x);
    const x1 = v128.load32_splat(x, 4);
    const x2 = v128.load32_splat(x, 8);
    const x3 = v128.load32_splat(x, 12);
    for (let j: usize = 0, at = m; j < S << 2; j += 16, at += 16) {
      const pair = f32x4.add(f32x4.mul(x0, v128.load(at)), f32x4.mul(x1, v128.load(at + step)));
      const two = at + (step << 1);
      const other = f32x4.add(f32x4.mul(x2, v128.load(two)), f32x4.mul(x3, v128.load(two + step)));
      v128.store(out + j, f32x4.add(v128.load(out + j), f32x4.add(pair, other)));
    }
  }
}
