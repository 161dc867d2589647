import type { Model, UserVectors } from '../shared/model.ts';
import { scoreMovies } from '../shared/score.ts';
import { topK } from '../shared/topk.ts';

/** A row of the movie table and why it stands where it does. */
export interface Ranked {
  readonly row: number;
  readonly score: number;
}

export type Accept = (row: number) => boolean;
export type TopOrder = 'bias' | 'count' | 'mean';

/** Everything that ranks all movies of a version: the one place that scores. */
export class Recommender {
  readonly #model: Model;
  /** Scratch: nothing awaits between writing and reading it. */
  readonly #scores: Float32Array; // (M)
  #inverseNorms: { factors: Float32Array; relevance: Float32Array } | undefined; // (M) each

  constructor(model: Model) {
    this.#model = model;
    this.#scores = new Float32Array(model.movies.count);
  }

  /** The best movies for a user; `blend` 0 ranks by relevance, 1 by predicted rating. */
  recommend(user: UserVectors, blend: number, count: number, accept: Accept): Ranked[] {
    scoreMovies(this.#model, user, blend, this.#scores);
    return this.#best(this.#scores, count, accept);
  }

  /**
   * The movies most like one: the mean of two cosines, of the relevance vectors (liked by the same people, next to each
   * other) and of the rating factors (rated alike). Either alone is noisy where ratings are few; 1 is the movie itself.
   */
  similar(row: number, count: number, accept: Accept): Ranked[] {
    const { factors, relevance, factorCount, relevanceCount } = this.#model.movies;
    this.#inverseNorms ??= {
      factors: inverseNorms(factors, factorCount),
      relevance: inverseNorms(relevance, relevanceCount),
    };
    this.#scores.fill(0);
    addHalfCosines(factors, factorCount, this.#inverseNorms.factors, row, this.#scores);
    addHalfCosines(relevance, relevanceCount, this.#inverseNorms.relevance, row, this.#scores);
    return this.#best(this.#scores, count, (other) => other !== row && accept(other));
  }

  /** The movies that stand highest with everybody. */
  top(by: TopOrder, count: number, accept: Accept): Ranked[] {
    const { biases, ratingCounts, ratingMeans } = this.#model.movies;
    return this.#best({ bias: biases, count: ratingCounts, mean: ratingMeans }[by], count, accept);
  }

  #best(scores: ArrayLike<number>, count: number, accept: Accept): Ranked[] {
    return Array.from(topK(scores, count, accept), (row) => ({ row, score: scores[row] }));
  }
}

/** 1/‖row‖ for each row of `width` values; 0 where the row is zero. */
function inverseNorms(vectors: Float32Array, width: number): Float32Array {
  const inverse = new Float32Array(vectors.length / width);
  for (let row = 0, at = 0; row < inverse.length; row++) {
    let sum = 0;
    for (const end = at + width; at < end; at++) sum += vectors[at] * vectors[at];
    inverse[row] = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  }
  return inverse;
}

function addHalfCosines(
  vectors: Float32Array,
  width: number,
  inverse: Float32Array,
  row: number,
  out: Float32Array,
): void {
  const own = Float64Array.from(
    vectors.subarray(row * width, (row + 1) * width),
    (value) => 0.5 * value * inverse[row],
  );
  for (let other = 0, at = 0; other < out.length; other++) {
    let sum = 0;
    for (let x = 0; x < width; x++, at++) sum += own[x] * vectors[at];
    out[other] += sum * inverse[other];
  }
}
