import type { Model, RatedMovies } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import type { Ratings } from '../../data/dataset.ts';
import { UserTrial } from '../../evaluate/user-trial.ts';
import { RankingMean } from '../../math/metrics.ts';
import type { Visit } from './plan.ts';

/** What a service may do without. */
export interface Arm {
  readonly name: string;
  /** Knows what somebody rated since the model was trained. */
  readonly foldIn: boolean;
  readonly retrain: boolean;
}

export const ARMS: readonly Arm[] = [
  { name: 'neither', foldIn: false, retrain: false },
  { name: 'retrain only', foldIn: false, retrain: true },
  { name: 'fold-in only', foldIn: true, retrain: false },
  { name: 'fold-in and retrain', foldIn: true, retrain: true },
];

/** How good an arm was in a period. */
export interface Quality {
  readonly ratings: number;
  /** Of each rating before it was posted, stars. */
  readonly rmse: number;
  /** Over the visits whose person rated something from there on with four stars or more. */
  readonly visits: number;
  /** Share of these visits with one of those movies among the first ten. */
  readonly hitRate: number;
  readonly 'ndcg@10': number;
}

/** What is known of people: everything so far, and how much of it a training has seen. */
export class ArmHistories {
  readonly #ratings: Ratings;
  readonly #all = new Map<number, number[]>();
  #trained = new Map<number, number>();
  #first: ReadonlyMap<number, number> | undefined;

  constructor(ratings: Ratings) {
    this.#ratings = ratings;
  }

  add(userId: number, position: number): void {
    const own = this.#all.get(userId);
    if (own) own.push(position);
    else this.#all.set(userId, [position]);
  }

  /** From now on the model in service knows everything so far. */
  trained(): void {
    this.#trained = new Map(Array.from(this.#all, ([userId, own]) => [userId, own.length]));
    this.#first ??= this.#trained;
  }

  /** What an arm knows of a user, as rows of its model, oldest first. */
  knownTo(arm: Arm, model: Model, userId: number): RatedMovies {
    const all = this.#all.get(userId) ?? [];
    const seen = arm.retrain ? this.#trained : (this.#first ?? this.#trained);
    const known = (arm.foldIn ? all : all.slice(0, seen.get(userId) ?? 0)).filter((i) => this.#rowIn(model, i) >= 0);
    return {
      rows: Int32Array.from(known, (i) => this.#rowIn(model, i)),
      stars: Float32Array.from(known, (i) => this.#ratings.stars[i]),
    };
  }

  /** Rows of all that a user rated so far: nobody recommends these, whatever the model knows. */
  seenBy(model: Model, userId: number): Set<number> {
    return new Set((this.#all.get(userId) ?? []).map((i) => this.#rowIn(model, i)));
  }

  #rowIn(model: Model, position: number): number {
    return model.movies.rowOf(this.#ratings.movieIds[position]);
  }
}

/** An arm's answers over a period. */
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
   * @returns the ids of its top ten
   */
  add(model: Model, visit: Visit, known: RatedMovies, seen: ReadonlySet<number>): number[] {
    const user = { vectors: foldIn(model, known), asked: visit.positions, ahead: visit.ahead, seen };
    const trial = new UserTrial(model, this.#ratings, user);
    this.#squares += trial.squares.reduce((sum, square) => sum + square, 0);
    this.#count += trial.squares.length;
    const top = trial.rank(new Float32Array(model.movies.count));
    this.#ranking.add(top, trial.relevant);
    const ten = top.subarray(0, 10);
    if (ten.some((row) => trial.relevant.has(row))) this.#hits++;
    return Array.from(ten, (row) => model.movies.movieIds[row]);
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
