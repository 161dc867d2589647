import { topK } from '../../shared/math/topk.ts';
import { type Alike, diverseTop } from '../../shared/model/diversity.ts';
import type { Model, RatedMovies, UserVectors } from '../../shared/model/model.ts';
import { foldIn } from '../../shared/model/score.ts';
import { Similarity } from '../../shared/model/similarity.ts';
import { afterDays, daysSince } from '../../shared/model/time-away.ts';
import { ratedMovies } from '../data/by-user.ts';
import type { Ratings } from '../data/dataset.ts';
import {
  NextMean,
  type NextQuality,
  pairedDifference,
  placeOf,
  type RatingErrors,
  ratingErrors,
} from '../math/metrics.ts';
import { ListMean, type ListQuality } from './list-mean.ts';
import { type ListOrder, scoresBy } from './list-orders.ts';
import { renownIn } from './reach.ts';
import { UserTrial } from './user-trial.ts';

/** A list of what was popular in the days before a cut in time. */
export type RecentQuality = ListQuality & { readonly days: number };

export interface Measured {
  readonly metrics: RatingErrors & ListQuality;
  readonly baselines: {
    readonly bias: RatingErrors;
    readonly popularity: ListQuality;
    /** `when` splits only. */
    readonly recent?: readonly RecentQuality[];
  };
  /**
   * The next film again, in lists by what people watch next: only where it is asked for, the model learned it, and other
   * lists are not by that already.
   */
  readonly byNext?: { readonly next: NextQuality };
  /** NDCG@10 minus that of Popularity for the same users, with its standard error. */
  readonly lead: { readonly value: number; readonly error: number };
  /** The same lists re-ranked for variety; only where a diversity was given. */
  readonly diverse?: ListQuality & { readonly diversity: number };
  /** Lists that lean to better or lesser known films; only where `popularity` was given. */
  readonly leaning?: readonly (ListQuality & { readonly popularity: number })[];
}

/** What is measured, and how lists are ordered. */
export interface MeasurementPlan {
  /** Order of the model's lists; by default as it is served. */
  readonly by?: ListOrder;
  /** Also measures lists that are re-ranked for variety, 0 to 1. */
  readonly diversity?: number;
  /** Also measures lists that lean to better or lesser known films, −1 to 1 each, as a request's `popularity` does. */
  readonly popularity?: readonly number[];
  /** Also asks for the first tested movie of each user, liked or not, among all movies of the training. */
  readonly asksNext?: boolean;
  /** Whether somebody who rates after days comes back; else they are asked right after their newest rating. */
  readonly comesBack?: boolean;
  /** Scores of what was popular in the last days, (M) each, by row. */
  readonly recent?: readonly { readonly days: number; readonly scores: Float32Array }[];
}

/** A user as a model knows them. */
export interface KnownUser {
  readonly vectors: UserVectors;
  /** What the vectors come from, oldest first. */
  readonly rated: RatedMovies;
  /** Rows that are not ranked: what the user rated before. */
  readonly seen: ReadonlySet<number>;
}

/** A user whom a model knew right after their newest rating, days later. */
export function comesBack(model: Model, { vectors, rated, seen }: KnownUser, days: number): KnownUser {
  const away = { ...rated, days };
  return { vectors: afterDays(model, vectors, away), rated: away, seen };
}

/** Predictions and lists of a model and the baselines, gathered user by user. */
export class Measurement {
  readonly #model: Model;
  readonly #test: Ratings;
  readonly #likes: Float32Array;
  readonly #plan: MeasurementPlan;
  readonly #scores: Float32Array;
  readonly #predicted: { mine: number[]; bias: number[]; actual: number[] } = { mine: [], bias: [], actual: [] };
  readonly #alike: Alike;
  readonly #lists: {
    readonly mine: ListMean;
    readonly popular: ListMean;
    readonly diverse: ListMean;
    readonly recent: readonly ListMean[];
    readonly leaning: readonly ListMean[];
  };
  readonly #byNext = new NextMean();
  readonly #ndcg: { mine: number[]; popular: number[] } = { mine: [], popular: [] };

  /** @param likes popularity by row of the movie table, (M) */
  constructor(model: Model, test: Ratings, likes: Float32Array, plan: MeasurementPlan = {}) {
    const similarity = new Similarity(model.movies);
    this.#alike = (a, b) => similarity.between(a, b);
    const renown = renownIn(model);
    const list = () => new ListMean(this.#alike, renown);
    const { recent = [], popularity = [] } = plan;
    this.#lists = {
      mine: list(),
      popular: list(),
      diverse: list(),
      recent: recent.map(list),
      leaning: popularity.map(list),
    };
    this.#model = model;
    this.#test = test;
    this.#likes = likes;
    this.#plan = plan;
    this.#scores = new Float32Array(model.movies.count);
  }

  /**
   * @param positions the user's ratings in the test part, oldest first
   * @param biasOf the Bias baseline's prediction for this user
   */
  add(positions: Int32Array, user: KnownUser, biasOf: (movieId: number) => number): void {
    const trial = new UserTrial(this.#model, this.#test, { ...user, asked: positions });
    trial.predicted.forEach((stars, at) => {
      this.#predicted.mine.push(stars);
      this.#predicted.bias.push(biasOf(this.#test.movieIds[positions[at]]));
      this.#predicted.actual.push(this.#test.stars[positions[at]]);
    });
    const { by, asksNext } = this.#plan;
    const asksLikes = trial.relevant.size > 0;
    const asksFirst = asksNext && positions.length > 0;
    if (!asksLikes && !asksFirst) return;
    const top = trial.rank(this.#scores, by);
    if (asksLikes) this.#addLists(trial, top);
    if (asksLikes) this.#addLeaning(trial, user);
    if (!asksFirst) return;
    this.#addPlaces('next', this.#test.movieIds[positions[0]], trial.isUnseen);
    if (this.#asksByNext) this.#addByNext(this.#test.movieIds[positions[0]], user);
  }

  #addLists({ relevant, isUnseen }: UserTrial, top: Int32Array): void {
    const { diversity, recent = [] } = this.#plan;
    const { mine, popular, diverse, recent: recentLists } = this.#lists;
    this.#ndcg.mine.push(mine.add(top, relevant));
    this.#ndcg.popular.push(popular.add(topK(this.#likes, 20, isUnseen), relevant));
    for (const [at, { scores }] of recent.entries()) recentLists[at].add(topK(scores, 20, isUnseen), relevant);
    if (diversity === undefined) return;
    diverse.add(diverseTop(this.#scores, 20, isUnseen, diversity, this.#alike), relevant);
  }

  get #asksByNext(): boolean {
    return this.#model.next !== undefined && this.#plan.by !== 'next';
  }

  #addByNext(movieId: number, { vectors, rated, seen }: KnownUser): void {
    scoresBy(this.#model, vectors, { by: 'next', rated }, this.#scores);
    this.#byNext.add(this.#placeOf(this.#scores, movieId, (row) => !seen.has(row)));
  }

  #addLeaning({ relevant, isUnseen }: UserTrial, { vectors, rated, seen }: KnownUser): void {
    const { by, popularity = [] } = this.#plan;
    const scores = new Float32Array(this.#scores.length);
    for (const [at, list] of this.#lists.leaning.entries()) {
      scoresBy(this.#model, vectors, { by, popularity: popularity[at], known: seen.size, rated }, scores);
      list.add(topK(scores, 20, isUnseen), relevant);
    }
  }

  /**
   * Asks for every tested movie in turn: what the user rated before it, in the test part too, is folded in and not ranked.
   */
  addSuccessive(positions: Int32Array, { vectors, rated }: Pick<KnownUser, 'vectors' | 'rated'>): void {
    for (let at = 0; at < positions.length; at++) {
      const more = ratedMovies(this.#test, positions.subarray(0, at), this.#model.movies.rowOf);
      const known = at === 0 ? rated : withMore(rated, more, this.#daysBefore(positions, at));
      const seen = new Set(known.rows);
      const user = at === 0 ? vectors : foldIn(this.#model, known);
      scoresBy(this.#model, user, { by: this.#plan.by, rated: known }, this.#scores);
      this.#addPlaces('successive', this.#test.movieIds[positions[at]], (row) => !seen.has(row));
    }
  }

  /** Days between a tested rating and the one before it. */
  #daysBefore(positions: Int32Array, at: number): number {
    const { timestamps } = this.#test;
    return this.#plan.comesBack ? daysSince(timestamps[positions[at - 1]], timestamps[positions[at]]) : 0;
  }

  /** Where a movie stands among all that the training rated and the user did not, by the model's scores and the baselines'. */
  #addPlaces(question: 'next' | 'successive', movieId: number, isUnseen: (row: number) => boolean): void {
    const { mine, popular, recent } = this.#lists;
    const add = (list: ListMean, scores: Float32Array) => list[question].add(this.#placeOf(scores, movieId, isUnseen));
    add(mine, this.#scores);
    add(popular, this.#likes);
    for (const [at, list] of recent.entries()) add(list, this.#plan.recent![at].scores);
  }

  #placeOf(scores: Float32Array, movieId: number, isUnseen: (row: number) => boolean): number {
    const { ratingCounts, rowOf } = this.#model.movies;
    return placeOf(scores, rowOf(movieId), (row) => ratingCounts[row] > 0 && isUnseen(row));
  }

  result(): Measured {
    const { mine, bias, actual } = this.#predicted;
    const { diversity, recent, popularity } = this.#plan;
    const lists = this.#lists;
    const { value, error } = pairedDifference(this.#ndcg.mine, this.#ndcg.popular);
    const recentQualities = recent?.map(({ days }, at) => ({ days, ...lists.recent[at].quality() }));
    return {
      metrics: { ...ratingErrors(mine, actual), ...lists.mine.quality() },
      ...(this.#byNext.quality().asked > 0 && { byNext: { next: this.#byNext.quality() } }),
      lead: { value, error: error ?? 0 },
      baselines: {
        bias: ratingErrors(bias, actual),
        popularity: lists.popular.quality(),
        ...(recentQualities && { recent: recentQualities }),
      },
      ...(diversity !== undefined && { diverse: { diversity, ...lists.diverse.quality() } }),
      ...(popularity && {
        leaning: popularity.map((popularity, at) => ({ popularity, ...lists.leaning[at].quality() })),
      }),
    };
  }
}

function withMore(rated: RatedMovies, more: RatedMovies, days: number): RatedMovies {
  return {
    rows: Int32Array.of(...rated.rows, ...more.rows),
    stars: Float32Array.of(...rated.stars, ...more.stars),
    days,
  };
}
