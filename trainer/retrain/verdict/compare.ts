import type { Model } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import { forEachUser, ratedMovies } from '../../data/by-user.ts';
import { UserTrial } from '../../evaluate/user-trial.ts';
import {
  type Difference,
  mean,
  pairedDifference,
  RankingMean,
  type RankingQuality,
  type RatingErrors,
  rmseDifference,
} from '../../math/metrics.ts';
import type { Cut } from '../night-ratings.ts';

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
 * Compares two models on the ratings to test on. Both fold every user in from what is shown alone, not from what they learned
 * about that user in training. Lists rank every movie except the shown ones. Memory holds one
 * part of the ratings at a time, and two numbers for each tested rating and model.
 *
 * @param cuts users by users
 */
export function compareModels(cuts: Iterable<Cut>, champion: Model, challenger: Model): Comparison {
  const [first, second] = [new Answers(champion), new Answers(challenger)];
  for (const cut of cuts) for (const answers of [first, second]) answers.add(cut);
  const quality = first.quality();
  return {
    ratings: first.squares.length,
    champion: quality,
    challenger: second.quality(),
    rmseIncrease: rmseDifference(second.squares, first.squares),
    ndcgDrop: asShare(pairedDifference(first.ndcg, second.ndcg), quality['ndcg@10']),
  };
}

const NO_RATINGS = new Int32Array(0);

/** What a model answers. */
class Answers {
  /** Squared error of each test rating. */
  readonly squares: number[] = []; // (N)
  /** NDCG@10 of each user who has something relevant. */
  readonly ndcg: number[] = [];
  readonly #absolutes: number[] = []; // (N)
  readonly #ranking = new RankingMean();
  readonly #model: Model;
  readonly #scores: Float32Array; // (M)

  constructor(model: Model) {
    this.#model = model;
    this.#scores = new Float32Array(model.movies.count);
  }

  add({ shown, test }: Cut): void {
    const asked = new Set(test.userIds);
    const before = new Map<number, Int32Array>();
    forEachUser(shown, (userId, positions) => {
      if (asked.has(userId)) before.set(userId, positions);
    });
    forEachUser(test, (userId, positions) => {
      const rated = ratedMovies(shown, before.get(userId) ?? NO_RATINGS, this.#model.movies.rowOf);
      const user = { vectors: foldIn(this.#model, rated), asked: positions, seen: new Set(rated.rows) };
      const trial = new UserTrial(this.#model, test, user);
      positions.forEach((i, at) => {
        this.squares.push(trial.squares[at]);
        this.#absolutes.push(Math.abs(trial.predicted[at] - test.stars[i]));
      });
      if (trial.relevant.size > 0) this.ndcg.push(this.#ranking.add(trial.rank(this.#scores), trial.relevant));
    });
  }

  quality(): RatingErrors & RankingQuality {
    const errors = { rmse: Math.sqrt(mean(this.squares)), mae: mean(this.#absolutes) };
    return { ...errors, ...this.#ranking.quality() };
  }
}

/** A difference as a share of a level; 0 where the level is. */
function asShare({ value, error }: Difference, level: number): Difference {
  if (level === 0) return { value: 0, error: error === null ? null : 0 };
  return { value: value / level, error: error === null ? null : error / level };
}
