import { longestFirst, longestRow, type SparseRows, transpose } from '../../math/sparse.ts';
import type { Sparse } from '../engine.ts';

/** Addresses of consecutive rows of a sparse matrix, and of these rows in order of work, cut into parts. */
export interface PlacedRows {
  /** The first of them. */
  readonly from: number;
  readonly rows: number;
  readonly offsets: number; // (rows + 1) int32
  readonly order: number; // (rows) int32, longest first
  readonly parts: number; // (partCount + 1) int32: bounds in order
  readonly indices: number; // (entries) int32
  readonly values: number; // (entries) float32
  readonly partCount: number;
  readonly longestPart: number; // rows
}

/** A sparse matrix whose rows are placed in memory: all at once, or one block after the other. */
export interface WasmSparse extends Sparse {
  /** The blocks in order, each valid until the next is asked for. @param valued whether values are asked for too */
  blocks(valued: boolean): Iterable<PlacedRows>;
  release(): void;
}

/** Parts of a sparse matrix for each thread: so many that the last ones end together, so few that each reuses a block. */
const PARTS = 12;

/** How long the sections of some rows are in memory. */
export interface ImageSize {
  readonly rows: number;
  readonly entries: number;
  readonly partCount: number;
  readonly longestPart: number;
}

/** Some rows as they lie in memory: offsets, order, parts, indices, values one after the other. */
export interface RowImage extends ImageSize {
  readonly sections: readonly (Int32Array | Float32Array)[];
}

export function imageOf(matrix: SparseRows, threads: number): RowImage {
  // Where columns ascend in a row, gathers walk through a table once (gather.as.ts).
  const { rows, offsets, indices, values } = columnsAscend(matrix) ? matrix : transpose(transpose(matrix));
  const order = longestFirst(offsets);
  const parts = equalParts(offsets, order, PARTS * threads);
  const sections = [offsets, order, parts, indices, values];
  return { rows, entries: indices.length, partCount: parts.length - 1, longestPart: longestRow(parts), sections };
}

/** Words of 4 bytes. @param valued with values, or only what is before them */
export function imageWords({ rows, entries, partCount }: ImageSize, valued = true): number {
  return 2 * rows + partCount + 2 + entries * (valued ? 2 : 1);
}

export function placedAt(base: number, from: number, { rows, entries, partCount, longestPart }: ImageSize): PlacedRows {
  const order = base + 4 * (rows + 1);
  const parts = order + 4 * rows;
  const indices = parts + 4 * (partCount + 1);
  const values = indices + 4 * entries;
  return { from, rows, offsets: base, order, parts, indices, values, partCount, longestPart };
}

function columnsAscend({ rows, offsets, indices }: SparseRows): boolean {
  for (let r = 0; r < rows; r++) {
    for (let k = offsets[r] + 1; k < offsets[r + 1]; k++) if (indices[k] < indices[k - 1]) return false;
  }
  return true;
}

/** What a row costs beside its entries, in entries. */
const ROW_COST = 8;

/** Bounds of parts of `order` that cost about the same: whole rows, none empty. */
function equalParts(offsets: Int32Array, order: Int32Array, count: number): Int32Array {
  const rows = order.length;
  const cost = (r: number) => offsets[r + 1] - offsets[r] + ROW_COST;
  const share = (offsets[rows] + rows * ROW_COST) / count;
  const bounds = [0];
  let sum = 0;
  for (let o = 0; o < rows; o++) {
    sum += cost(order[o]);
    if (sum >= share * bounds.length || o === rows - 1) bounds.push(o + 1);
  }
  return Int32Array.from(bounds);
}
