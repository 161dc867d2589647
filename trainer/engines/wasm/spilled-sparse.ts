import { entriesOf, type SpilledRows } from '../../math/sparse.ts';
import type { SpillFile } from '../../math/spill-file.ts';
import type { WasmDevice } from './device.ts';
import type { WasmMemory } from './memory.ts';
import { type ImageSize, imageOf, imageWords, type PlacedRows, placedAt, type WasmSparse } from './placed-rows.ts';

/** A block in the file. */
interface FileBlock extends ImageSize {
  readonly from: number;
  readonly begin: number; // byte
}

/**
 * A sparse matrix on a disk, block after block as each lies in memory, so that a block is there after one read. Memory holds
 * one block.
 */
export class SpilledSparse implements WasmSparse {
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
  readonly #memory: WasmMemory;
  readonly #file: SpillFile;
  readonly #blocks: readonly FileBlock[];
  readonly #base: number;

  constructor({ memory, threads }: WasmDevice, matrix: SpilledRows) {
    this.rows = matrix.rows;
    this.columns = matrix.columns;
    this.entries = entriesOf(matrix);
    this.#memory = memory;
    this.#file = matrix.spill.open();
    // Blocks are whole items of the kernels that sum over rows, so that these sums are cut as those in memory.
    this.#blocks = writeBlocks(this.#file, matrix, { group: threads.size('LOSS_ROWS'), threads: threads.count });
    this.#base = memory.allocate(4 * this.#blocks.reduce((most, block) => Math.max(most, imageWords(block)), 0));
  }

  *blocks(valued: boolean): Generator<PlacedRows> {
    for (const block of this.#blocks) {
      this.#file.read(this.#memory.integers(this.#base, imageWords(block, valued)), block.begin);
      yield placedAt(this.#base, block.from, block);
    }
  }

  release(): void {
    this.#memory.release(this.#base);
    this.#file.close();
  }
}

/** @param cut rows that stay in one block, and for how many threads blocks are cut */
function writeBlocks(
  file: SpillFile,
  matrix: SpilledRows,
  { group, threads }: { readonly group: number; readonly threads: number },
): FileBlock[] {
  const { rows, offsets, blockEntries } = matrix;
  const end = (from: number) => Math.min(rows, from + group);
  const blocks: FileBlock[] = [];
  for (let from = 0; from < rows; ) {
    let to = end(from);
    while (to < rows && offsets[end(to)] - offsets[from] <= blockEntries) to = end(to);
    const { sections, ...size } = imageOf(matrix.between(from, to), threads);
    blocks.push({ ...size, from, begin: file.bytes });
    for (const section of sections) file.append(section);
    from = to;
  }
  return blocks;
}
