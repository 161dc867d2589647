import { topK } from '../../../shared/math/topk.ts';
import { forEachUser } from '../../data/by-user.ts';
import { LIKE_FROM } from '../../data/likes.ts';
import type { Split } from '../../data/split.ts';
import { NextMean, type NextQuality, placeOf, RankingMean, type RankingQuality } from '../../math/metrics.ts';
import { offsetsOf, rowsBetween } from '../../math/sparse.ts';
import { type Core, type Ranker, type RivalHistories, type Weigh, weighed } from './core.ts';

/** Users whose scores are in memory at once: 256 × 10,000 movies are 10 MB. */
const CHUNK = 256;

/**
 * Quality of a ranker's lists by the protocol of `UserTrial`: full ranking of the core without the movies that the user
 * rated before. Relevant are test ratings of 4 stars or more, whether or not the core has the movie. Where the split has an
 * order, the first tested movie of each user is asked for too, liked or not.
 *
 * @param known ratings of each user before the test part; other users have an empty history
 */
export async function measureRanker(
  ranker: Ranker,
  weigh: Weigh,
  core: Core,
  known: RivalHistories,
  { test, isOrdered }: Split,
): Promise<RankingQuality & { readonly next?: NextQuality }> {
  const asked = askedOf(test, isOrdered === true);
  const userIds = [...asked.keys()];
  const ratings = historiesFor(userIds, known);
  const [mean, next] = [new RankingMean(), new NextMean()];
  const columns = new Map(Array.from(core.movieIds, (movieId, column) => [movieId, column]));
  const C = core.movieIds.length;
  for (let from = 0; from < userIds.length; from += CHUNK) {
    const chunk = rowsBetween(ratings, from, Math.min(from + CHUNK, userIds.length));
    const scores = await ranker.score(weighed(chunk, weigh));
    for (let u = 0; u < chunk.rows; u++) {
      const seen = new Set(chunk.indices.subarray(chunk.offsets[u], chunk.offsets[u + 1]));
      const isUnseen = (column: number) => !seen.has(column);
      const own = scores.subarray(u * C, (u + 1) * C);
      const { liked, first } = asked.get(userIds[from + u])!;
      mean.add(
        topK(own, 20, isUnseen).map((column) => core.movieIds[column]),
        liked,
      );
      if (isOrdered) next.add(placeOf(own, columns.get(first) ?? -1, isUnseen));
    }
  }
  return { ...mean.quality(), ...(isOrdered && { next: next.quality() }) };
}

/** What a user is asked for: movies liked in the test part, and the first rated there. */
interface Asked {
  readonly liked: ReadonlySet<number>;
  readonly first: number;
}

/** @param isOrdered whether users who liked nothing are asked for their first movie */
function askedOf(test: Split['test'], isOrdered: boolean): Map<number, Asked> {
  const asked = new Map<number, Asked>();
  forEachUser(test, (userId, positions) => {
    const liked = positions.filter((i) => test.stars[i] >= LIKE_FROM).map((i) => test.movieIds[i]);
    if (liked.length > 0 || isOrdered) asked.set(userId, { liked: new Set(liked), first: test.movieIds[positions[0]] });
  });
  return asked;
}

/** The histories of these users, in this order. */
function historiesFor(userIds: readonly number[], { userIds: knownIds, ratings }: RivalHistories) {
  const rowOf = new Map(Array.from(knownIds, (userId, u) => [userId, u]));
  const rows = userIds.map((userId) => rowOf.get(userId));
  const offsets = offsetsOf(
    rows.map((row) => (row === undefined ? 0 : ratings.offsets[row + 1] - ratings.offsets[row])),
  );
  const indices = new Int32Array(offsets[userIds.length]);
  const values = new Float32Array(indices.length);
  rows.forEach((row, u) => {
    if (row === undefined) return;
    indices.set(ratings.indices.subarray(ratings.offsets[row], ratings.offsets[row + 1]), offsets[u]);
    values.set(ratings.values.subarray(ratings.offsets[row], ratings.offsets[row + 1]), offsets[u]);
  });
  return { rows: userIds.length, columns: ratings.columns, offsets, indices, values };
}
