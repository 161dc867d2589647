/** Ids that are counted together. */
const LOG_BUCKET = 8;
const BUCKETS = 2 ** (31 - LOG_BUCKET);

/** Counts ratings by ranges of users' ids, to cut them into parts of so many. */
export class IdCounts {
  readonly #counts = new Int32Array(BUCKETS);

  add(ids: Int32Array): void {
    for (let i = 0; i < ids.length; i++) this.#counts[ids[i] >>> LOG_BUCKET]++;
  }

  /** Consecutive ranges of at most `most` ratings, or of 256 ids. */
  ranges(most: number): { readonly count: number; readonly of: (id: number) => number } {
    const { parts, count } = cut(this.#counts, most);
    return { count, of: (id) => parts[id >>> LOG_BUCKET] };
  }
}

/** Part of each of some counted things: consecutive ones of at most `most` together, or one. */
export function cut(counts: Int32Array, most: number): { readonly parts: Int32Array; readonly count: number } {
  const parts = new Int32Array(counts.length);
  let [part, sum] = [0, 0];
  for (let i = 0; i < counts.length; i++) {
    if (sum > 0 && sum + counts[i] > most) [part, sum] = [part + 1, 0];
    sum += counts[i];
    parts[i] = part;
  }
  return { parts, count: part + 1 };
}
