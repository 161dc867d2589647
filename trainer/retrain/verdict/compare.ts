import type { Model } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import { forEachUser, ratedMovies } from '../../data/by-user.ts';
import type { Ratings } from '../../data/dataset.ts';
import { UserTrial } from '../../evaluate/user-trial.ts';
import {
  type Difference,
  pairedDifference,
  RankingMean,
  type RankingQuality,
  type RatingErrors,
  ratingErrors,
  rmseDifference,
} from '../../math/metrics.ts';

/** Two models measured on the same ratings. */
export interface Comparison {
  readonly ratings: number;
  readonly champion: RatingErrors & RankingQuality;
  readonly challenger: RatingErrors & RankingQuality;
  /** How much worse the challenger's RMSE is, in stars; negative when it is better. */
  readonly rmseIncrease: Difference;
  /** How much worse its NDCG@10 is, as a share of the champion's. */
  readonly ndcgDrop: Difference;
}

/**
 * Compares two models on the ratings of `test`. Both fold every user in from `shown` alone, not from what they learned
 * about that user in training. Lists rank every movie except the shown ones.
 */
export function compareModels(shown: Ratings, test: Ratings, champion: Model, challenger: Model): Comparison {
  const asked = new Set(test.userIds);
  const before = new Map<number, Int32Array>();
  forEachUser(shown, (userId, positions) => {
    if (asked.has(userId)) before.set(userId, positions);
  });
  const [first, second] = [champion, challenger].map((model) => answersOf(model, shown, before, test));
  return {
    ratings: test.count,
    champion: first.quality,
    challenger: second.quality,
    rmseIncrease: rmseDifference(second.squares, first.squares),
    ndcgDrop: asShare(pairedDifference(first.ndcg, second.ndcg), first.quality['ndcg@10']),
  };
}

interface Answers {
  readonly quality: RatingErrors & RankingQuality;
  /** Squared error of each test rating. */
  readonly squares: Float64Array; // (N)
  /** NDCG@10 of each user who has something relevant. */
  readonly ndcg: number[];
}

const NO_RATINGS = new Int32Array(0);

function answersOf(model: Model, shown: Ratings, before: ReadonlyMap<number, Int32Array>, test: Ratings): Answers {
  const [predicted, squares] = [new Float64Array(test.count), new Float64Array(test.count)];
  const scores = new Float32Array(model.movies.count);
  const ranking = new RankingMean();
  const ndcg: number[] = [];
  forEachUser(test, (userId, positions) => {
    const rated = ratedMovies(shown, before.get(userId) ?? NO_RATINGS, model.movies.rowOf);
    const user = { vectors: foldIn(model, rated), asked: positions, seen: new Set(rated.rows) };
    const trial = new UserTrial(model, test, user);
    positions.forEach((i, at) => {
      predicted[i] = trial.predicted[at];
      squares[i] = trial.squares[at];
    });
    if (trial.relevant.size > 0) ndcg.push(ranking.add(trial.rank(scores), trial.relevant));
  });
  return { quality: { ...ratingErrors(predicted, test.stars), ...ranking.quality() }, squares, ndcg };
}

/** A difference as a share of a level; 0 where the level is. */
function asShare({ value, error }: Difference, level: number): Difference {
  if (level === 0) return { value: 0, error: error === null ? null : 0 };
  return { value: value / level, error: error === null ? null : error / level };
}
