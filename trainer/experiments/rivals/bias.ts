import { forEachUser } from '../../data/by-user.ts';
import { scaleOf } from '../../data/scale.ts';
import type { Split } from '../../data/split.ts';
import { biasBaseline } from '../../evaluate/baselines.ts';
import { type RatingErrors, ratingErrors } from '../../math/metrics.ts';

/** Errors of the Bias baseline on a split's test part; an unseen user's bias comes from the shown ratings. */
export function biasErrors({ train, shown, test }: Split): RatingErrors {
  const bias = biasBaseline(train, scaleOf(train));
  const shownBiases = new Map<number, number>();
  if (shown) forEachUser(shown, (userId, positions) => shownBiases.set(userId, bias.userBias(shown, positions)));
  const predicted = Float64Array.from(test.movieIds, (movieId, i) => {
    const shownBias = shownBiases.get(test.userIds[i]);
    return shownBias === undefined ? bias.predict(test.userIds[i], movieId) : bias.predictWith(shownBias, movieId);
  });
  return ratingErrors(predicted, test.stars);
}
