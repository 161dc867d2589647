import type { Ranked } from '../../shared/model/scorer.ts';

/** A list by what it comes from. */
export interface ScoredList {
  readonly scores: Float32Array; // (M)
  /** (M), not 0: the list has the movie. */
  readonly open: Uint8Array;
}

/** A place in a list, 1 the first. */
export interface Placed extends Ranked {
  readonly rank: number;
}

/**
 * The rank that a movie has, or would have, in a list: one more than the movies before it. Of equal scores the smaller
 * row comes first, as in every list.
 */
export function rankOf(row: number, { scores, open }: ScoredList): number {
  let before = 0;
  for (let other = 0; other < scores.length; other++) {
    if (open[other] !== 0 && isBefore(other, row, scores)) before++;
  }
  return before + 1;
}

/** The movies right before one, at most `most`, and the first of the list; best first. */
export function standAbove(row: number, most: number, list: ScoredList): Placed[] {
  const { scores, open } = list;
  const rank = rankOf(row, list);
  const nearest: number[] = []; // the nearest last
  let first = -1;
  for (let other = 0; other < scores.length; other++) {
    if (open[other] === 0 || !isBefore(other, row, scores)) continue;
    if (first < 0 || isBefore(other, first, scores)) first = other;
    const at = nearest.findIndex((known) => isBefore(other, known, scores));
    nearest.splice(at < 0 ? nearest.length : at, 0, other);
    if (nearest.length > most) nearest.shift();
  }
  const placed = (at: number, rank: number) => ({ row: at, score: scores[at], rank });
  const above = nearest.map((at, place) => placed(at, rank - nearest.length + place));
  return first < 0 || above[0]?.rank === 1 ? above : [placed(first, 1), ...above];
}

/** Whether one movie comes before another. A score that is not a number comes before none. */
function isBefore(one: number, other: number, scores: Float32Array): boolean {
  return scores[one] > scores[other] || (scores[one] === scores[other] && one < other);
}
