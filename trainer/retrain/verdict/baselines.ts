import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { topK } from '../../../shared/math/topk.ts';
import type { Model } from '../../../shared/model/model.ts';
import { forEachUser } from '../../data/by-user.ts';
import type { Ratings } from '../../data/dataset.ts';
import { LIKE_FROM } from '../../data/likes.ts';
import { biasBaseline, popularity } from '../../evaluate/baselines.ts';
import { RankingMean, ratingErrors } from '../../math/metrics.ts';

type Baselines = NonNullable<Manifest['metrics']['baselines']>;

/** Length of the lists that are measured (`UserTrial`). */
const LIST = 20;

/** What any model must beat on the ratings of `test`: damped means, and lists of what most people liked. */
export function baselinesOn(shown: Ratings, test: Ratings, { manifest, movies }: Model): Baselines {
  const bias = biasBaseline(shown, manifest.scale);
  const predicted = Float64Array.from(test.userIds, (userId, i) => bias.predict(userId, test.movieIds[i]));
  return { bias: ratingErrors(predicted, test.stars), popularity: popularLists(shown, test, movies) };
}

function popularLists(shown: Ratings, test: Ratings, { count, rowOf }: Model['movies']): Baselines['popularity'] {
  const likes = popularity(shown, count, rowOf);
  const seen = new Map<number, Set<number>>();
  forEachUser(shown, (userId, positions) => {
    seen.set(userId, new Set(Array.from(positions, (i) => rowOf(shown.movieIds[i]))));
  });
  const ranking = new RankingMean();
  forEachUser(test, (userId, positions) => {
    const liked = positions.filter((i) => test.stars[i] >= LIKE_FROM);
    if (liked.length === 0) return;
    const keyOf = (row: number, i: number) => (row < 0 ? -1 - i : row); // unknown movies are distinct too
    const relevant = new Set(Array.from(liked, (i) => keyOf(rowOf(test.movieIds[i]), i)));
    const isUnseen = (row: number) => !seen.get(userId)?.has(row);
    ranking.add(topK(likes, LIST, isUnseen), relevant);
  });
  return ranking.quality();
}
