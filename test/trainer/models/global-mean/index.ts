import * as z from 'zod';
import { ratingErrors, TRAINING_FIT } from '../../../../trainer/math/metrics.ts';
import type { Side } from '../../../../trainer/models/learned.ts';
import { movieFeatures } from '../../../../trainer/models/movie-features.ts';
import type { RatingModel } from '../../../../trainer/models/rating-model.ts';
import type { CommonSettings } from '../../../../trainer/models/settings.ts';

const settings = z.object({
  damping: z.number().min(0).default(0).describe('ratings that the middle of the scale counts for'),
});

/** So sure that nobody differs from the mean that no ratings of theirs show. */
const PRECISION = 1e12;

/** The simplest model of ratings: everybody gives every movie the mean. Its lists are the relevance model's. */
export const globalMean: RatingModel<CommonSettings & z.infer<typeof settings>> = {
  name: 'global-mean',
  title: 'mean of all ratings',
  settings,
  family: 'global-mean',
  resumes: 'never',
  makesLists: true,
  memory: () => ({ engine: 0, scripts: 0 }),
  async train(_, { dataset, matrix, scale }, { factors: K, damping }) {
    const { stars, count } = dataset.ratings;
    const sum = stars.reduce((total, value) => total + value, (damping * (scale.min + scale.max)) / 2);
    const mean = sum / (count + damping);
    const errors = ratingErrors(new Float64Array(count).fill(mean), stars);
    const [U, M, D] = [matrix.userIds.length, matrix.movieIds.length, K + 1];
    const zeros = (rows: number): Side => ({
      rows,
      means: new Float64Array(rows * D),
      variances: new Float64Array(rows * D),
    });
    return {
      factorization: {
        factors: K,
        mean,
        tau: 1 / errors.rmse ** 2,
        users: zeros(U),
        movies: zeros(M),
        userPrecision: Float64Array.from({ length: D * D }, (_, at) => (at % (D + 1) === 0 ? PRECISION : 0)),
        userPriorWeights: new Float64Array((M + 3) * D),
        newMovie: new Float64Array(D),
        movieKinds: new Float64Array(movieFeatures(matrix.movieIds, dataset.movies).count * D),
      },
      metrics: { protocol: TRAINING_FIT, ...errors },
    };
  },
};
