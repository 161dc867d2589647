import { rowIndex } from '../../shared/math/row-index.ts';
import { MOVIE_DAMPING } from '../../shared/model/bias.ts';
import { relevanceVector } from '../../shared/model/history.ts';
import { NOTHING_RATED } from '../../shared/model/posterior.ts';
import { identityResponse } from '../../shared/model/response.ts';
import type { Dataset } from '../data/dataset.ts';
import { indexRatings, type RatingMatrix, timesByUser } from '../data/rating-matrix.ts';
import { takeRatings, withRatings } from '../data/ratings.ts';
import { scaleOf } from '../data/scale.ts';
import { titledOnly } from '../data/titled.ts';
import type { Engine } from '../engines/engine.ts';
import { startMovies } from '../models/gradient/dot/movie-start.ts';
import { fitUserPrior, solveUsers, vectorsOf } from '../models/gradient/dot/user-prior.ts';
import type { Factorization } from '../models/learned.ts';
import { movieFeatures } from '../models/movie-features.ts';
import type { RelevanceModel } from '../models/relevance/relevance-model.ts';
import { trainRelevance } from '../models/relevance/train.ts';
import { ratedMovies } from '../train/columns.ts';
import type { Imported, Read } from './contract.ts';
import { NOT_MEASURED, pointsOf, vectorsInFrame, vectorsOfSample } from './factors-alone.ts';
import { type Frame, frameOf } from './frame.ts';

/**
 * A model of factors and the ratings that they were learned from, which are held in memory: biases of films from what the
 * factors leave, the users' prior and τ from the users' posteriors, and the relevance model as every training has it.
 * Users with ratings are solved anew, so that a stored vector is what folding in answers.
 */
export async function importWithRatings(engine: Engine, read: Read, given: Dataset): Promise<Imported> {
  const { movies, catalogue, sample, options, onStep } = read;
  const { factors: K, movieIds, known } = movies;
  const [D, M] = [K + 1, movieIds.length];
  const dataset = knownUsersOnly(given, read);
  const matrix = indexRatings(dataset.ratings, catalogue);
  const mean = matrix.byUser.values.reduce((sum, stars) => sum + stars, 0) / matrix.byUser.values.length;
  const biased = addBiases(read, matrix);
  const frame = frameOf(biased, known, vectorsOfSample(sample, K), { given: read.mean ?? 0, wanted: mean });
  const { average, kinds } = startMovies(frame.movies, known, movieFeatures(movieIds, catalogue));
  const vectors = vectorsOf(frame.movies, K);
  const about = { mean, response: identityResponse(mean), tau: null };
  const prior = fitUserPrior(vectors, matrix.byUser, vectorsInFrame(sample, frame, D), about);
  const learned = {
    factors: K,
    mean,
    tau: prior.tau,
    movies: pointsOf(frame.movies, M),
    users: solveUsers(vectors, prior, matrix.byUser),
    userPrecision: prior.precision,
    userPriorWeights: Float64Array.from([...new Float64Array(M * D), ...prior.constants]),
    newMovie: average,
    movieKinds: kinds,
  };
  onStep({ step: 'relevance' });
  const timed = { ...matrix, times: timesByUser(dataset.ratings) };
  const relevance = await trainRelevance(engine, timed, learned, options);
  return {
    knows: 'factors and ratings',
    learned,
    movieRatings: ratedMovies(matrix),
    relevance,
    scale: scaleOf(dataset.ratings),
    ratings: dataset.ratings.count,
    newest: timed.times.reduce((newest, time) => Math.max(newest, time), 0),
    metrics: { protocol: NOT_MEASURED },
    userOf: solvedUsers(timed, learned, relevance, frame),
  };
}

/** Users with ratings as they were solved, the others as their factors say and with the relevance of somebody new. */
function solvedUsers(
  { userIds, movieIds, byUser, times }: RatingMatrix & { readonly times: Uint32Array },
  { factors: K, users }: Pick<Factorization, 'factors' | 'users'>,
  relevance: RelevanceModel,
  frame: Frame,
): Imported['userOf'] {
  const [D, E] = [K + 1, relevance.prior.base.length];
  const popular = relevanceVector({ history: relevance.history, relevanceCount: E }, relevance.prior, NOTHING_RATED);
  const rowOf = rowIndex(userIds);
  return (user) => {
    const row = rowOf(user.userId);
    if (row < 0) {
      const vector = frame.user(user.bias, user.factors);
      return { ...user, bias: vector[K], factors: vector.subarray(0, K), relevance: popular };
    }
    const [from, to] = [byUser.offsets[row], byUser.offsets[row + 1]];
    return {
      userId: user.userId,
      bias: users.means[row * D + K],
      factors: users.means.subarray(row * D, row * D + K),
      relevance: relevance.users.subarray(row * E, (row + 1) * E),
      movieIds: byUser.indices.subarray(from, to).map((movieRow) => movieIds[movieRow]),
      halfStars: Int32Array.from(byUser.values.subarray(from, to), (stars) => 2 * stars),
      times: Int32Array.from(times.subarray(from, to)),
    };
  };
}

/** The ratings of users that have factors, of films that the catalogue names. */
function knownUsersOnly(given: Dataset, { catalogue, userIds, onStep }: Read): Dataset {
  const { dataset, untitled } = titledOnly({ ...given, movies: catalogue });
  const rowOf = rowIndex(userIds);
  const { count, userIds: of } = dataset.ratings;
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => rowOf(of[i]) >= 0);
  const leftOut = count - kept.length;
  if (leftOut + untitled.ratings > 0) {
    const text = `${leftOut} ratings of users without factors and ${untitled.ratings} of films that the catalogue does not name are left out`;
    onStep({ step: 'note', text });
  }
  return withRatings(dataset, takeRatings(dataset.ratings, kept));
}

/** The films' vectors, each bias raised by what the sample's ratings are above the scores, damped like the Bias model's. */
function addBiases({ movies, sample, mean = 0 }: Read, { userIds, byUser }: RatingMatrix): Float64Array {
  const { factors: K, vectors } = movies;
  const D = K + 1;
  const rowOf = rowIndex(userIds);
  const [sums, counts] = [new Float64Array(vectors.length / D), new Int32Array(vectors.length / D)];
  for (const { userId, bias, factors } of sample.users) {
    const row = rowOf(userId);
    for (let k = row < 0 ? 0 : byUser.offsets[row]; k < (row < 0 ? 0 : byUser.offsets[row + 1]); k++) {
      const at = byUser.indices[k] * D;
      let score = mean + bias + vectors[at + K];
      for (let x = 0; x < K; x++) score += factors[x] * vectors[at + x];
      sums[byUser.indices[k]] += byUser.values[k] - score;
      counts[byUser.indices[k]]++;
    }
  }
  const biased = vectors.slice();
  sums.forEach((sum, m) => {
    if (movies.known[m]) biased[m * D + K] += sum / (counts[m] + MOVIE_DAMPING);
  });
  return biased;
}
