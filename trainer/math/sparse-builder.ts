import type { SparseRows } from './sparse.ts';

/** Builds a sparse matrix entry by entry, row after row. */
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

  /** The rows so far, and an empty builder. Indices and values are views that the next rows overwrite. */
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
