import { packColumns, packRows } from './parts/panels.as';
import { factor, invert } from './parts/small-cholesky.as';
import { SET, SUBTRACT, tile } from './parts/tile.as';
import { BLOCK, INVERSE_COLUMNS } from './sizes.as';

/**
 * What a large triangular factor needs beside products: inverses of its diagonal blocks, and the diagonal of its inverse.
 *
 * A diagonal block L_b (BLOCK, BLOCK) is inverted once, so that solving with it is a product too:
 *   V_b = L_b⁻ᵀ (upper);   L_b⁻¹ x = V_bᵀ x,   L_b⁻ᵀ x = V_b x,   A₂₁ L_b⁻ᵀ = A₂₁ V_b
 * The identity completes the last block to BLOCK rows.
 *
 * Memory: `scratch` holds the block and its inverse (BLOCK, BLOCK + 8), then four rows (BLOCK).
 * Source: Du Croz and Higham, "Stability of Methods for Matrix Inversion", IMA J. Numer. Anal. 12, 1992.
 */
const STEP: usize = (BLOCK + 8) << 2;
const WORK: usize = 2 * BLOCK * STEP + 4 * (BLOCK << 2);
/** Depth of L's packed blocks. */
const DEPTH: usize = 128;

/** Bytes of scratch of `factorBlock` and `invertBlocks`. */
export function blockScratch(): usize {
  return WORK;
}

/** Bytes of scratch of `inverseDiagonal` for L (n, n). */
export function inverseDiagonalScratch(n: usize): usize {
  const rows = (n + BLOCK - 1) & ~(BLOCK - 1);
  return 4 * (BLOCK * DEPTH + INVERSE_COLUMNS * BLOCK + INVERSE_COLUMNS * rows);
}

/** panels ← V in panels of its columns, or Vᵀ in panels of its rows where transposed. */
function packInverse(scratch: usize, transposed: i32, panels: usize): void {
  const inverse = scratch + BLOCK * STEP;
  for (let r: usize = 0; r < BLOCK; r += 8, panels += BLOCK << 5) {
    if (transposed) packRows(inverse + r * STEP, STEP, BLOCK, 8, panels);
    else packColumns(inverse + (r << 2), STEP, BLOCK, 8, panels);
  }
}

/** scratch ← U, the block's lower triangle transposed and completed by the identity; zeros elsewhere. */
function loadBlock(a: usize, step: usize, size: usize, scratch: usize): void {
  memory.fill(scratch, 0, WORK);
  for (let i: usize = 0; i < BLOCK; i++) {
    if (i >= size) store<f32>(scratch + i * STEP + (i << 2), 1);
    else
      for (let j: usize = 0; j <= i; j++) store<f32>(scratch + j * STEP + (i << 2), load<f32>(a + i * step + (j << 2)));
  }
}

/** Diagonal block at `a`: lower triangle ← its Cholesky factor, panels ← columns of V. Returns 1 where it has no factor. */
export function factorBlock(
  _from: i32,
  _to: i32,
  scratch: usize,
  a: usize,
  step: usize,
  size: usize,
  panels: usize,
): i32 {
  const rows = scratch + 2 * BLOCK * STEP;
  const line = BLOCK << 2;
  loadBlock(a, step, size, scratch);
  if (!factor(scratch, STEP, BLOCK, rows, rows + line)) return 1;
  for (let i: usize = 0; i < size; i++) {
    for (let j: usize = 0; j <= i; j++) store<f32>(a + i * step + (j << 2), load<f32>(scratch + j * STEP + (i << 2)));
  }
  invert(scratch, scratch + BLOCK * STEP, STEP, BLOCK, rows + line, rows, rows + 2 * line, rows + 3 * line);
  packInverse(scratch, 0, panels);
  return 0;
}

/** Blocks [from, to) of the lower factor l (n, n): panels of Vᵀ, or of V where transposed, BLOCK² floats a block. */
export function invertBlocks(
  from: i32,
  to: i32,
  scratch: usize,
  l: usize,
  n: usize,
  transposed: i32,
  panels: usize,
): i32 {
  const rows = scratch + 2 * BLOCK * STEP;
  const line = BLOCK << 2;
  const step = n << 2;
  for (let block = <usize>from; block < <usize>to; block++) {
    const first = block * BLOCK;
    loadBlock(l + first * (step + 4), step, min(BLOCK, n - first), scratch);
    // The mirror of U below the diagonal is L itself.
    for (let i: usize = 0; i < BLOCK; i++) {
      for (let j: usize = 0; j < i; j++)
        store<f32>(scratch + i * STEP + (j << 2), load<f32>(scratch + j * STEP + (i << 2)));
      store<f32>(rows + line + (i << 2), 1 / load<f32>(scratch + i * (STEP + 4)));
    }
    invert(scratch, scratch + BLOCK * STEP, STEP, BLOCK, rows + line, rows, rows + 2 * line, rows + 3 * line);
    packInverse(scratch, transposed, panels + block * (BLOCK * line));
  }
  return 0;
}

/**
 * diagonal (n) ← column sums of squares of X = L⁻¹, for columns [from, to) · INVERSE_COLUMNS. Block b of rows, in columns
 * that start at row `first`, above which X is zero, is
 *
 *   X_b = L_b⁻¹ (E_b − Σ_{first ≤ k < b} L_bk X_k)
 *
 * which takes n³/3 operations in all. The longest columns come first. `blocks` is what `invertBlocks` wrote, not transposed.
 * Memory: `scratch` holds L_bk in panels (BLOCK / 8, DEPTH, 8), the bracket (INVERSE_COLUMNS / 8, BLOCK, 8) and X
 * (INVERSE_COLUMNS / 8, n rounded up to BLOCK, 8).
 */
export function inverseDiagonal(
  from: i32,
  to: i32,
  scratch: usize,
  l: usize,
  n: usize,
  blocks: usize,
  diagonal: usize,
): i32 {
  const step = n << 2;
  const bracket = scratch + BLOCK * DEPTH * 4;
  const X = bracket + INVERSE_COLUMNS * BLOCK * 4;
  const panelX = ((n + BLOCK - 1) & ~(BLOCK - 1)) << 5;
  const panelT = BLOCK << 5;
  for (let panel = <usize>from; panel < <usize>to; panel++) {
    const first = panel * INVERSE_COLUMNS;
    for (let row = first; row < n; row += BLOCK) {
      const rows = min(BLOCK, n - row);
      // E_b: ones where the block's rows meet these columns.
      memory.fill(bracket, 0, INVERSE_COLUMNS * BLOCK * 4);
      if (row - first < INVERSE_COLUMNS) {
        for (let r: usize = 0; r < BLOCK; r++) {
          const column = row - first + r;
          store<f32>(bracket + (column >> 3) * panelT + (r << 5) + ((column & 7) << 2), 1);
        }
      }
      for (let k = first; k < row; k += DEPTH) {
        const depth = min(DEPTH, row - k);
        for (let r: usize = 0; r < BLOCK; r += 8) {
          const count = r < rows ? min<usize>(8, rows - r) : 0;
          packRows(l + (row + r) * step + (k << 2), step, depth, count, scratch + r * (depth << 2));
        }
        for (let p: usize = 0; p < INVERSE_COLUMNS >> 3; p++) {
          const b = X + p * panelX + ((k - first) << 5);
          const out = bracket + p * panelT;
          for (let r: usize = 0; r < BLOCK; r += 4) {
            const a = scratch + (r >> 3) * (depth << 5) + ((r & 4) << 2);
            tile(a, 32, b, 32, depth, out + (r << 5), 32, SUBTRACT);
          }
        }
      }
      const inverse = blocks + (row / BLOCK) * (BLOCK * BLOCK * 4);
      for (let p: usize = 0; p < INVERSE_COLUMNS >> 3; p++) {
        const out = X + p * panelX + ((row - first) << 5);
        for (let r: usize = 0; r < BLOCK; r += 4) {
          const a = inverse + (r >> 3) * panelT + ((r & 4) << 2);
          tile(a, 32, bracket + p * panelT, 32, BLOCK, out + (r << 5), 32, SET);
        }
      }
    }
    for (let column: usize = 0; column < min(INVERSE_COLUMNS, n - first); column++) {
      const x = X + (column >> 3) * panelX + ((column & 7) << 2);
      let sum: f64 = 0;
      for (let r: usize = 0; r < n - first; r++) {
        const value = <f64>load<f32>(x + (r << 5));
        sum += value * value;
      }
      store<f32>(diagonal + ((first + column) << 2), <f32>sum);
    }
  }
  return 0;
}
