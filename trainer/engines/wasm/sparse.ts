import type { AnyRows, SparseRows } from '../../math/sparse.ts';
import type { WasmDevice } from './device.ts';
import type { WasmMemory } from './memory.ts';
import { imageOf, imageWords, type PlacedRows, placedAt, type WasmSparse } from './placed-rows.ts';
import { SpilledSparse } from './spilled-sparse.ts';

/** Places a matrix in memory, its rows cut into parts for all threads; one that is spilled, block by block. */
export function placeSparse(device: WasmDevice, matrix: AnyRows): WasmSparse {
  return 'between' in matrix ? new SpilledSparse(device, matrix) : new HeldSparse(device, matrix);
}

/** A sparse matrix that is in memory whole. */
class HeldSparse implements WasmSparse {
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
  readonly placed: PlacedRows;
  readonly #memory: WasmMemory;

  constructor({ memory, threads }: WasmDevice, matrix: SparseRows) {
    const image = imageOf(matrix, threads.count);
    let at = memory.allocate(imageWords(image) * 4);
    this.rows = matrix.rows;
    this.columns = matrix.columns;
    this.entries = image.entries;
    this.placed = placedAt(at, 0, image);
    this.#memory = memory;
    for (const section of image.sections) {
      if (section instanceof Float32Array) memory.floats(at, section.length).set(section);
      else memory.integers(at, section.length).set(section);
      at += section.length * 4;
    }
  }

  blocks(): readonly PlacedRows[] {
    return [this.placed];
  }

  release(): void {
    this.#memory.release(this.placed.offsets);
  }
}
