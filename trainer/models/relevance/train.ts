import { likedFrom } from '../../../shared/model/history.ts';
import type { RelevancePrior } from '../../../shared/model/model.ts';
import { type Artifact, openArtifact } from '../../artifact/artifact.ts';
import type { AnyMatrix } from '../../data/rating-matrix.ts';
import type { Times } from '../../data/times.ts';
import type { Engine } from '../../engines/engine.ts';
import { rowsOf } from '../../math/ids.ts';
import { entriesOf } from '../../math/sparse.ts';
import { asStored } from '../as-stored.ts';
import { type Factorization, requireFinite } from '../learned.ts';
import type { CommonSettings } from '../settings.ts';
import { chooseByTrial } from './chosen.ts';
import { fitNewcomers } from './newcomers.ts';
import { fitNext } from './next-model.ts';
import { fitRelevance, type GivenMoments } from './next-watch.ts';
import { withPopularity } from './popularity.ts';
import type { RelevanceModel } from './relevance-model.ts';
import { fitSeenMovies } from './seen-movies.ts';
import { historyScales, relevanceDefaults, SUCCESSOR_SCALES } from './settings.ts';
import { rowsInRelevance, trendOf, withTrend } from './trend.ts';
import { scaledToRatings, userRelevance } from './user-vectors.ts';

/** Training rows are taken from a user's sequence of ratings after each rating from the fifth on. */
const ROWS = { first: 5, step: 1 };

/** What a user likes next: among the next 20 ratings, or the next quarter of what they have rated. */
const WINDOW = { window: 20, windowShare: 0.25 };

/** Ratings by rows, and the time of each in `byUser`: seconds since 1970, 0 where not known. */
export interface TimedMatrix extends AnyMatrix {
  readonly times: Times; // (N)
}

/** Factors beside those of the regression: popularity, and the trend where there are times. */
const OWN_FACTORS = 2;

/**
 * Learns the relevance block beside a rating model that is there already: the next-watch regression, popularity as a
 * factor of its own, how newcomers are read, scores as wide as the rating block's, the users' vectors, what is popular of
 * late as the last factor, and which movies are seen together.
 *
 * @param earlier the version to start from
 * @param moments what was summed over all people where these are a sample of them
 */
export async function trainRelevance(
  engine: Engine,
  { byUser, byMovie, movieIds, times }: TimedMatrix,
  factorization: Factorization,
  options: CommonSettings,
  earlier?: Artifact,
  moments?: GivenMoments,
): Promise<RelevanceModel> {
  const factors = options.relevanceFactors - OWN_FACTORS;
  const history = historyScales(options);
  const settings = (ratings: number) => ({
    ...options,
    ...relevanceDefaults(ratings, options),
    ...WINDOW,
    relevanceFactors: factors,
    history,
    rows: ROWS,
  });
  // The people beside given moments are too few for the ridges of all.
  const asked = moments ? { nextShare: options.nextShare ?? 0 } : options;
  const chosen = await chooseByTrial(engine, byUser, asked, settings);
  const regression = settings(entriesOf(byUser));
  const { relevance: nextWatch, next } = await fitRelevance(engine, byUser, {
    ...regression,
    ...chosen,
    start: earlier && outputOf(earlier, movieIds, factors),
    moments,
  });
  for (const vectors of [nextWatch.output, nextWatch.history]) requireFinite('the relevance vectors', vectors);
  const popular = withPopularity(byUser, nextWatch, likedFrom(history));
  const relevance = { ...popular, history: asStored('history', popular.history, movieIds.length) };
  const newcomers = await fitNewcomers(engine, byUser, relevance, regression);
  const prior: RelevancePrior = { history, base: relevance.base, ...newcomers, newcomerDecay: options.strangerDecay };
  const output = scaledToRatings(byUser, factorization, relevance, prior);
  const users = await userRelevance(engine, byUser, relevance.history, prior);
  const nextSettings = { ...options, ...ROWS, scales: SUCCESSOR_SCALES };
  const model: RelevanceModel = {
    output,
    history: relevance.history,
    prior,
    users,
    chosen,
    next: await fitNext(engine, byUser, next, { output, users, prior }, nextSettings),
    seen: fitSeenMovies(
      byUser,
      movieIds.map((_, row) => byMovie.offsets[row + 1] - byMovie.offsets[row]),
    ),
  };
  const core = rowsInRelevance(output, prior);
  return withTrend(model, trendOf({ byUser, times }, core, likedFrom(history)), core);
}

/**
 * An earlier version's output vectors in the order of these movies, without its own factors, zeros for movies that it
 * lacked: where the subspace iteration starts. Of another number of factors there is nothing to start from.
 */
export function outputOf(earlier: Artifact, movieIds: Int32Array, factors: number): Float32Array | undefined {
  const { movies } = openArtifact(earlier);
  const { relevanceCount: E } = movies;
  if (E !== factors + OWN_FACTORS) return undefined;
  const output = new Float32Array(movieIds.length * factors);
  rowsOf(movieIds, movies.movieIds).forEach((row, m) => {
    if (row >= 0) output.set(movies.relevance.subarray(row * E, row * E + factors), m * factors);
  });
  return output;
}
