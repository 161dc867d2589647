import { ReproducibleSums } from '../../shared/math/reproducible-sums.ts';
import { topK } from '../../shared/math/topk.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import type { Ranked, RowTest } from '../../shared/model/scorer.ts';

/** How the scores of several people become one: the least of them, or their mean. */
export const TOGETHER = ['least', 'mean'] as const;
export type Together = (typeof TOGETHER)[number];

/** Scores of every movie for several people, and those that a list for all of them is ordered by. */
export interface JointScores {
  readonly each: readonly Float32Array[]; // (P, M)
  readonly joint: Float32Array; // (M)
}

/** A list for several people. */
export interface JointList {
  /** Who they are, by index of the users. */
  readonly people: readonly number[];
  /** By which the relevance of each is multiplied (`factorsOf`). */
  readonly factors: readonly number[];
  /** Rows that this list leaves out besides. */
  readonly without: readonly number[];
}

/** Lists for several people, asked for at once. */
export interface JointLists {
  readonly users: readonly UserVectors[];
  readonly lists: readonly JointList[];
  readonly blend: number;
  readonly together: Together;
  readonly count: number;
}

/** A movie of such a list. */
export interface JointlyRanked extends Ranked {
  /** Its score for each of the people, on one scale. */
  readonly each: readonly number[];
}

/**
 * One score a movie. The least is the "least misery" of O'Connor et al., "PolyLens: a recommender system for groups of
 * users", ECSCW 2001: a list is as good as the one finds it who likes it least.
 *
 * @param each scores of one person each, (P, M), on one scale
 */
export function jointScores(each: readonly Float32Array[], together: Together): JointScores {
  const joint = new Float32Array(each[0].length);
  const scores = new Float64Array(each.length);
  for (let row = 0; row < joint.length; row++) {
    for (let p = 0; p < scores.length; p++) scores[p] = each[p][row];
    joint[row] = combine(scores, together);
  }
  return { each, joint };
}

/** The best movies of a list, which stand in rows from `first` on. @param of whose scores of each people have, (P, n) */
export function jointlyBest(
  of: readonly Float32Array[],
  { together, count }: Pick<JointLists, 'together' | 'count'>,
  mayPass: RowTest,
  first = 0,
): JointlyRanked[] {
  const { each, joint } = jointScores(of, together);
  const best = topK(joint, count, (at) => mayPass(first + at));
  return Array.from(best, (at) => ({ row: first + at, score: joint[at], each: each.map((scores) => scores[at]) }));
}

/** A user whose scores by relevance are `factor` times as large. */
export function scaledRelevance({ relevance, added, ...user }: UserVectors, factor: number): UserVectors {
  const times = (values: ArrayLike<number>) => Float64Array.from(values, (value) => factor * value);
  const gains = added && { rows: added.rows, scores: times(added.scores) };
  return { ...user, relevance: times(relevance), added: gains };
}

/** One number of several people's. */
export function combine(values: ArrayLike<number>, together: Together): number {
  let [least, sum] = [Number.POSITIVE_INFINITY, 0];
  for (let p = 0; p < values.length; p++) {
    least = Math.min(least, values[p]);
    sum += values[p];
  }
  return together === 'least' ? least : sum / values.length;
}

/**
 * Factors that bring people's relevance to one scale: the more a person rated, and the narrower their taste, the
 * further their scores spread, so that the least score of a movie would nearly always be the same person's. Afterwards
 * everybody's root mean square over all movies is the mean of what it was. A movie of which relevance says nothing
 * scores 0 for everybody, before and after. People who are equal keep their scores.
 *
 * @param each relevance of one person each, (P, M)
 */
export function scaleFactors(each: readonly ArrayLike<number>[]): number[] {
  return factorsOf(sumsOfSquares(each.length, (p) => each[p]).totals, each[0].length);
}

/** Σ score² of each person over some movies; to be joined with those over the others. */
export function sumsOfSquares(people: number, scoresOf: (p: number) => ArrayLike<number>): ReproducibleSums {
  const sums = new ReproducibleSums(people);
  for (let p = 0; p < people; p++) sums.addSquares(p, scoresOf(p));
  return sums;
}

/** `scaleFactors`, by Σ score² of each person over M movies. */
export function factorsOf(squares: ArrayLike<number>, M: number): number[] {
  const spreads = Array.from(squares, (sum) => Math.sqrt(sum / M));
  const mean = spreads.reduce((sum, spread) => sum + spread, 0) / spreads.length;
  return spreads.map((spread) => (spread > 0 ? mean / spread : 1));
}
