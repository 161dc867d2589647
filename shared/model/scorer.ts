import { binarySearch } from '../math/row-index.ts';
import { topK } from '../math/topk.ts';
import type { UserVectors } from './model.ts';

export type RowTest = (row: number) => boolean;

/** Which rows may be listed. What it comes from (`shared/filters`), a scorer does not know. */
export interface Selection {
  /** (M), not 0: the row is refused. Null refuses none. */
  readonly refused: Uint8Array | null;
  /** Rows that are refused besides: what the user rated already. */
  readonly hidden: readonly number[] | Int32Array;
  /** Asked last, and only about rows that would be listed otherwise. */
  readonly accept?: RowTest;
}

/** A selection as a test of rows. */
export function passes({ refused, hidden, accept }: Selection): RowTest {
  const out = new Set(hidden);
  return (row) => !out.has(row) && !refused?.[row] && (accept === undefined || accept(row));
}

/** A row of the movie table and its score. */
export interface Ranked {
  readonly row: number;
  readonly score: number;
}

/**
 * The k best of all movies where some gain something and none loses: they are among the k best without gains and those
 * that gain.
 *
 * @param plain the k best without gains, best first
 * @param gaining rows that gain, ascending, and their whole scores
 */
export function withGains(
  plain: readonly Ranked[],
  gaining: { readonly rows: Int32Array; readonly scores: Float32Array },
  k: number,
  selection: Selection,
): Ranked[] {
  const { rows, scores } = gaining;
  const mayPass = passes(selection);
  const best = topK(scores, k, (at) => mayPass(rows[at]));
  const others = plain.filter(({ row }) => binarySearch(rows, row) < 0);
  const ranked = [...others, ...Array.from(best, (at) => ({ row: rows[at], score: scores[at] }))];
  return ranked.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, k);
}

/**
 * What ranks all movies of a version. Lists hold at most k movies that the selection lets through, best first; equal
 * scores go to the smaller row, so to the smaller movieId; a score that is not a number never comes up.
 */
export interface Scorer {
  /** @param blend 0 (relevance) to 1 (predicted rating), as in `scoreMovies`, with what single movies gain */
  best(user: UserVectors, blend: number, k: number, selection: Selection): Ranked[];
  /** The movies most like the given rows (`Similarity.toAll`). */
  similar(rows: readonly number[], k: number, selection: Selection): Ranked[];
}
