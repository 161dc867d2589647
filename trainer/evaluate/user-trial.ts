import { topK } from '../../shared/math/topk.ts';
import type { Model, RatedMovies, UserVectors } from '../../shared/model/model.ts';
import { predictRating } from '../../shared/model/score.ts';
import type { Ratings } from '../data/dataset.ts';
import { LIKE_FROM } from '../data/likes.ts';
import { type ListOrder, scoresBy } from './list-orders.ts';

/** Length of the lists that are measured: NDCG reads the first 10, recall all 20. */
const LIST = 20;

/** What a model is asked about one user. */
export interface TrialUser {
  readonly vectors: UserVectors;
  /** What the vectors come from, oldest first: lists by `next` need it. */
  readonly rated?: RatedMovies;
  /** Positions of the ratings to predict. */
  readonly asked: ArrayLike<number>;
  /** Positions of the ratings whose liked movies are relevant; by default those to predict. */
  readonly ahead?: ArrayLike<number>;
  /** Rows that are not ranked: what the user rated before. */
  readonly seen: { has(row: number): boolean };
}

/**
 * One trial of a user, the protocol of every offline measurement: predict the asked ratings, and rank every movie that the
 * user has not seen, by the default blend unless told otherwise. Relevant are the movies rated with 4 stars or more.
 */
export class UserTrial {
  readonly #model: Model;
  readonly #user: TrialUser;
  /** Predicted stars of each asked rating, clipped to the scale. */
  readonly predicted: Float64Array;
  /** Squared error of each asked rating. */
  readonly squares: Float64Array;
  /** Rows of the relevant movies; one that the model lacks counts under a negative number of its own. */
  readonly relevant: ReadonlySet<number>;

  /** @param ratings what the positions of `user` point into */
  constructor(model: Model, { movieIds, stars }: Ratings, user: TrialUser) {
    const { rowOf } = model.movies;
    this.#model = model;
    this.#user = user;
    const asked = Array.from(user.asked);
    this.predicted = Float64Array.from(asked, (i) => predictRating(model, user.vectors, rowOf(movieIds[i])));
    this.squares = this.predicted.map((value, at) => (value - stars[asked[at]]) ** 2);
    const liked = Array.from(user.ahead ?? user.asked).filter((i) => stars[i] >= LIKE_FROM);
    this.relevant = new Set(liked.map((i) => keyOf(rowOf(movieIds[i]), i)));
  }

  readonly isUnseen = (row: number): boolean => !this.#user.seen.has(row);

  /**
   * Rows of the 20 best movies that the user has not seen, best first.
   *
   * @param scores scratch, (M); holds every movie's score afterwards
   */
  rank(scores: Float32Array, by?: ListOrder): Int32Array {
    const { vectors, rated } = this.#user;
    scoresBy(this.#model, vectors, { by, rated }, scores);
    return topK(scores, LIST, this.isUnseen);
  }
}

/** Distinct for distinct movies, known to the model or not: all of them belong to the ideal list. */
function keyOf(row: number, position: number): number {
  return row < 0 ? -1 - position : row;
}
