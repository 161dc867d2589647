import { diverseTop } from '../shared/diversity.ts';
import type { Model, UserVectors } from '../shared/model.ts';
import { scoreMovies } from '../shared/score.ts';
import { Similarity } from '../shared/similarity.ts';
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
  #similarity: Similarity | undefined;

  constructor(model: Model) {
    this.#model = model;
    this.#scores = new Float32Array(model.movies.count);
  }

  /**
   * The best movies for a user; `blend` 0 ranks by relevance, 1 by predicted rating. With `diversity` above 0 the best
   * 200 are re-ranked (`shared/diversity.ts`), so that scores no longer descend.
   */
  recommend(user: UserVectors, blend: number, count: number, accept: Accept, diversity = 0): Ranked[] {
    const scores = this.#scores;
    scoreMovies(this.#model, user, blend, scores);
    const alike = (a: number, b: number) => this.#alike.between(a, b);
    return ranked(diverseTop(scores, count, accept, diversity, alike), scores);
  }

  /** The movies most like the given ones (`shared/similarity.ts`), which are left out. */
  similar(rows: readonly number[], count: number, accept: Accept): Ranked[] {
    const given = new Set(rows);
    this.#alike.toAll(given, this.#scores);
    return ranked(
      topK(this.#scores, count, (row) => !given.has(row) && accept(row)),
      this.#scores,
    );
  }

  /** The movies that stand highest with everybody. */
  top(by: TopOrder, count: number, accept: Accept): Ranked[] {
    const { biases, ratingCounts, ratingMeans } = this.#model.movies;
    const scores = { bias: biases, count: ratingCounts, mean: ratingMeans }[by];
    return ranked(topK(scores, count, accept), scores);
  }

  /** Norms of all movies, worked out when somebody first asks. */
  get #alike(): Similarity {
    this.#similarity ??= new Similarity(this.#model.movies);
    return this.#similarity;
  }
}

function ranked(rows: Int32Array, scores: ArrayLike<number>): Ranked[] {
  return Array.from(rows, (row) => ({ row, score: scores[row] }));
}
