import { MarqueeError } from '../../shared/errors.ts';
import { rowIndex } from '../../shared/math/row-index.ts';
import { relevanceVector } from '../../shared/model/history.ts';
import { fromHalfStars } from '../../shared/ratings/rating.ts';
import type { Engine } from '../engines/engine.ts';
import { offsetsOf, type SparseRows, transpose } from '../math/sparse.ts';
import { startMovies } from '../models/gradient/dot/movie-start.ts';
import { movieFeatures } from '../models/movie-features.ts';
import { relevanceDefaults } from '../models/relevance/settings.ts';
import { trainRelevance } from '../models/relevance/train.ts';
import type { Imported, Read, Sample } from './contract.ts';
import { NOT_MEASURED, pointsOf, vectorsOfSample } from './factors-alone.ts';
import { givenMoments, type Moments } from './moments.ts';
import type { ImportedUser } from './user-sorter.ts';

/**
 * A model whose sums over all people were made elsewhere (`trainer/spark/`). Vectors, variances and the users' prior stand
 * as they came. The relevance model is solved here from the sums; what needs whole histories beside them (newcomers,
 * successors, the trend, what is seen together) comes from the users that stand for all.
 */
export async function importWithMoments(engine: Engine, read: Read, moments: Moments): Promise<Imported> {
  const { movies, catalogue, sample, onStep } = read;
  const { factors: K, movieIds, known, ratingCounts, ratingMeans } = movies;
  const [D, M] = [K + 1, movieIds.length];
  if (sample.ratings === 0) {
    throw new MarqueeError('bad-data', 'the table of users has no ratings in the columns rated and ratings', {
      fix: 'Moments belong to the users that the Spark job wrote beside them.',
    });
  }
  const vectors = movies.vectors.slice();
  const { average, kinds } = startMovies(vectors, known, movieFeatures(movieIds, catalogue));
  const learned = {
    factors: K,
    mean: moments.mean,
    tau: moments.tau,
    movies: { rows: M, means: vectors, variances: movies.variances },
    users: pointsOf(vectorsOfSample(sample, K), sample.users.length),
    userPrecision: moments.precision,
    userPriorWeights: Float64Array.from([...new Float64Array(M * D), ...moments.constants]),
    newMovie: average,
    movieKinds: kinds,
  };
  onStep({ step: 'relevance' });
  const options = { ...read.options, ...moments.settings, ...relevanceDefaults(moments.ratings, read.options) };
  const matrix = matrixOf(sample, movieIds);
  const given = givenMoments(moments.grams, movieIds);
  const relevance = await trainRelevance(engine, matrix, learned, options, undefined, given);
  const vectorsOfLists = { history: relevance.history, relevanceCount: relevance.prior.base.length };
  const rowOf = rowIndex(movieIds);
  return {
    knows: 'factors and moments',
    learned,
    movieRatings: { movieIds, ratingCounts, ratingMeans },
    relevance,
    scale: moments.scale,
    ratings: moments.ratings,
    newest: moments.newest,
    metrics: { protocol: NOT_MEASURED },
    userOf(user) {
      const rated = { rows: user.movieIds.map(rowOf), stars: starsOf(user) };
      return { ...user, relevance: relevanceVector(vectorsOfLists, relevance.prior, rated) };
    },
  };
}

function starsOf({ halfStars }: ImportedUser): Float32Array {
  return Float32Array.from(halfStars, fromHalfStars);
}

/** The sample's ratings by rows, with their times. */
function matrixOf({ users }: Sample, movieIds: Int32Array) {
  const rowOf = rowIndex(movieIds);
  const offsets = offsetsOf(users.map((user) => user.movieIds.length));
  const N = offsets[users.length];
  const [indices, values, times] = [new Int32Array(N), new Float32Array(N), new Uint32Array(N)];
  users.forEach((user, u) => {
    indices.set(user.movieIds.map(rowOf), offsets[u]);
    values.set(starsOf(user), offsets[u]);
    times.set(user.times, offsets[u]);
  });
  const byUser: SparseRows = { rows: users.length, columns: movieIds.length, offsets, indices, values };
  const userIds = Int32Array.from(users, ({ userId }) => userId);
  return { userIds, movieIds, byUser, byMovie: transpose(byUser), times };
}
