import type { SparseRows } from './sparse.ts';

/** A sparse matrix written entry by entry. */
export class SparseBuilder {
  private readonly columns: number;
  private readonly ends: number[] = [0];
  private indices = new Int32Array(1024);
  private values = new Float32Array(1024);
  private count = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  get entries(): number {
    return this.count;
  }

  add(column: number, value: number): void {
    if (this.count === this.indices.length) this.grow();
    this.indices[this.count] = column;
    this.values[this.count++] = value;
  }

  endRow(): void {
    this.ends.push(this.count);
  }

  /** The rows so far, as views of what the next ones are written over. */
  take(): SparseRows {
    const offsets = Int32Array.from(this.ends);
    const [indices, values] = [this.indices.subarray(0, this.count), this.values.subarray(0, this.count)];
    this.ends.length = 1;
    this.count = 0;
    return { rows: offsets.length - 1, columns: this.columns, offsets, indices, values };
  }

  private grow(): void {
    const [indices, values] = [this.indices, this.values];
    this.indices = new Int32Array(2 * indices.length);
    this.values = new Float32Array(2 * values.length);
    this.indices.set(indices);
    this.values.set(values);
  }
}
