import type { Ratings } from './dataset.ts';
import { isStrictlySorted, orderByUserAndMovie } from './sort.ts';

/**
 * The ratings with each (user, movie) once: the latest timestamp wins, of equal ones the later row. Rows that stay keep their
 * order. Without duplicates it returns its argument.
 */
export function withoutDuplicates(ratings: Ratings): Ratings {
  if (isStrictlySorted(ratings)) {
    return ratings;
  }
  const { count, userIds, movieIds, timestamps } = ratings;
  const order = orderByUserAndMovie(ratings);
  const dropped = new Uint8Array(count);
  let lost = 0;
  let best = order[0];
  for (let n = 1; n < count; n++) {
    const row = order[n];
    if (userIds[row] !== userIds[best] || movieIds[row] !== movieIds[best]) {
      best = row;
      continue;
    }
    lost++;
    if (timestamps[row] >= timestamps[best]) {
      dropped[best] = 1;
      best = row;
    } else {
      dropped[row] = 1;
    }
  }
  return lost === 0 ? ratings : keep(ratings, dropped, count - lost);
}

function keep(ratings: Ratings, dropped: Uint8Array, count: number): Ratings {
  const kept = {
    count,
    userIds: new Int32Array(count),
    movieIds: new Int32Array(count),
    stars: new Float32Array(count),
    timestamps: new Float64Array(count),
  };
  let to = 0;
  for (let from = 0; from < ratings.count; from++) {
    if (dropped[from] === 0) {
      kept.userIds[to] = ratings.userIds[from];
      kept.movieIds[to] = ratings.movieIds[from];
      kept.stars[to] = ratings.stars[from];
      kept.timestamps[to] = ratings.timestamps[from];
      to++;
    }
  }
  return kept;
}
