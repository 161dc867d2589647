import { topK } from '../../../shared/math/topk.ts';
import type { Model, RatedMovies } from '../../../shared/model/model.ts';
import { foldIn, predictRating, scoreMovies } from '../../../shared/model/score.ts';
import { toHalfStars } from '../../../shared/ratings/rating.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';
import { forEachUser, ratedMovies } from '../../../trainer/data/by-user.ts';
import type { Dataset, Ratings } from '../../../trainer/data/dataset.ts';
import { ratingErrors } from '../../../trainer/math/metrics.ts';
import { random, STREAMS, shuffled } from '../../../trainer/math/random.ts';

/** Ids from here on belong to people of the page. */
const FIRST_SESSION = 1_000_000_001;
/** What most floods are about: a movie with so many ratings that hardly anybody notices it. */
const OBSCURE_RATINGS = 2;
/** Popular movies that a pusher rates as everybody does, to look like somebody. */
const FILLERS = 20;
const TEN = 10;

export interface Flood {
  readonly name: string;
  readonly log: readonly LogRow[];
}

/** The first movie with hardly any ratings: its id. */
export function obscureMovie({ ratings }: Dataset): number {
  const counts = countsOf(ratings);
  const found = [...counts.keys()].sort((a, b) => a - b).find((movieId) => counts.get(movieId) === OBSCURE_RATINGS);
  if (found === undefined) throw new Error(`no movie has ${OBSCURE_RATINGS} ratings`);
  return found;
}

/** What one session, or ten of them, may do to a rating log in one day. */
export function floods(dataset: Dataset): Flood[] {
  const counts = countsOf(dataset.ratings);
  const popular = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || a - b);
  const means = meansOf(dataset.ratings);
  const target = obscureMovie(dataset);
  const { below } = random(1, STREAMS.synthetic);
  const sessions = Array.from({ length: TEN }, (_, s) => s);
  const push = (stars: (movieId: number) => number, fillers: readonly number[]) =>
    sessions.flatMap((s) => [
      ...fillers.map((movieId): Rating => [s, movieId, stars(movieId)]),
      [s, target, 5] satisfies Rating,
    ]);
  const everything = popular.map((movieId): Rating => [0, movieId, 5]);
  const thousand = popular.slice(0, 1000).map((movieId): Rating => [0, movieId, (1 + below(10)) / 2]);
  const usual = (movieId: number) => Math.round(2 * means.get(movieId)!) / 2;
  return [
    { name: 'one session rates every movie 5', log: rowsOf(everything) },
    { name: 'one session rates 1,000 movies at random', log: rowsOf(thousand) },
    { name: 'ten sessions rate one obscure movie 5', log: rowsOf(push(usual, [])) },
    { name: 'ten such sessions, with 20 popular movies', log: rowsOf(push(usual, popular.slice(0, FILLERS))) },
    { name: 'ten such sessions, with 20 movies rated 5', log: rowsOf(push(() => 5, popular.slice(0, FILLERS))) },
  ];
}

type Rating = [session: number, movieId: number, stars: number];

const NOW = 1_800_000_000;

function rowsOf(ratings: readonly Rating[]): LogRow[] {
  return ratings.map(([session, movieId, stars], j) => ({
    seq: j + 1,
    userId: FIRST_SESSION + session,
    movieId,
    halfStars: toHalfStars(stars),
    timestamp: NOW + j,
  }));
}

function countsOf({ movieIds }: Ratings): Map<number, number> {
  const counts = new Map<number, number>();
  for (const movieId of movieIds) counts.set(movieId, (counts.get(movieId) ?? 0) + 1);
  return counts;
}

function meansOf(ratings: Ratings): Map<number, number> {
  const { movieIds, stars } = ratings;
  const counts = countsOf(ratings);
  const means = new Map<number, number>();
  movieIds.forEach((movieId, i) => {
    means.set(movieId, (means.get(movieId) ?? 0) + stars[i] / counts.get(movieId)!);
  });
  return means;
}

/** How far others were moved: the model after a flood beside the one that learned the same without it. */
export interface Moved {
  /** RMSE on ratings that neither has seen. */
  readonly rmse: number;
  /** Mean and largest change of those predictions, stars. */
  readonly meanChange: number;
  readonly largestChange: number;
  /** Share of the top ten that stayed, mean over people. */
  readonly sameTopTen: number;
  /** The target's mean predicted rating, and in how many of 100 lists of 20 it stands, by relevance and by rating. */
  readonly target: { readonly predicted: number; readonly byRelevance: number; readonly byRating: number };
}

/** What people are told: predictions of the ratings asked for, and their lists. */
export interface Told {
  readonly rmse: number;
  readonly predicted: Float32Array;
  readonly topTens: readonly Int32Array[];
  readonly target: Moved['target'];
}

/**
 * What a model tells people whom it folds in from their shown ratings.
 *
 * @param people at most so many, drawn by seed
 */
export function tell(model: Model, shown: Ratings, asked: Ratings, targetId: number, people: number): Told {
  const known = new Map<number, RatedMovies>();
  const everybody: number[] = [];
  forEachUser(shown, (userId, positions) => {
    known.set(userId, ratedMovies(shown, positions, model.movies.rowOf));
    everybody.push(userId);
  });
  const order = shuffled(everybody.length, random(1, STREAMS.split)).subarray(0, people);
  const chosen = new Set(Array.from(order, (at) => everybody[at]));
  const [predicted, actual]: [number[], number[]] = [[], []];
  forEachUser(asked, (userId, positions) => {
    if (!chosen.has(userId)) return;
    const user = foldIn(model, known.get(userId)!);
    for (const i of positions) {
      predicted.push(predictRating(model, user, model.movies.rowOf(asked.movieIds[i])));
      actual.push(asked.stars[i]);
    }
  });
  const target = model.movies.rowOf(targetId);
  const scores = new Float32Array(model.movies.count);
  const sum = { predicted: 0, byRelevance: 0, byRating: 0 };
  const topTens = [...chosen].map((userId) => {
    const rated = known.get(userId)!;
    const user = foldIn(model, rated);
    const seen = new Set(rated.rows);
    const list = (blend: number) => {
      scoreMovies(model, user, blend, scores);
      return topK(scores, 20, (row) => !seen.has(row));
    };
    const [relevance, rating] = [list(0), list(1)];
    sum.predicted += predictRating(model, user, target);
    if (relevance.includes(target)) sum.byRelevance += 100;
    if (rating.includes(target)) sum.byRating += 100;
    return relevance.slice(0, 10).map((row) => model.movies.movieIds[row]);
  });
  const n = topTens.length;
  return {
    rmse: ratingErrors(predicted, actual).rmse,
    predicted: Float32Array.from(predicted),
    topTens,
    target: { predicted: sum.predicted / n, byRelevance: sum.byRelevance / n, byRating: sum.byRating / n },
  };
}

export function moved(calm: Told, flooded: Told): Moved {
  const changes = flooded.predicted.map((value, i) => Math.abs(value - calm.predicted[i]));
  const same = flooded.topTens.map((top, u) => top.filter((id) => calm.topTens[u].includes(id)).length / 10);
  return {
    rmse: flooded.rmse,
    meanChange: changes.reduce((sum, change) => sum + change, 0) / changes.length,
    largestChange: changes.reduce((most, change) => Math.max(most, change), 0),
    sameTopTen: same.reduce((sum, share) => sum + share, 0) / same.length,
    target: flooded.target,
  };
}
