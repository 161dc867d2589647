import { topK } from '../../shared/math/topk.ts';
import type { Model } from '../../shared/model/model.ts';
import { foldIn, predictRating, scoreMovies } from '../../shared/model/score.ts';
import { forEachUser, ratedMovies } from '../data/by-user.ts';
import type { Ratings } from '../data/dataset.ts';
import { LIKE_FROM } from '../data/likes.ts';
import { RankingMean, type RankingQuality, type RatingErrors, ratingErrors } from '../math/metrics.ts';

/** How two models answer the same questions. */
export interface Comparison {
  readonly ratings: number;
  readonly champion: RatingErrors & RankingQuality;
  readonly challenger: RatingErrors & RankingQuality;
  /** How much worse the challenger's RMSE is, in stars; negative when it is better. */
  readonly rmseIncrease: Difference;
  /** How much worse its NDCG@10 is, as a share of the champion's. */
  readonly ndcgDrop: Difference;
}

export interface Difference {
  readonly value: number;
  /** Standard error of the paired differences; null where there are too few to tell. */
  readonly error: number | null;
}

/**
 * Asks both models for the ratings of `test`. Both fold every user in from `shown` alone, whatever they learned of that
 * user in training; lists rank every movie but those shown.
 */
export function compareModels(shown: Ratings, test: Ratings, champion: Model, challenger: Model): Comparison {
  const asked = new Set(test.userIds);
  const before = new Map<number, Int32Array>();
  forEachUser(shown, (userId, positions) => {
    if (asked.has(userId)) before.set(userId, positions);
  });
  const [first, second] = [champion, challenger].map((model) => answers(model, shown, before, test));
  const base = first.quality;
  const sum = first.quality.rmse + second.quality.rmse;
  const squares = differences(second.squares, first.squares);
  const gains = differences(first.gains, second.gains);
  const level = base['ndcg@10'];
  return {
    ratings: test.count,
    champion: base,
    challenger: second.quality,
    // Δ(rmse²) = Δrmse · (sum of both), so the error of the mean square difference carries over.
    rmseIncrease: scaled({ ...squares, value: second.quality.rmse - base.rmse }, 1, sum),
    ndcgDrop: scaled(gains, level, level),
  };
}

interface Answers {
  readonly quality: RatingErrors & RankingQuality;
  /** Squared error of each rating asked for. */
  readonly squares: Float64Array; // (N)
  /** NDCG@10 of each user who has something relevant. */
  readonly gains: number[];
}

const NOBODY = new Int32Array(0);

function answers(model: Model, shown: Ratings, before: ReadonlyMap<number, Int32Array>, test: Ratings): Answers {
  const predicted = new Float64Array(test.count);
  const scores = new Float32Array(model.movies.count);
  const ranking = new RankingMean();
  const gains: number[] = [];
  const { rowOf } = model.movies;
  forEachUser(test, (userId, positions) => {
    const rated = ratedMovies(shown, before.get(userId) ?? NOBODY, rowOf);
    const user = foldIn(model, rated);
    const relevant = new Set<number>();
    for (const i of positions) {
      const row = rowOf(test.movieIds[i]);
      predicted[i] = predictRating(model, user, row);
      // A movie that the model lacks is relevant all the same, under a number that no list holds.
      if (test.stars[i] >= LIKE_FROM) relevant.add(row < 0 ? -1 - i : row);
    }
    if (relevant.size === 0) return;
    const seen = new Set(rated.rows);
    scoreMovies(model, user, model.manifest.blend, scores);
    const top = topK(scores, 20, (row) => !seen.has(row));
    ranking.add(top, relevant);
    const own = new RankingMean();
    own.add(top, relevant);
    gains.push(own.quality()['ndcg@10']);
  });
  const squares = predicted.map((value, i) => (value - test.stars[i]) ** 2);
  return { quality: { ...ratingErrors(predicted, test.stars), ...ranking.quality() }, squares, gains };
}

/** Mean of a − b and its standard error. */
function differences(a: ArrayLike<number>, b: ArrayLike<number>): Difference {
  const n = a.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) sum += a[i] - b[i];
  const value = n > 0 ? sum / n : 0;
  for (let i = 0; i < n; i++) squares += (a[i] - b[i] - value) ** 2;
  return { value, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : null };
}

function scaled({ value, error }: Difference, by: number, errorBy: number): Difference {
  const over = (x: number, divisor: number) => (divisor > 0 ? x / divisor : 0);
  return { value: over(value, by), error: error === null ? null : over(error, errorBy) };
}
