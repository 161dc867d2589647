import { topK } from '../../shared/math/topk.ts';
import { type Alike, diverseTop, listDistance } from '../../shared/model/diversity.ts';
import type { Model, UserVectors } from '../../shared/model/model.ts';
import { predictRating, scoreMovies } from '../../shared/model/score.ts';
import { Similarity } from '../../shared/model/similarity.ts';
import type { Ratings } from '../data/dataset.ts';
import { LIKE_FROM } from '../data/likes.ts';
import {
  errorOfMean,
  mean,
  RankingMean,
  type RankingQuality,
  type RatingErrors,
  ratingErrors,
} from '../math/metrics.ts';

/** Quality of lists, and how little their films resemble each other. */
export interface ListQuality extends RankingQuality {
  /** Mean of 1 − likeness (`shared/similarity.ts`) over the pairs of the top 10, averaged over users. */
  readonly 'distance@10': number;
}

export interface Measured {
  readonly metrics: RatingErrors & ListQuality;
  readonly baselines: { readonly bias: RatingErrors; readonly popularity: ListQuality };
  /** NDCG@10 less that of Popularity for the same users, with the standard error over users. */
  readonly lead: { readonly value: number; readonly error: number };
  /** The same lists re-ranked, where that was asked for. */
  readonly diverse?: ListQuality & { readonly diversity: number };
}

/** What a model and the baselines say about ratings asked for, gathered user by user. */
export class Measurement {
  readonly #model: Model;
  readonly #test: Ratings;
  readonly #likes: Float32Array;
  readonly #scores: Float32Array;
  readonly #predicted: { mine: number[]; bias: number[]; actual: number[] } = { mine: [], bias: [], actual: [] };
  readonly #alike: Alike;
  readonly #ranking: ListMean;
  readonly #popular: ListMean;
  readonly #leads: number[] = [];
  readonly #diverse: ListMean;
  readonly #diversity: number | undefined;

  /**
   * @param likes popularity by row of the movie table, (M)
   * @param diversity also measures lists re-ranked so, 0 to 1
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
   * @param seen rows that are not ranked: what the user rated before
   * @param biasOf the Bias baseline's prediction for this user
   */
  add(positions: Int32Array, user: UserVectors, seen: ReadonlySet<number>, biasOf: (movieId: number) => number): void {
    const relevant = new Set<number>();
    for (const i of positions) {
      const movieId = this.#test.movieIds[i];
      const row = this.#model.movies.rowOf(movieId);
      this.#predicted.mine.push(predictRating(this.#model, user, row));
      this.#predicted.bias.push(biasOf(movieId));
      this.#predicted.actual.push(this.#test.stars[i]);
      // A movie that the model lacks is relevant all the same, under a number that no list holds.
      if (this.#test.stars[i] >= LIKE_FROM) relevant.add(row < 0 ? -1 - i : row);
    }
    if (relevant.size === 0) return;
    scoreMovies(this.#model, user, this.#model.manifest.blend, this.#scores);
    const unseen = (row: number) => !seen.has(row);
    const ndcg = this.#ranking.add(topK(this.#scores, 20, unseen), relevant);
    this.#leads.push(ndcg - this.#popular.add(topK(this.#likes, 20, unseen), relevant));
    if (this.#diversity === undefined) return;
    this.#diverse.add(diverseTop(this.#scores, 20, unseen, this.#diversity, this.#alike), relevant);
  }

  result(): Measured {
    const { mine, bias, actual } = this.#predicted;
    const diversity = this.#diversity;
    return {
      metrics: { ...ratingErrors(mine, actual), ...this.#ranking.quality() },
      lead: { value: mean(this.#leads), error: errorOfMean(this.#leads) },
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
