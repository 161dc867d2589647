import { topK } from '../../shared/math/topk.ts';
import { type Alike, diverseTop, listDistance } from '../../shared/model/diversity.ts';
import type { Model, UserVectors } from '../../shared/model/model.ts';
import { Similarity } from '../../shared/model/similarity.ts';
import type { Ratings } from '../data/dataset.ts';
import {
  pairedDifference,
  RankingMean,
  type RankingQuality,
  type RatingErrors,
  ratingErrors,
} from '../math/metrics.ts';
import { UserTrial } from './user-trial.ts';

/** Quality of lists, and how little their films resemble each other. */
export interface ListQuality extends RankingQuality {
  /** Mean of 1 − likeness (`shared/model/similarity.ts`) over the pairs of the top 10, averaged over users. */
  readonly 'distance@10': number;
}

export interface Measured {
  readonly metrics: RatingErrors & ListQuality;
  readonly baselines: { readonly bias: RatingErrors; readonly popularity: ListQuality };
  /** NDCG@10 minus that of Popularity for the same users, with its standard error. */
  readonly lead: { readonly value: number; readonly error: number };
  /** The same lists re-ranked for variety; only where a diversity was given. */
  readonly diverse?: ListQuality & { readonly diversity: number };
}

/** Predictions and lists of a model and the baselines, gathered user by user. */
export class Measurement {
  readonly #model: Model;
  readonly #test: Ratings;
  readonly #likes: Float32Array;
  readonly #scores: Float32Array;
  readonly #predicted: { mine: number[]; bias: number[]; actual: number[] } = { mine: [], bias: [], actual: [] };
  readonly #alike: Alike;
  readonly #ranking: ListMean;
  readonly #popular: ListMean;
  readonly #ndcg: { mine: number[]; popular: number[] } = { mine: [], popular: [] };
  readonly #diverse: ListMean;
  readonly #diversity: number | undefined;

  /**
   * @param likes popularity by row of the movie table, (M)
   * @param diversity also measures lists that are re-ranked for variety, 0 to 1
   */
  constructor(model: Model, test: Ratings, likes: Float32Array, diversity?: number) {
    const similarity = new Similarity(model.movies);
    this.#alike = (a, b) => similarity.between(a, b);
    this.#ranking = new ListMean(this.#alike);
    this.#popular = new ListMean(this.#alike);
    this.#diverse = new ListMean(this.#alike);
    this.#diversity = diversity;
    this.#model = model;
    this.#test = test;
    this.#likes = likes;
    this.#scores = new Float32Array(model.movies.count);
  }

  /**
   * @param positions the user's ratings in the test part
   * @param seen rows that are not ranked: movies that the user rated before
   * @param biasOf the Bias baseline's prediction for this user
   */
  add(positions: Int32Array, user: UserVectors, seen: ReadonlySet<number>, biasOf: (movieId: number) => number): void {
    const trial = new UserTrial(this.#model, this.#test, { vectors: user, asked: positions, seen });
    trial.predicted.forEach((stars, at) => {
      this.#predicted.mine.push(stars);
      this.#predicted.bias.push(biasOf(this.#test.movieIds[positions[at]]));
      this.#predicted.actual.push(this.#test.stars[positions[at]]);
    });
    const { relevant, isUnseen } = trial;
    if (relevant.size === 0) return;
    this.#ndcg.mine.push(this.#ranking.add(trial.rank(this.#scores), relevant));
    this.#ndcg.popular.push(this.#popular.add(topK(this.#likes, 20, isUnseen), relevant));
    if (this.#diversity === undefined) return;
    this.#diverse.add(diverseTop(this.#scores, 20, isUnseen, this.#diversity, this.#alike), relevant);
  }

  result(): Measured {
    const { mine, bias, actual } = this.#predicted;
    const diversity = this.#diversity;
    const { value, error } = pairedDifference(this.#ndcg.mine, this.#ndcg.popular);
    return {
      metrics: { ...ratingErrors(mine, actual), ...this.#ranking.quality() },
      lead: { value, error: error ?? 0 },
      baselines: { bias: ratingErrors(bias, actual), popularity: this.#popular.quality() },
      ...(diversity !== undefined && { diverse: { diversity, ...this.#diverse.quality() } }),
    };
  }
}

/** Averages over the lists of users who have something relevant. */
class ListMean {
  readonly #alike: Alike;
  readonly #ranking = new RankingMean();
  #distance = 0;

  constructor(alike: Alike) {
    this.#alike = alike;
  }

  /**
   * @param top rows, best first, 20 where there are so many
   * @returns this user's NDCG@10
   */
  add(top: Int32Array, relevant: ReadonlySet<number>): number {
    this.#distance += listDistance(top.subarray(0, 10), this.#alike);
    return this.#ranking.add(top, relevant);
  }

  quality(): ListQuality {
    const ranking = this.#ranking.quality();
    return { ...ranking, 'distance@10': this.#distance / Math.max(1, ranking.users) };
  }
}
