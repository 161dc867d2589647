import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { topK } from '../../../shared/math/topk.ts';
import type { Model } from '../../../shared/model/model.ts';
import { forEachUser } from '../../data/by-user.ts';
import type { Ratings } from '../../data/dataset.ts';
import { LIKE_FROM } from '../../data/likes.ts';
import { biasOver, countLikes } from '../../evaluate/baselines.ts';
import { RankingMean, ratingErrors } from '../../math/metrics.ts';
import type { Cut } from '../night-ratings.ts';

type Baselines = NonNullable<Manifest['metrics']['baselines']>;

/** Length of the lists that are measured (`UserTrial`). */
const LIST = 20;

/**
 * What any model must beat on the ratings to test on: damped means, and lists of what most people liked.
 *
 * @param cuts users by users, gone through several times
 */
export function baselinesOn(cuts: () => Iterable<Cut>, { manifest, movies }: Model): Baselines {
  const bias = biasOver(() => shownOf(cuts()), manifest.scale);
  const likes = new Float32Array(movies.count);
  for (const shown of shownOf(cuts())) countLikes(likes, shown, movies.rowOf);
  const [predicted, stars] = [[] as number[], [] as number[]];
  const ranking = new RankingMean();
  for (const cut of cuts()) {
    const { userIds, movieIds } = cut.test;
    for (let i = 0; i < cut.test.count; i++) predicted.push(bias.predict(userIds[i], movieIds[i]));
    for (const value of cut.test.stars) stars.push(value);
    rankPopular(ranking, likes, cut, movies.rowOf);
  }
  return { bias: ratingErrors(predicted, stars), popularity: ranking.quality() };
}

function* shownOf(cuts: Iterable<Cut>): Generator<Ratings> {
  for (const { shown } of cuts) yield shown;
}

function rankPopular(ranking: RankingMean, likes: Float32Array, { shown, test }: Cut, rowOf: Model['movies']['rowOf']) {
  const seen = new Map<number, Set<number>>();
  forEachUser(shown, (userId, positions) => {
    seen.set(userId, new Set(Array.from(positions, (i) => rowOf(shown.movieIds[i]))));
  });
  forEachUser(test, (userId, positions) => {
    const liked = positions.filter((i) => test.stars[i] >= LIKE_FROM);
    if (liked.length === 0) return;
    const keyOf = (row: number, i: number) => (row < 0 ? -1 - i : row); // unknown movies are distinct too
    const relevant = new Set(Array.from(liked, (i) => keyOf(rowOf(test.movieIds[i]), i)));
    const isUnseen = (row: number) => !seen.get(userId)?.has(row);
    ranking.add(topK(likes, LIST, isUnseen), relevant);
  });
}
