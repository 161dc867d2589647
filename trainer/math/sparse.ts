import type { SpillFolder } from './spill-file.ts';

/** A sparse matrix by rows: row r holds entries offsets[r] … offsets[r + 1] − 1. */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Int32Array; // (rows + 1)
  readonly indices: Int32Array; // (N) column of each entry
  readonly values: Float32Array; // (N)
}

/** A sparse matrix whose entries lie on a disk. */
export interface SpilledRows extends Pick<SparseRows, 'rows' | 'columns' | 'offsets'> {
  /** Where an engine keeps what it makes of them. */
  readonly spill: SpillFolder;
  /** Entries that are read at a time, about. */
  readonly blockEntries: number;
  /** Rows [from, to), read from the disk. */
  between(from: number, to: number): SparseRows;
}

/** A sparse matrix, wherever its entries are. */
export type AnyRows = SparseRows | SpilledRows;

/** N: entries of the matrix. */
export function entriesOf({ rows, offsets }: AnyRows): number {
  return offsets[rows];
}

/** All rows in order: those in memory at once, spilled ones by blocks. */
export function* rowBlocks(matrix: AnyRows): Generator<{ readonly from: number; readonly block: SparseRows }> {
  if ('indices' in matrix) {
    yield { from: 0, block: matrix };
    return;
  }
  const { rows, offsets, blockEntries } = matrix;
  for (let from = 0, to = 0; from < rows; from = to) {
    do to++;
    while (to < rows && offsets[to + 1] - offsets[from] <= blockEntries);
    yield { from, block: matrix.between(from, to) };
  }
}

/** The same rows, each block of entries changed where it is used. */
export function mapRows(matrix: AnyRows, change: (block: SparseRows) => SparseRows, columns = matrix.columns): AnyRows {
  if ('indices' in matrix) return change(matrix);
  return { ...matrix, columns, between: (from, to) => change(matrix.between(from, to)) };
}

/** Rows [from, to) of a matrix; of one in memory, indices and values are views. */
export function rowsBetween(matrix: AnyRows, from: number, to: number): SparseRows {
  if ('between' in matrix) return matrix.between(from, to);
  const { columns, offsets, indices, values } = matrix;
  const [begin, end] = [offsets[from], offsets[to]];
  return {
    rows: to - from,
    columns,
    offsets: offsets.subarray(from, to + 1).map((offset) => offset - begin),
    indices: indices.subarray(begin, end),
    values: values.subarray(begin, end),
  };
}

/** The transposed matrix: the same entries by columns, ascending by row within a column. */
export function transpose({ rows, columns, offsets, indices, values }: SparseRows): SparseRows {
  const N = indices.length;
  const starts = new Int32Array(columns + 1);
  for (let k = 0; k < N; k++) starts[indices[k] + 1]++;
  for (let c = 0; c < columns; c++) starts[c + 1] += starts[c];
  const next = starts.slice(0, columns);
  const rowOf = new Int32Array(N);
  const swapped = new Float32Array(N);
  for (let r = 0; r < rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      const at = next[indices[k]]++;
      rowOf[at] = r;
      swapped[at] = values[k];
    }
  }
  return { rows: columns, columns: rows, offsets: starts, indices: rowOf, values: swapped };
}

/** Where each of n rows begins, by their lengths (n), and where the last one ends, (n + 1). */
export function offsetsOf(lengths: ArrayLike<number>): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (let r = 0; r < lengths.length; r++) offsets[r + 1] = offsets[r] + lengths[r];
  return offsets;
}

/** Entries of the longest row. */
export function longestRow(offsets: Int32Array): number {
  let longest = 0;
  for (let r = 1; r < offsets.length; r++) longest = Math.max(longest, offsets[r] - offsets[r - 1]);
  return longest;
}

/** Rows by descending number of entries, equal ones by row: a counting sort. */
export function longestFirst(offsets: Int32Array): Int32Array {
  const rows = offsets.length - 1;
  const longest = longestRow(offsets);
  // next[n] is where the next row of longest − n entries goes.
  const next = new Int32Array(longest + 2);
  for (let r = 0; r < rows; r++) next[longest - (offsets[r + 1] - offsets[r]) + 1]++;
  for (let n = 0; n <= longest; n++) next[n + 1] += next[n];
  const order = new Int32Array(rows);
  for (let r = 0; r < rows; r++) order[next[longest - (offsets[r + 1] - offsets[r])]++] = r;
  return order;
}

/** A sparse matrix written entry by entry. */
export class SparseBuilder {
  readonly #columns: number;
  readonly #ends: number[] = [0];
  #indices = new Int32Array(1024);
  #values = new Float32Array(1024);
  #count = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  get entries(): number {
    return this.#count;
  }

  add(column: number, value: number): void {
    if (this.#count === this.#indices.length) this.#grow();
    this.#indices[this.#count] = column;
    this.#values[this.#count++] = value;
  }

  endRow(): void {
    this.#ends.push(this.#count);
  }

  /** The rows so far, as views of what the next ones are written over. */
  take(): SparseRows {
    const offsets = Int32Array.from(this.#ends);
    const [indices, values] = [this.#indices.subarray(0, this.#count), this.#values.subarray(0, this.#count)];
    this.#ends.length = 1;
    this.#count = 0;
    return { rows: offsets.length - 1, columns: this.#columns, offsets, indices, values };
  }

  #grow(): void {
    const [indices, values] = [this.#indices, this.#values];
    this.#indices = new Int32Array(2 * indices.length);
    this.#values = new Float32Array(2 * values.length);
    this.#indices.set(indices);
    this.#values.set(values);
  }
}
