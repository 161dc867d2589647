import type { SpilledRows } from '../../math/sparse.ts';
import type { SpillFile, SpillFolder } from '../../math/spill-file.ts';
import type { SpilledTimes } from '../times.ts';

/** Columns and stars of a matrix's entries in two files: 5 bytes each. */
export class EntryFiles {
  readonly #spill: SpillFolder;
  readonly #indices: SpillFile;
  readonly #halfStars: SpillFile;

  constructor(spill: SpillFolder) {
    this.#spill = spill;
    this.#indices = spill.open();
    this.#halfStars = spill.open();
  }

  write(indices: Int32Array, stars: Float32Array): void {
    this.#indices.append(indices);
    this.#halfStars.append(Uint8Array.from(stars, (value) => 2 * value));
  }

  /** The matrix, once all entries are written. */
  rows(offsets: Int32Array, columns: number, blockEntries: number): SpilledRows {
    const between = (from: number, to: number) => {
      const [begin, count] = [offsets[from], offsets[to] - offsets[from]];
      const [indices, halfStars] = [new Int32Array(count), new Uint8Array(count)];
      this.#indices.read(indices, 4 * begin);
      this.#halfStars.read(halfStars, begin);
      const values = new Float32Array(count);
      for (let k = 0; k < count; k++) values[k] = halfStars[k] / 2;
      const own = offsets.subarray(from, to + 1).map((offset) => offset - begin);
      return { rows: to - from, columns, offsets: own, indices, values };
    };
    return { rows: offsets.length - 1, columns, offsets, spill: this.#spill, blockEntries, between };
  }
}

/** Times in a file: 4 bytes each. */
export class TimeFile implements SpilledTimes {
  readonly #file: SpillFile;

  constructor(spill: SpillFolder) {
    this.#file = spill.open();
  }

  write(times: Uint32Array): void {
    this.#file.append(times);
  }

  between(begin: number, end: number): Uint32Array {
    const times = new Uint32Array(end - begin);
    this.#file.read(times, 4 * begin);
    return times;
  }
}
