import { topK } from '../../../shared/math/topk.ts';
import { forEachUser } from '../../data/by-user.ts';
import type { Ratings } from '../../data/dataset.ts';
import { LIKE_FROM } from '../../data/likes.ts';
import { RankingMean, type RankingQuality } from '../../math/metrics.ts';
import { rowsBetween } from '../../math/sparse.ts';
import { type Core, type Ranker, type RivalHistories, type Weigh, weighed } from './core.ts';

/** Users whose scores are in memory at once: 256 × 10,000 movies are 10 MB. */
const CHUNK = 256;

/**
 * Quality of a ranker's lists by the protocol of `UserTrial`: full ranking of the core without the movies that the user
 * rated before. Relevant are test ratings of 4 stars or more, whether or not the core has the movie.
 *
 * @param known ratings of each user before the test part; other users have an empty history
 */
export async function measureRanker(
  ranker: Ranker,
  weigh: Weigh,
  core: Core,
  known: RivalHistories,
  test: Ratings,
): Promise<RankingQuality> {
  const relevant = relevantMovies(test);
  const userIds = [...relevant.keys()];
  const ratings = historiesFor(userIds, known);
  const mean = new RankingMean();
  const C = core.movieIds.length;
  for (let from = 0; from < userIds.length; from += CHUNK) {
    const chunk = rowsBetween(ratings, from, Math.min(from + CHUNK, userIds.length));
    const scores = await ranker.score(weighed(chunk, weigh));
    for (let u = 0; u < chunk.rows; u++) {
      const seen = new Set(chunk.indices.subarray(chunk.offsets[u], chunk.offsets[u + 1]));
      const top = topK(scores.subarray(u * C, (u + 1) * C), 20, (column) => !seen.has(column));
      mean.add(
        top.map((column) => core.movieIds[column]),
        relevant.get(userIds[from + u])!,
      );
    }
  }
  return mean.quality();
}

/** Movies that each user liked in the test part, without users who liked none. */
function relevantMovies(test: Ratings): Map<number, ReadonlySet<number>> {
  const relevant = new Map<number, ReadonlySet<number>>();
  forEachUser(test, (userId, positions) => {
    const liked = positions.filter((i) => test.stars[i] >= LIKE_FROM).map((i) => test.movieIds[i]);
    if (liked.length > 0) relevant.set(userId, new Set(liked));
  });
  return relevant;
}

/** The histories of these users, in this order. */
function historiesFor(userIds: readonly number[], { userIds: knownIds, ratings }: RivalHistories) {
  const rowOf = new Map(Array.from(knownIds, (userId, u) => [userId, u]));
  const offsets = new Int32Array(userIds.length + 1);
  const rows = userIds.map((userId) => rowOf.get(userId));
  rows.forEach((row, u) => {
    offsets[u + 1] = offsets[u] + (row === undefined ? 0 : ratings.offsets[row + 1] - ratings.offsets[row]);
  });
  const indices = new Int32Array(offsets[userIds.length]);
  const values = new Float32Array(indices.length);
  rows.forEach((row, u) => {
    if (row === undefined) return;
    indices.set(ratings.indices.subarray(ratings.offsets[row], ratings.offsets[row + 1]), offsets[u]);
    values.set(ratings.values.subarray(ratings.offsets[row], ratings.offsets[row + 1]), offsets[u]);
  });
  return { rows: userIds.length, columns: ratings.columns, offsets, indices, values };
}
