import type { Model, UserVectors } from '../shared/model.ts';
import { predictRating, scoreMovies } from '../shared/score.ts';
import { topK } from '../shared/topk.ts';
import type { Ratings } from './dataset.ts';
import { RankingMean, type RankingQuality, type RatingErrors, ratingErrors } from './metrics.ts';
import { LIKE_FROM } from './options.ts';

export interface Measured {
  readonly metrics: RatingErrors & RankingQuality;
  readonly baselines: { readonly bias: RatingErrors; readonly popularity: RankingQuality };
}

/** What a model and the baselines say about ratings asked for, gathered user by user. */
export class Measurement {
  readonly #model: Model;
  readonly #test: Ratings;
  readonly #likes: Float32Array;
  readonly #scores: Float32Array;
  readonly #predicted: { mine: number[]; bias: number[]; actual: number[] } = { mine: [], bias: [], actual: [] };
  readonly #ranking = new RankingMean();
  readonly #popular = new RankingMean();

  /** @param likes popularity by row of the movie table, (M) */
  constructor(model: Model, test: Ratings, likes: Float32Array) {
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
    this.#ranking.add(
      topK(this.#scores, 20, (row) => !seen.has(row)),
      relevant,
    );
    this.#popular.add(
      topK(this.#likes, 20, (row) => !seen.has(row)),
      relevant,
    );
  }

  result(): Measured {
    const { mine, bias, actual } = this.#predicted;
    return {
      metrics: { ...ratingErrors(mine, actual), ...this.#ranking.quality() },
      baselines: { bias: ratingErrors(bias, actual), popularity: this.#popular.quality() },
    };
  }
}
