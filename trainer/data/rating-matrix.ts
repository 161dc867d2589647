import { distinct, rowsOf } from '../math/ids.ts';
import { type AnyRows, type SparseRows, transpose } from '../math/sparse.ts';
import type { Movie, Ratings } from './dataset.ts';

/** The last second that users.arrow can hold, in 2106. */
const LAST_TIME = 2 ** 32 - 1;

/** The times of `indexRatings`' `byUser`, in seconds since 1970; 0 where there is none, or one after 2106. */
export function timesByUser(ratings: Ratings, { positions } = userSequences(ratings)): Uint32Array {
  const times = new Uint32Array(positions.length);
  for (let k = 0; k < times.length; k++) {
    const time = ratings.timestamps[positions[k]];
    times[k] = time <= LAST_TIME ? time : 0;
  }
  return times;
}

/** Ratings by rows instead of ids, by user (oldest first) and by movie (ascending by user row). */
export interface AnyMatrix {
  readonly userIds: Int32Array; // (U) ascending
  readonly movieIds: Int32Array; // (M) ascending
  readonly byUser: AnyRows; // (U, M), stars
  readonly byMovie: AnyRows; // (M, U), stars
}

/** The same in memory. */
export interface RatingMatrix extends AnyMatrix {
  readonly byUser: SparseRows; // (U, M), stars
  readonly byMovie: SparseRows; // (M, U), stars
}

/** Each user's ratings, oldest first: user u has positions[offsets[u] … offsets[u + 1]) in the rating columns. */
export interface Sequences {
  readonly userIds: Int32Array; // (U) ascending
  readonly offsets: Int32Array; // (U + 1)
  readonly positions: Int32Array; // (N)
}

/** Orders each user by timestamp, then file order; by file order alone where one of the user's timestamps is missing. */
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
    const sequence = positions.subarray(offsets[u], offsets[u + 1]);
    let timed = true;
    let ordered = true;
    for (let k = offsets[u], before = 0; k < offsets[u + 1]; k++) {
      const time = timestamps[positions[k]];
      if (!(time > 0)) timed = false;
      if (time < before) ordered = false;
      before = time;
    }
    if (timed && !ordered) sequence.sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  }
  return { userIds, offsets, positions };
}

/** Indexes ratings. Movies are those of the catalogue and those rated, so that unrated movies have rows too. */
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
