import { likedFrom } from '../../../shared/model/history.ts';
import type { NextModel, RelevancePrior } from '../../../shared/model/model.ts';
import { type Artifact, openArtifact } from '../../artifact/artifact.ts';
import type { RatingMatrix } from '../../data/rating-matrix.ts';
import type { Engine } from '../../engines/engine.ts';
import { rowsOf } from '../../math/ids.ts';
import { type Factorization, requireFinite } from '../learned.ts';
import type { CommonSettings } from '../settings.ts';
import { fitNewcomers } from './newcomers.ts';
import { fitNext } from './next-model.ts';
import { fitRelevance } from './next-watch.ts';
import { withPopularity } from './popularity.ts';
import { fitSeenMovies, type SeenColumns } from './seen-movies.ts';
import { historyScales, relevanceDefaults, SUCCESSOR_SCALES } from './settings.ts';
import { scaledToRatings, userRelevance } from './user-vectors.ts';

/** Training rows are taken from a user's sequence of ratings after each rating from the fifth on. */
const ROWS = { first: 5, step: 1 };

/** What a user likes next: among the next 20 ratings, or the next quarter of what they have rated. */
const WINDOW = { window: 20, windowShare: 0.25 };

/** The relevance block as it is served: what people like next, whatever the rating model says. */
export interface RelevanceModel {
  readonly output: Float32Array; // (M, E)
  readonly history: Float32Array; // (M, S·E)
  /** How histories, and users with few ratings, are read. */
  readonly prior: RelevancePrior;
  readonly users: Float32Array; // (U, E)
  readonly seen: SeenColumns;
  /** What people watch next, where that was learned. */
  readonly next?: NextModel;
}

/**
 * Learns the relevance block beside a rating model that is there already: the next-watch regression, popularity as its
 * last factor, how newcomers are read, scores as wide as the rating block's, the users' vectors, and which movies are
 * seen together.
 *
 * @param earlier the version to start from
 */
export async function trainRelevance(
  engine: Engine,
  { byUser, byMovie, movieIds }: RatingMatrix,
  factorization: Factorization,
  options: CommonSettings,
  earlier?: Artifact,
): Promise<RelevanceModel> {
  const history = historyScales(options);
  const { relevance: nextWatch, next } = await fitRelevance(engine, byUser, {
    ...options,
    ...relevanceDefaults(byUser.indices.length, options),
    ...WINDOW,
    relevanceFactors: options.relevanceFactors - 1, // the last is popularity
    history,
    start: earlier && outputOf(earlier, movieIds, options.relevanceFactors),
    rows: ROWS,
  });
  for (const vectors of [nextWatch.output, nextWatch.history]) requireFinite('the relevance vectors', vectors);
  const relevance = withPopularity(byUser, nextWatch, likedFrom(history));
  const newcomers = await fitNewcomers(engine, byUser, relevance, { history, strangerRidge: options.strangerRidge });
  const prior: RelevancePrior = { history, base: relevance.base, ...newcomers, newcomerDecay: options.strangerDecay };
  const output = scaledToRatings(byUser, factorization, relevance, prior);
  const users = await userRelevance(engine, byUser, relevance.history, prior);
  const nextSettings = { ...options, ...ROWS, scales: SUCCESSOR_SCALES };
  return {
    output,
    history: relevance.history,
    prior,
    users,
    next: await fitNext(engine, byUser, next, { output, users, prior }, nextSettings),
    seen: fitSeenMovies(
      byUser,
      movieIds.map((_, row) => byMovie.offsets[row + 1] - byMovie.offsets[row]),
    ),
  };
}

/**
 * An earlier version's output vectors in the order of these movies, popularity left out, zeros for movies that it lacked:
 * where the subspace iteration starts. Of another number of factors there is nothing to start from.
 */
export function outputOf(earlier: Artifact, movieIds: Int32Array, factors: number): Float32Array | undefined {
  const { movies } = openArtifact(earlier);
  const { relevanceCount: E } = movies;
  if (E !== factors) return undefined;
  const output = new Float32Array(movieIds.length * (E - 1));
  rowsOf(movieIds, movies.movieIds).forEach((row, m) => {
    if (row >= 0) output.set(movies.relevance.subarray(row * E, row * E + E - 1), m * (E - 1));
  });
  return output;
}
