import type { Selection } from '../../shared/model/scorer.ts';
import type { Kernel } from './kernel.ts';

/** A byte a row in the kernel's memory, (M), not 0 for rows that may not come up. */
export class RowMarks {
  readonly #kernel: Kernel;
  readonly #at: number;
  readonly #count: number;
  /** The mask that lies there between scans: most selections come with the one of the last. */
  #placed: Uint8Array | null = null;

  constructor(kernel: Kernel, at: number, count: number) {
    this.#kernel = kernel;
    this.#at = at;
    this.#count = count;
  }

  /** Runs a scan for which the rows that a selection refuses or hides are marked. */
  during<T>({ refused, hidden }: Selection, scan: () => T): T {
    const marks = this.#kernel.octets(this.#at, this.#count);
    if (refused !== this.#placed) {
      if (refused === null) marks.fill(0);
      else marks.set(refused);
      this.#placed = refused;
    }
    for (const row of hidden) marks[row] = 1;
    try {
      return scan();
    } finally {
      for (const row of hidden) marks[row] = refused === null ? 0 : refused[row];
    }
  }
}
