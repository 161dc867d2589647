import type { Ratings } from '../../data/dataset.ts';
import { LIKE_FROM } from '../../data/likes.ts';
import { userSequences } from '../../data/rating-matrix.ts';
import { distinct, rowsOf } from '../../math/ids.ts';
import type { SparseRows } from '../../math/sparse.ts';
import { type CoreLimits, coreMovies } from '../../models/relevance/next-watch.ts';

/** The movies that rivals learn and rank: the same as Marquee's relevance model. */
export interface Core {
  /**
   * Movie of each column, (C), the most liked first. Of equal scores `topK` prefers the smaller column, so that a user of
   * whom a method knows nothing gets popular movies.
   */
  readonly movieIds: Int32Array;
  readonly likes: Int32Array; // (C) people who liked it
}

/** The movies of the relevance model (`coreMovies`), by likes. */
export function rankedMovies(train: Ratings, limits: CoreLimits): Core {
  const movieIds = distinct(train.movieIds);
  const rows = rowsOf(train.movieIds, movieIds);
  const [ratings, likes] = [new Int32Array(movieIds.length), new Int32Array(movieIds.length)];
  for (let i = 0; i < train.count; i++) {
    ratings[rows[i]]++;
    if (train.stars[i] >= LIKE_FROM) likes[rows[i]]++;
  }
  const core = coreMovies(ratings, limits).sort((a, b) => likes[b] - likes[a] || a - b);
  return { movieIds: core.map((row) => movieIds[row]), likes: core.map((row) => likes[row]) };
}

/** All users' ratings over the core, oldest first. Column −1 stands for a movie outside it, which still counts for recency. */
export interface RivalHistories {
  readonly userIds: Int32Array; // (U) ascending
  readonly ratings: SparseRows; // (U, C), stars
}

/** Orders each user’s ratings by time, and names each movie by its column. */
export function historiesOf(ratings: Ratings, core: Core): RivalHistories {
  const { userIds, offsets, positions } = userSequences(ratings);
  const columns = rowsOf(ratings.movieIds, core.movieIds);
  return {
    userIds,
    ratings: {
      rows: userIds.length,
      columns: core.movieIds.length,
      offsets,
      indices: positions.map((i) => columns[i]),
      values: Float32Array.from(positions, (i) => ratings.stars[i]),
    },
  };
}

/** Weights of a history: maps a user's stars, oldest first, to a weight each. */
export type Weigh = (stars: Float32Array) => ArrayLike<number>;

/** Weight 1 for liked movies, else 0. */
export const liked: Weigh = (stars) => stars.map((value) => (value >= LIKE_FROM ? 1 : 0));

/** The ratings as weights, without movies outside the core and without zero weights. */
export function weighed({ rows, columns, offsets, indices, values }: SparseRows, weigh: Weigh): SparseRows {
  const kept = { offsets: new Int32Array(rows + 1), indices: [] as number[], values: [] as number[] };
  for (let u = 0; u < rows; u++) {
    const weights = weigh(values.subarray(offsets[u], offsets[u + 1]));
    for (let k = offsets[u]; k < offsets[u + 1]; k++) {
      if (indices[k] < 0 || weights[k - offsets[u]] === 0) continue;
      kept.indices.push(indices[k]);
      kept.values.push(weights[k - offsets[u]]);
    }
    kept.offsets[u + 1] = kept.indices.length;
  }
  return {
    rows,
    columns,
    offsets: kept.offsets,
    indices: Int32Array.from(kept.indices),
    values: Float32Array.from(kept.values),
  };
}

/** A fitted method that ranks movies for a user by their history. */
export interface Ranker {
  /** @returns a score of each core movie for each history, (rows, C), the higher the better */
  score(histories: SparseRows): Promise<Float32Array>;
  /** Frees the engine's memory. */
  close(): void;
}

/** Ranks movies by how many people liked them, the same for all users. */
export function popularityRanker({ likes }: Core): Ranker {
  return {
    async score({ rows }) {
      const scores = new Float32Array(rows * likes.length);
      for (let u = 0; u < rows; u++) scores.set(likes, u * likes.length);
      return scores;
    },
    close: () => {},
  };
}
