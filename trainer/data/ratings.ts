import type { Dataset, Ratings } from './dataset.ts';

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

/** The rows of both, `more` last. A pair of both is there twice until `withoutDuplicates`. */
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

/** A data set with other ratings, as the training part of a split. The hash stays that of the whole set. */
export function withRatings(dataset: Dataset, ratings: Ratings): Dataset {
  return { ...dataset, ratings };
}
