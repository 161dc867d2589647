import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import type { HistoryWeights, NextModel } from '../../../shared/model/model.ts';
import type { MovieColumns } from '../../../trainer/artifact/columns.ts';

/** Successors of each movie. */
const SUCCESSORS = 50;
const EVERY: HistoryWeights = { decay: 1, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 };

interface Shape {
  readonly movies: number; // C
  readonly relevanceFactors: number; // E
}

/**
 * What people watch next, of the C most rated movies: each is followed by movies of about its rank. The histories are
 * those of the movies, so that F = E.
 */
export function plantNext(
  { ratingCounts, history }: MovieColumns,
  { movies: C, relevanceFactors: E }: Shape,
): NextModel {
  const rows = byPopularity(ratingCounts).slice(0, C).sort();
  const width = history.length / ratingCounts.length;
  const successors = Int32Array.from(
    { length: rows.length * SUCCESSORS },
    (_, l) => (Math.floor(l / SUCCESSORS) + 1 + (l % SUCCESSORS) ** 2) % rows.length,
  );
  const vectors = new Float32Array(rows.length * width);
  rows.forEach((row, c) => {
    vectors.set(history.subarray(row * width, (row + 1) * width), c * width);
  });
  return {
    factors: E,
    rows,
    history: vectors,
    scales: [EVERY, { ...EVERY, decay: 16 }],
    starts: Int32Array.from({ length: rows.length + 1 }, (_, c) => c * SUCCESSORS),
    successors,
    weights: Float32Array.from({ length: 2 * successors.length }, (_, l) => 1 / (2 + (l % (2 * SUCCESSORS)))),
  };
}
