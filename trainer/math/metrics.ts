/** Errors of predicted ratings, in stars. */
export interface RatingErrors {
  readonly rmse: number;
  readonly mae: number;
}

/** How a manifest says that its errors are on the training ratings, so a lower bound of those on others. */
export const TRAINING_FIT = 'on the training ratings, clipped to the scale';

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

/**
 * Means of Recall@20 = hits / min(20, relevant) and of NDCG@10 with binary gains (Järvelin & Kekäläinen, "Cumulated
 * gain-based evaluation of IR techniques", TOIS 2002). Lists rank all movies, never a sample.
 */
export class RankingMean {
  #recall = 0;
  #ndcg = 0;
  #users = 0;

  /**
   * Adds one user. A user without anything relevant does not count.
   *
   * @param top rows or ids, best first, at least 20 where there are so many
   * @returns this user's NDCG@10
   */
  add(top: ArrayLike<number>, relevant: ReadonlySet<number>): number {
    if (relevant.size === 0) return 0;
    let [hits, gain, ideal] = [0, 0, 0];
    for (let rank = 0; rank < Math.min(20, top.length); rank++) {
      if (!relevant.has(top[rank])) continue;
      hits++;
      if (rank < 10) gain += 1 / Math.log2(rank + 2);
    }
    for (let rank = 0; rank < Math.min(10, relevant.size); rank++) ideal += 1 / Math.log2(rank + 2);
    this.#recall += hits / Math.min(20, relevant.size);
    this.#ndcg += gain / ideal;
    this.#users++;
    return gain / ideal;
  }

  quality(): RankingQuality {
    const n = Math.max(1, this.#users);
    return { 'recall@20': this.#recall / n, 'ndcg@10': this.#ndcg / n, users: this.#users };
  }
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Standard error of the mean. */
export function errorOfMean(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1) / Math.max(1, values.length));
}
