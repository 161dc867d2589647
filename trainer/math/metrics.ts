/** Errors of predicted ratings, in stars. */
export interface RatingErrors {
  readonly rmse: number;
  readonly mae: number;
}

/** How a manifest says that its errors are on the training ratings, so a lower bound of those on others. */
export const TRAINING_FIT = 'on the training ratings, clipped to the scale';

/** Root mean square and mean absolute error of predicted (n) beside actual (n), not empty. */
export function ratingErrors(predicted: ArrayLike<number>, actual: ArrayLike<number>): RatingErrors {
  let [squares, absolutes] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    const error = predicted[i] - actual[i];
    squares += error * error;
    absolutes += Math.abs(error);
  }
  return { rmse: Math.sqrt(squares / actual.length), mae: absolutes / actual.length };
}

/** Quality of ranked lists, the mean over users who have something relevant. */
export interface RankingQuality {
  readonly 'recall@20': number;
  readonly 'ndcg@10': number;
  /** Users that the means are over. */
  readonly users: number;
}

/** Quality of one user's list. */
export interface ListScore {
  readonly recall: number;
  readonly ndcg: number;
}

/**
 * Recall@20 = hits / min(20, relevant); NDCG@10 with binary gains (Järvelin & Kekäläinen, TOIS 2002). Full ranking, never
 * sampled.
 *
 * @param top rows or ids, best first, at least 20 where there are so many
 * @param relevant not empty
 */
export function listScore(top: ArrayLike<number>, relevant: ReadonlySet<number>): ListScore {
  let [hits, gain, ideal] = [0, 0, 0];
  for (let rank = 0; rank < Math.min(20, top.length); rank++) {
    if (!relevant.has(top[rank])) continue;
    hits++;
    if (rank < 10) gain += 1 / Math.log2(rank + 2);
  }
  for (let rank = 0; rank < Math.min(10, relevant.size); rank++) ideal += 1 / Math.log2(rank + 2);
  return { recall: hits / Math.min(20, relevant.size), ndcg: gain / ideal };
}

/** Averages over the lists of users who have something relevant; the others do not count. */
export class RankingMean {
  #recall = 0;
  #ndcg = 0;
  #users = 0;

  /** @returns this user's NDCG@10 */
  add(top: ArrayLike<number>, relevant: ReadonlySet<number>): number {
    if (relevant.size === 0) return 0;
    const { recall, ndcg } = listScore(top, relevant);
    this.#recall += recall;
    this.#ndcg += ndcg;
    this.#users++;
    return ndcg;
  }

  quality(): RankingQuality {
    const n = Math.max(1, this.#users);
    return { 'recall@20': this.#recall / n, 'ndcg@10': this.#ndcg / n, users: this.#users };
  }
}

/** Quality of rankings in which one movie each is relevant. */
export interface NextQuality {
  /** Share of the rankings that have it among the first 10. */
  readonly 'hr@10': number;
  /** Mean of 1 / log₂(place + 2), place from 0, and 0 from the 10th on. */
  readonly 'ndcg@10': number;
  /** Rankings that the means are over. */
  readonly asked: number;
}

/** Averages over rankings in which one movie each is relevant. */
export class NextMean {
  #hits = 0;
  #gain = 0;
  #asked = 0;

  /** @param place of the relevant movie, from 0; Infinity where the ranking lacks it */
  add(place: number): void {
    this.#asked++;
    if (place >= 10) return;
    this.#hits++;
    this.#gain += 1 / Math.log2(place + 2);
  }

  quality(): NextQuality {
    const n = Math.max(1, this.#asked);
    return { 'hr@10': this.#hits / n, 'ndcg@10': this.#gain / n, asked: this.#asked };
  }
}

/**
 * Place of a row in the full ranking by score, from 0, without making it. As in `topK`, equal scores are ordered by row, so
 * that a tie is no advantage. Infinity where the ranking lacks the row.
 *
 * @param accept whether a row is ranked
 */
export function placeOf(scores: ArrayLike<number>, row: number, accept: (row: number) => boolean): number {
  const score = scores[row];
  if (score === undefined || Number.isNaN(score) || !accept(row)) return Number.POSITIVE_INFINITY;
  let place = 0;
  for (let i = 0; i < scores.length; i++) {
    if ((scores[i] > score || (scores[i] === score && i < row)) && accept(i)) place++;
  }
  return place;
}

/** The mean; 0 of no values. */
export function mean(values: ArrayLike<number>): number {
  return sumOf(values) / Math.max(1, values.length);
}

/** A difference of two means over the same users or ratings. */
export interface Difference {
  readonly value: number;
  /** Standard error of the paired differences; null where there are too few to tell. */
  readonly error: number | null;
}

/** Mean of a − b and its standard error. */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>): Difference {
  const differences = Float64Array.from(a, (value, i) => value - b[i]);
  return { value: mean(differences), error: standardError(differences) };
}

/** Standard error of a mean; null where there are too few values to tell. */
export function standardError(values: ArrayLike<number>): number | null {
  const n = values.length;
  const middle = mean(values);
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i] - middle) ** 2;
  return n > 1 ? Math.sqrt(squares / (n - 1) / n) : null;
}

/**
 * RMSE of a less that of b, from their squared errors summed over the same groups of ratings, such as users. Since
 * Δ(rmse²) = Δrmse · (sum of both), the standard error of the squares carries over.
 *
 * @param ratings in all groups; by default each is one rating
 */
export function rmseDifference(a: ArrayLike<number>, b: ArrayLike<number>, ratings = a.length): Difference {
  const [rmseA, rmseB] = [a, b].map((squares) => Math.sqrt(sumOf(squares) / Math.max(1, ratings)));
  const { error } = pairedDifference(a, b);
  const scale = rmseA + rmseB > 0 ? a.length / ratings / (rmseA + rmseB) : 0;
  return { value: rmseA - rmseB, error: error === null ? null : error * scale };
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
