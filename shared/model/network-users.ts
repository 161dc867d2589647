/** Row of each id of a list, from 1 on; 0 for other ids. */
export function networkRows(ids: readonly number[]): (id: number) => number {
  const rows = new Map(ids.map((id, at) => [id, at + 1]));
  return (id) => rows.get(id) ?? 0;
}

/** Stars that a network predicts for pairs of rows, (N). */
export type PredictRows = (users: Int32Array, movies: Int32Array) => Promise<Float32Array>;

/** Ratings by network rows. */
export interface NetworkRatings {
  readonly movies: Int32Array; // (n)
  readonly stars: Float32Array; // (n)
}

/** How many people of the network stand for somebody whom it never saw. */
export const NEIGHBOURS = 20;
/** Of how many people these are the nearest. */
const COMPARED = 1000;
/** By how many of the newest ratings. */
const NEWEST = 50;

/**
 * Rows of the people who stand for somebody whom a network never saw: those for whom it predicts these ratings with the
 * least squared error. Row 0, the average person, where there are no ratings.
 *
 * @param users people of the network, U
 * @param ratings oldest first
 */
export async function nearestUsers(predict: PredictRows, users: number, ratings: NetworkRatings): Promise<Int32Array> {
  const n = Math.min(NEWEST, ratings.stars.length);
  if (n === 0 || users === 0) return Int32Array.of(0);
  const [movies, stars] = [ratings.movies.slice(-n), ratings.stars.slice(-n)];
  const step = Math.max(1, users / COMPARED);
  const rows = Int32Array.from({ length: Math.floor(users / step) }, (_, c) => 1 + Math.floor(c * step));
  const predicted = await predict(
    Int32Array.from({ length: rows.length * n }, (_, at) => rows[Math.floor(at / n)]),
    Int32Array.from({ length: rows.length * n }, (_, at) => movies[at % n]),
  );
  const errors = new Float64Array(rows.length);
  predicted.forEach((value, at) => {
    errors[Math.floor(at / n)] += (value - stars[at % n]) ** 2;
  });
  const order = [...errors.keys()].sort((a, b) => errors[a] - errors[b] || a - b);
  return Int32Array.from(order.slice(0, NEIGHBOURS), (c) => rows[c]);
}

/** Predicted stars of movies, (m): the mean over people. */
export async function meanStars(predict: PredictRows, users: Int32Array, movies: Int32Array): Promise<Float32Array> {
  const m = movies.length;
  const predicted = await predict(
    Int32Array.from({ length: users.length * m }, (_, at) => users[Math.floor(at / m)]),
    Int32Array.from({ length: users.length * m }, (_, at) => movies[at % m]),
  );
  const means = new Float32Array(m);
  predicted.forEach((value, at) => {
    means[at % m] += value / users.length;
  });
  return means;
}
