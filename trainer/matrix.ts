import type { Dataset, Movie, Ratings } from './dataset.ts';

/** A sparse matrix by rows: row r holds entries offsets[r] … offsets[r + 1] − 1. */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Int32Array; // (rows + 1)
  readonly indices: Int32Array; // (N) column of each entry
  readonly values: Float32Array; // (N)
}

/** Ratings by rows instead of ids, both ways round. Within a user: oldest first. Within a movie: by user row. */
export interface RatingMatrix {
  readonly userIds: Int32Array; // (U) ascending
  readonly movieIds: Int32Array; // (M) ascending
  readonly byUser: SparseRows; // (U, M), stars
  readonly byMovie: SparseRows; // (M, U), stars
}

/** Ascending distinct values. */
export function distinct(values: Int32Array): Int32Array {
  const sorted = values.slice().sort();
  let n = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[n++] = sorted[i];
  return sorted.slice(0, n);
}

/** Row of each id in an ascending table of distinct ids; −1 where the table lacks it. */
export function rowsOf(ids: Int32Array, table: Int32Array): Int32Array {
  const row = new Map<number, number>();
  for (let r = 0; r < table.length; r++) row.set(table[r], r);
  return ids.map((id) => row.get(id) ?? -1);
}

/**
 * Indexes ratings. Movies are those of the catalogue and those rated, so that unrated movies have a row too.
 *
 * Ratings of a user are ordered by timestamp (then file order); where any of the user's timestamps is missing, file
 * order alone counts.
 */
export function indexRatings(ratings: Ratings, catalogue: ReadonlyMap<number, Movie> = new Map()): RatingMatrix {
  const userIds = distinct(ratings.userIds);
  const movieIds = distinct(Int32Array.from([...catalogue.keys(), ...distinct(ratings.movieIds)]));
  const users = rowsOf(ratings.userIds, userIds);
  const movies = rowsOf(ratings.movieIds, movieIds);
  const byUser = sparseRows(
    users,
    movies,
    ratings.stars,
    userIds.length,
    movieIds.length,
    chronological(ratings, users, userIds.length),
  );
  return { userIds, movieIds, byUser, byMovie: transpose(byUser) };
}

/** Order of the ratings in which each user's stand oldest first; null when file order is it. */
function chronological(ratings: Ratings, users: Int32Array, U: number): Int32Array | null {
  const { timestamps, count: N } = ratings;
  const untimed = new Uint8Array(U);
  const latest = new Float64Array(U);
  let sorted = true;
  for (let i = 0; i < N; i++) if (!(timestamps[i] > 0)) untimed[users[i]] = 1;
  for (let i = 0; i < N; i++) {
    const u = users[i];
    if (untimed[u]) continue;
    if (timestamps[i] < latest[u]) sorted = false;
    latest[u] = timestamps[i];
  }
  if (sorted) return null;
  const time = (i: number) => (untimed[users[i]] ? 0 : timestamps[i]);
  return Int32Array.from({ length: N }, (_, i) => i).sort((a, b) => time(a) - time(b) || a - b);
}

/** Triplets → rows, entries of a row in the order given (file order when null). */
export function sparseRows(
  rowOf: Int32Array,
  columnOf: Int32Array,
  values: Float32Array,
  rows: number,
  columns: number,
  order: Int32Array | null = null,
): SparseRows {
  const N = rowOf.length;
  const offsets = new Int32Array(rows + 1);
  for (let i = 0; i < N; i++) offsets[rowOf[i] + 1]++;
  for (let r = 0; r < rows; r++) offsets[r + 1] += offsets[r];
  const next = offsets.slice(0, rows);
  const indices = new Int32Array(N);
  const out = new Float32Array(N);
  for (let k = 0; k < N; k++) {
    const i = order ? order[k] : k;
    const at = next[rowOf[i]]++;
    indices[at] = columnOf[i];
    out[at] = values[i];
  }
  return { rows, columns, offsets, indices, values: out };
}

export function transpose(matrix: SparseRows): SparseRows {
  const rowOf = new Int32Array(matrix.indices.length);
  for (let r = 0; r < matrix.rows; r++) rowOf.fill(r, matrix.offsets[r], matrix.offsets[r + 1]);
  return sparseRows(matrix.indices, rowOf, matrix.values, matrix.columns, matrix.rows);
}

/** The ratings at `positions`, in that order. */
export function takeRatings(ratings: Ratings, positions: ArrayLike<number>): Ratings {
  const pick = <T extends Int32Array | Float32Array | Float64Array>(from: T): T => {
    const out = new (from.constructor as new (n: number) => T)(positions.length);
    for (let k = 0; k < positions.length; k++) out[k] = from[positions[k]];
    return out;
  };
  return {
    count: positions.length,
    userIds: pick(ratings.userIds),
    movieIds: pick(ratings.movieIds),
    stars: pick(ratings.stars),
    timestamps: pick(ratings.timestamps),
  };
}

/** A data set with other ratings: the training part of a split. The hash stays the whole set's. */
export function withRatings(dataset: Dataset, ratings: Ratings): Dataset {
  return { ...dataset, ratings };
}
