import type { Dataset, Movie, Ratings } from './dataset.ts';

/** A sparse matrix by rows: row r holds entries offsets[r] … offsets[r + 1] − 1. */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Int32Array; // (rows + 1)
  readonly indices: Int32Array; // (N) column of each entry
  readonly values: Float32Array; // (N)
}

/** Rows [from, to) of a matrix, indices and values as views. */
export function rowsBetween({ columns, offsets, indices, values }: SparseRows, from: number, to: number): SparseRows {
  const [begin, end] = [offsets[from], offsets[to]];
  return {
    ...{ rows: to - from, columns },
    offsets: offsets.subarray(from, to + 1).map((offset) => offset - begin),
    indices: indices.subarray(begin, end),
    values: values.subarray(begin, end),
  };
}

/** Ratings by rows instead of ids, both ways round. Within a user: oldest first. Within a movie: by user row. */
export interface RatingMatrix {
  readonly userIds: Int32Array; // (U) ascending
  readonly movieIds: Int32Array; // (M) ascending
  readonly byUser: SparseRows; // (U, M), stars
  readonly byMovie: SparseRows; // (M, U), stars
}

/** Numbers that a table indexed by id may always have; more only where there are as many ids. */
const LEAST_TABLE = 1 << 20;

/** Ascending distinct values. */
export function distinct(values: Int32Array): Int32Array {
  const [first, range] = rangeOf(values);
  return range <= Math.max(LEAST_TABLE, values.length) ? marked(values, first, range) : sorted(values);
}

/** The smallest value, and how many there could be up to the largest. */
function rangeOf(values: Int32Array): [first: number, range: number] {
  if (values.length === 0) return [0, 0];
  let [first, last] = [values[0], values[0]];
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    if (value < first) first = value;
    if (value > last) last = value;
  }
  return [first, last - first + 1];
}

/** `distinct` of values in [first, first + range), by a mark for each. */
function marked(values: Int32Array, first: number, range: number): Int32Array {
  const marks = new Uint8Array(range);
  for (let i = 0; i < values.length; i++) marks[values[i] - first] = 1;
  let n = 0;
  for (let i = 0; i < marks.length; i++) n += marks[i];
  const found = new Int32Array(n);
  for (let i = 0, at = 0; i < marks.length; i++) if (marks[i]) found[at++] = first + i;
  return found;
}

/** `distinct` of any values. */
function sorted(values: Int32Array): Int32Array {
  const sorted = values.slice().sort();
  let n = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[n++] = sorted[i];
  return sorted.slice(0, n);
}

/** Row of each id in a table of distinct ids; −1 where the table lacks it. */
export function rowsOf(ids: Int32Array, table: Int32Array): Int32Array {
  const rows = new Int32Array(ids.length);
  const [first, range] = rangeOf(table);
  if (range <= Math.max(LEAST_TABLE, ids.length)) {
    const row = new Int32Array(range).fill(-1);
    for (let r = 0; r < table.length; r++) row[table[r] - first] = r;
    for (let i = 0; i < ids.length; i++) {
      const at = ids[i] - first;
      rows[i] = at >= 0 && at < range ? row[at] : -1;
    }
    return rows;
  }
  const row = new Map<number, number>();
  for (let r = 0; r < table.length; r++) row.set(table[r], r);
  for (let i = 0; i < ids.length; i++) rows[i] = row.get(ids[i]) ?? -1;
  return rows;
}

/** Each user's ratings, oldest first, as positions in the rating columns: user u has offsets[u] … offsets[u + 1] − 1. */
export interface Sequences {
  readonly userIds: Int32Array; // (U) ascending
  readonly offsets: Int32Array; // (U + 1)
  readonly positions: Int32Array; // (N)
}

/** Orders by timestamp, then file order; where any of a user's timestamps is missing, by file order alone. */
export function userSequences(ratings: Ratings): Sequences {
  const { timestamps, count: N } = ratings;
  const userIds = distinct(ratings.userIds);
  const users = rowsOf(ratings.userIds, userIds);
  const offsets = new Int32Array(userIds.length + 1);
  for (let i = 0; i < N; i++) offsets[users[i] + 1]++;
  for (let u = 0; u < userIds.length; u++) offsets[u + 1] += offsets[u];
  const next = offsets.slice(0, -1);
  const positions = new Int32Array(N);
  for (let i = 0; i < N; i++) positions[next[users[i]]++] = i;
  for (let u = 0; u < userIds.length; u++) {
    const own = positions.subarray(offsets[u], offsets[u + 1]);
    let timed = true;
    let ordered = true;
    for (let k = offsets[u], before = 0; k < offsets[u + 1]; k++) {
      const time = timestamps[positions[k]];
      if (!(time > 0)) timed = false;
      if (time < before) ordered = false;
      before = time;
    }
    if (timed && !ordered) own.sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  }
  return { userIds, offsets, positions };
}

/** Indexes ratings. Movies are those of the catalogue and those rated, so that unrated movies have a row too. */
export function indexRatings(ratings: Ratings, catalogue: ReadonlyMap<number, Movie> = new Map()): RatingMatrix {
  const { userIds, offsets, positions } = userSequences(ratings);
  const movieIds = distinct(Int32Array.from([...catalogue.keys(), ...distinct(ratings.movieIds)]));
  const rows = rowsOf(ratings.movieIds, movieIds);
  const indices = new Int32Array(positions.length);
  const values = new Float32Array(positions.length);
  for (let k = 0; k < positions.length; k++) {
    indices[k] = rows[positions[k]];
    values[k] = ratings.stars[positions[k]];
  }
  const byUser: SparseRows = { rows: userIds.length, columns: movieIds.length, offsets, indices, values };
  return { userIds, movieIds, byUser, byMovie: transpose(byUser) };
}

/** The same entries by columns; within a column by row. */
export function transpose({ rows, columns, offsets, indices, values }: SparseRows): SparseRows {
  const N = indices.length;
  const starts = new Int32Array(columns + 1);
  for (let k = 0; k < N; k++) starts[indices[k] + 1]++;
  for (let c = 0; c < columns; c++) starts[c + 1] += starts[c];
  const next = starts.slice(0, columns);
  const rowOf = new Int32Array(N);
  const turned = new Float32Array(N);
  for (let r = 0; r < rows; r++) {
    for (let k = offsets[r]; k < offsets[r + 1]; k++) {
      const at = next[indices[k]]++;
      rowOf[at] = r;
      turned[at] = values[k];
    }
  }
  return { rows: columns, columns: rows, offsets: starts, indices: rowOf, values: turned };
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

/** The rows of both, `more` behind `ratings`. A (user, movie) of both stands twice until `withoutDuplicates`. */
export function appendRatings(ratings: Ratings, more: Ratings): Ratings {
  const join = <T extends Int32Array | Float32Array | Float64Array>(head: T, tail: T): T => {
    const out = new (head.constructor as new (n: number) => T)(head.length + tail.length);
    out.set(head);
    out.set(tail, head.length);
    return out;
  };
  return {
    count: ratings.count + more.count,
    userIds: join(ratings.userIds, more.userIds),
    movieIds: join(ratings.movieIds, more.movieIds),
    stars: join(ratings.stars, more.stars),
    timestamps: join(ratings.timestamps, more.timestamps),
  };
}

/** A data set with other ratings: the training part of a split. The hash stays the whole set's. */
export function withRatings(dataset: Dataset, ratings: Ratings): Dataset {
  return { ...dataset, ratings };
}
