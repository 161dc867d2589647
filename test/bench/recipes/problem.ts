import { clamp, type Scale } from '../../../shared/ratings/rating.ts';
import type { Ratings } from '../../../trainer/data/dataset.ts';
import type { RatingMatrix } from '../../../trainer/data/rating-matrix.ts';
import { scaleOf } from '../../../trainer/data/scale.ts';
import { rowsOf } from '../../../trainer/math/ids.ts';
import type { Triples } from '../../../trainer/models/gradient/train-epoch.ts';

/** What every rating model is given: training ratings in file order by the rows of the matrix. */
export interface Problem {
  readonly users: number; // U
  readonly movies: number; // M
  readonly train: Triples;
  readonly mean: number;
}

export function problemOf(train: Ratings, { userIds, movieIds }: RatingMatrix): Problem {
  const stars = train.stars;
  return {
    users: userIds.length,
    movies: movieIds.length,
    train: { users: rowsOf(train.userIds, userIds), movies: rowsOf(train.movieIds, movieIds), stars },
    mean: stars.reduce((sum, value) => sum + value, 0) / stars.length,
  };
}

/** Predicted stars of a (user, movie) pair, by rows. */
export type Predict = (user: number, movie: number) => number;

/** A model's error on the held-out ratings after so many seconds of training. */
export interface CurvePoint {
  readonly seconds: number;
  readonly rmse: number;
}

/** Seconds of training with the clock stopped while the model is measured. */
export class LearningCurve {
  readonly points: CurvePoint[] = [];
  readonly #test: Triples;
  readonly #scale: Scale;
  #seconds = 0;
  #running = performance.now();

  /** The clock runs from here. */
  constructor(train: Ratings, test: Ratings, { userIds, movieIds }: RatingMatrix) {
    this.#scale = scaleOf(train);
    this.#test = { users: rowsOf(test.userIds, userIds), movies: rowsOf(test.movieIds, movieIds), stars: test.stars };
    this.restart();
  }

  get seconds(): number {
    return this.#seconds;
  }
  stop(): void {
    this.#seconds += (performance.now() - this.#running) / 1000;
  }
  restart(): void {
    this.#running = performance.now();
  }

  /** Adds a point; call between `stop` and `restart`. Pairs of a user or movie unknown to training are left out. */
  measure(predict: Predict): void {
    this.#add(this.#known, ({ users, movies }, i) => predict(users[i], movies[i]));
  }

  /** The same for a model that predicts many pairs at once: their users, their movies → stars. */
  async measureRows(predict: (users: Int32Array, movies: Int32Array) => Promise<Float32Array>): Promise<void> {
    const known = this.#known;
    const predicted = await predict(known.users, known.movies);
    this.#add(known, (_, i) => predicted[i]);
  }

  get #known(): Triples {
    const { users, movies, stars } = this.#test;
    const known = Int32Array.from(users.keys()).filter((i) => users[i] >= 0 && movies[i] >= 0);
    return {
      users: known.map((i) => users[i]),
      movies: known.map((i) => movies[i]),
      stars: Float32Array.from(known, (i) => stars[i]),
    };
  }

  #add(known: Triples, predicted: (known: Triples, i: number) => number): void {
    let squares = 0;
    known.stars.forEach((stars, i) => {
      squares += (clamp(predicted(known, i), this.#scale) - stars) ** 2;
    });
    this.points.push({ seconds: this.#seconds, rmse: Math.sqrt(squares / known.stars.length) });
  }
}
