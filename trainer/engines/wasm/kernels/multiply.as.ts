import { packColumns, packRows } from './parts/panels.as';
import { ADD, SET, SUBTRACT, tile } from './parts/tile.as';
import { BLOCK } from './sizes.as';

/** Depth of a packed block: A's 64 rows take 32 KB, a panel of B 4 KB, which stays in the first-level cache. */
const DEPTH: usize = 128;

/** Bytes of scratch of `multiplyPanels`. */
export function multiplyPanelsScratch(): usize {
  return 4 * (BLOCK * DEPTH + 32);
}

/** Bytes of scratch of `multiplyInPlace`. */
export function multiplyInPlaceScratch(): usize {
  return 4 * (8 * BLOCK + 32);
}

/** panels ← columns [8 from, 8 to) of B (depth, columns), or of Bᵀ where byRows: B is then (columns, depth). */
export function packPanels(
  from: i32,
  to: i32,
  _scratch: usize,
  source: usize,
  step: usize,
  byRows: i32,
  depth: usize,
  columns: usize,
  panels: usize,
): i32 {
  for (let p = <usize>from; p < <usize>to; p++) {
    const first = p << 3;
    const count = min<usize>(8, columns - first);
    const panel = panels + p * (depth << 5);
    if (byRows) packRows(source + first * step, step, depth, count, panel);
    else packColumns(source + (first << 2), step, depth, count, panel);
  }
  return 0;
}

/**
 * out (n, c) ← A B, or out − A B where `subtract`, for B in panels of depth m. A is (n, m), or (m, n) where transposedA.
 * Where `lower`, elements right of the diagonal stay as they are: the symmetric update of a Cholesky factor.
 *
 * Items are blocks of BLOCK rows, the last first, which is the largest of a lower triangle. `out` may be A itself where
 * m ≤ DEPTH, because a block's rows of A are packed before any is written.
 * Memory: `scratch` holds A's block in panels (BLOCK / 8, DEPTH, 8), then a spare tile (4, 8) for tiles across the edge.
 * Threads: one thread writes a row. Its sums are in the order of the depth.
 * Source: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
 */
export function multiplyPanels(
  from: i32,
  to: i32,
  scratch: usize,
  a: usize,
  stepA: usize,
  transposedA: i32,
  n: usize,
  m: usize,
  panels: usize,
  out: usize,
  stepOut: usize,
  c: usize,
  subtract: i32,
  lower: i32,
): i32 {
  const spare = scratch + BLOCK * DEPTH * 4;
  const blocks = (n + BLOCK - 1) / BLOCK;
  for (let item = <usize>from; item < <usize>to; item++) {
    const row = (blocks - 1 - item) * BLOCK;
    const rows = min(BLOCK, n - row);
    const columns = lower ? min(c, row + rows) : c;
    for (let k: usize = 0; k < m; k += DEPTH) {
      const depth = min(DEPTH, m - k);
      for (let r: usize = 0; r < rows; r += 8) {
        const count = min<usize>(8, rows - r);
        const panel = scratch + r * (depth << 2);
        if (transposedA) packColumns(a + k * stepA + ((row + r) << 2), stepA, depth, count, panel);
        else packRows(a + (row + r) * stepA + (k << 2), stepA, depth, count, panel);
      }
      const mode = subtract ? SUBTRACT : k == 0 ? SET : ADD;
      for (let j: usize = 0; j < columns; j += 8) {
        const tileB = panels + (j >> 3) * (m << 5) + (k << 5);
        const width = min<usize>(8, columns - j);
        // Rows above the diagonal have nothing in these columns.
        for (let r = lower && j > row ? (j - row) & ~3 : 0; r < rows; r += 4) {
          const tileA = scratch + (r >> 3) * (depth << 5) + ((r & 4) << 2);
          const to = out + (row + r) * stepOut + (j << 2);
          const height = min<usize>(4, rows - r);
          if (width == 8 && height == 4 && (!lower || j + 7 <= row + r)) {
            tile(tileA, 32, tileB, 32, depth, to, stepOut, mode);
          } else {
            if (mode != SET) copyPart(to, stepOut, spare, 32, height, width, 0, 0);
            tile(tileA, 32, tileB, 32, depth, spare, 32, mode);
            copyPart(spare, 32, to, stepOut, height, width, lower, <i32>(row + r) - <i32>j);
          }
        }
      }
    }
  }
  return 0;
}

/** B (rows, c) ← A B in place, columns [8 from, 8 to), for a square A (rows, rows) in panels (rows / 8, 64, 8), rows ≤ 64. */
export function multiplyInPlace(
  from: i32,
  to: i32,
  scratch: usize,
  panelsA: usize,
  b: usize,
  stepB: usize,
  rows: usize,
  c: usize,
): i32 {
  const spare = scratch + (BLOCK << 5);
  for (let j = (<usize>from) << 3; j < (<usize>to) << 3; j += 8) {
    const width = min<usize>(8, c - j);
    packColumns(b + (j << 2), stepB, rows, width, scratch);
    for (let r: usize = 0; r < rows; r += 4) {
      const tileA = panelsA + (r >> 3) * (BLOCK << 5) + ((r & 4) << 2);
      const to = b + r * stepB + (j << 2);
      if (width == 8 && r + 4 <= rows) {
        tile(tileA, 32, scratch, 32, rows, to, stepB, SET);
      } else {
        tile(tileA, 32, scratch, 32, rows, spare, 32, SET);
        copyPart(spare, 32, to, stepB, min<usize>(4, rows - r), width, 0, 0);
      }
    }
  }
  return 0;
}

/** Copies `height` rows and `width` columns of a tile; where `lower`, only columns ≤ row + diagonal. */
function copyPart(
  from: usize,
  stepFrom: usize,
  to: usize,
  stepTo: usize,
  height: usize,
  width: usize,
  lower: i32,
  diagonal: i32,
): void {
  for (let r = 0; r < <i32>height; r++) {
    const columns = lower ? max(0, min(<i32>width, r + diagonal + 1)) : <i32>width;
    memory.copy(to, from, (<usize>columns) << 2);
    from += stepFrom;
    to += stepTo;
  }
}
