import type { Model, RatedMovies } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import { daysSince, wholeHours } from '../../../shared/model/time-away.ts';
import type { Ratings } from '../../data/dataset.ts';
import { UserTrial } from '../../evaluate/user-trial.ts';
import { RankingMean } from '../../math/metrics.ts';
import type { ComputedList } from './difference.ts';
import type { Visit } from './plan.ts';

/** A service with or without its two ways to learn. */
export interface Arm {
  readonly name: string;
  /** Uses ratings that came after the training of the model. */
  readonly foldIn: boolean;
  readonly retrain: boolean;
}

export const ARMS: readonly Arm[] = [
  { name: 'neither', foldIn: false, retrain: false },
  { name: 'retrain only', foldIn: false, retrain: true },
  { name: 'fold-in only', foldIn: true, retrain: false },
  { name: 'fold-in and retrain', foldIn: true, retrain: true },
];

/** Quality of an arm in a period. */
export interface Quality {
  readonly ratings: number;
  /** Of predictions made before each rating was posted, stars. */
  readonly rmse: number;
  /** Visits with something relevant: the person later liked a movie, four stars or more, in the same period. */
  readonly visits: number;
  /** Share of these visits with a relevant movie among the first ten. */
  readonly hitRate: number;
  readonly 'ndcg@10': number;
}

/** Everybody's ratings so far, and how many of them each training has seen. */
export class ArmHistories {
  readonly #ratings: Ratings;
  readonly #all = new Map<number, number[]>();
  #trained = new Map<number, number>();
  #first: ReadonlyMap<number, number> | undefined;

  constructor(ratings: Ratings) {
    this.#ratings = ratings;
  }

  add(userId: number, position: number): void {
    const positions = this.#all.get(userId);
    if (positions) positions.push(position);
    else this.#all.set(userId, [position]);
  }

  /** Records that the model in service has learned from all ratings so far. */
  trained(): void {
    this.#trained = new Map(Array.from(this.#all, ([userId, positions]) => [userId, positions.length]));
    this.#first ??= this.#trained;
  }

  /** Ratings of a user that an arm knows at a time (seconds since the epoch), as rows of its model, oldest first. */
  knownTo(arm: Arm, model: Model, { userId, at }: { readonly userId: number; readonly at: number }): RatedMovies {
    const all = this.#all.get(userId) ?? [];
    const seen = arm.retrain ? this.#trained : (this.#first ?? this.#trained);
    const given = arm.foldIn ? all : all.slice(0, seen.get(userId) ?? 0);
    const known = given.filter((i) => this.#rowIn(model, i) >= 0);
    const newest = given.reduce((last, i) => Math.max(last, this.#ratings.timestamps[i]), 0);
    return {
      rows: Int32Array.from(known, (i) => this.#rowIn(model, i)),
      stars: Float32Array.from(known, (i) => this.#ratings.stars[i]),
      days: wholeHours(daysSince(newest, at)),
    };
  }

  /** Rows of all movies that a user rated so far: no arm recommends them. */
  seenBy(model: Model, userId: number): Set<number> {
    return new Set((this.#all.get(userId) ?? []).map((i) => this.#rowIn(model, i)));
  }

  #rowIn(model: Model, position: number): number {
    return model.movies.rowOf(this.#ratings.movieIds[position]);
  }
}

/** Sums an arm's results over a period. */
export class Tally {
  readonly #ratings: Ratings;
  readonly #ranking = new RankingMean();
  #squares = 0;
  #count = 0;
  #hits = 0;

  constructor(ratings: Ratings) {
    this.#ratings = ratings;
  }

  /**
   * Measures what `model` knows of a visitor before the visit's ratings are posted.
   *
   * @returns its top ten, and what it scored
   */
  add(model: Model, visit: Visit, known: RatedMovies, seen: ReadonlySet<number>): ComputedList {
    const user = { vectors: foldIn(model, known), asked: visit.positions, ahead: visit.ahead, seen };
    const trial = new UserTrial(model, this.#ratings, user);
    this.#squares += trial.squares.reduce((sum, square) => sum + square, 0);
    this.#count += trial.squares.length;
    const scores = new Float32Array(model.movies.count);
    const top = trial.rank(scores);
    this.#ranking.add(top, trial.relevant);
    const ten = top.subarray(0, 10);
    if (ten.some((row) => trial.relevant.has(row))) this.#hits++;
    return { movieIds: Array.from(ten, (row) => model.movies.movieIds[row]), scores };
  }

  quality(): Quality {
    const { users: visits, 'ndcg@10': ndcg } = this.#ranking.quality();
    return {
      ratings: this.#count,
      rmse: Math.sqrt(this.#squares / Math.max(1, this.#count)),
      visits,
      hitRate: this.#hits / Math.max(1, visits),
      'ndcg@10': ndcg,
    };
  }
}
