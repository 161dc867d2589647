import type { AnyRows } from '../math/sparse.ts';

/** Times that lie on a disk. */
export interface SpilledTimes {
  /** Those at the places [begin, end), read from the disk. */
  between(begin: number, end: number): Uint32Array;
}

/** When ratings were given, in the order of a matrix by user: seconds since 1970, 0 where not known. */
export type Times = Uint32Array | SpilledTimes; // (N)

export function timesBetween(times: Times, begin: number, end: number): Uint32Array {
  return times instanceof Uint32Array ? times.subarray(begin, end) : times.between(begin, end);
}

/** The `most` newest times, or all that are known, ascending. */
export function newestTimes(times: Times, { rows, offsets }: AnyRows, most: number): Uint32Array {
  const kept = new Uint32Array(2 * most);
  let [count, least] = [0, 0];
  const cut = () => {
    kept.subarray(0, count).sort();
    if (count <= most) return;
    kept.copyWithin(0, count - most, count);
    count = most;
    least = kept[0];
  };
  for (let begin = 0; begin < offsets[rows]; begin += BLOCK) {
    const block = timesBetween(times, begin, Math.min(offsets[rows], begin + BLOCK));
    for (let k = 0; k < block.length; k++) {
      if (block[k] <= least) continue;
      kept[count++] = block[k];
      if (count === kept.length) cut();
    }
  }
  cut();
  return kept.slice(0, count);
}

/** Times that are read at once. */
const BLOCK = 1 << 20;
