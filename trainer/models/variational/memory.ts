import { covarianceLength, paddedWidth } from '../../engines/engine.ts';
import { factorizationBytes } from '../learned.ts';
import type { MemoryQuestion, ModelMemory } from '../rating-model.ts';
import type { CommonSettings } from '../settings.ts';
import { CONSTANTS } from './side.ts';

const FLOAT = 4;
const DOUBLE = 8;

/** Features of a movie's prior, about. */
const YEARS = 28;
const MOVIELENS_GENRES = 20;

/**
 * What a factorisation needs, by counting its arrays. S = K + 1 rounded up to 8, w bytes of an engine's number:
 *
 * - engine: 4 tables (R, S) a side (means, variances, prior means, link weights), the movies' features, whole covariances
 *   where they are kept, the link's conjugate gradients
 * - JavaScript: centred and transposed copies of the ratings, first covariances; at the end both sides in float64; the
 *   state as it is written to a checkpoint
 */
export function factorizationMemory({
  engine,
  shape,
  settings: { factors: K },
  checkpoint,
  covariances: whole,
}: MemoryQuestion<CommonSettings> & { readonly covariances: boolean }): ModelMemory {
  const { users: U } = shape;
  const N = shape.heldRatings ?? shape.ratings;
  const M = shape.ratingCounts.length;
  const w = engine.number;
  const S = paddedWidth(K + 1);
  const rows = U + M;
  const features = M * (YEARS + (shape.genres ?? MOVIELENS_GENRES));
  const covariances = whole ? rows * covarianceLength(S) : 0;
  const state = 4 * rows * S + covariances;
  const conjugateGradients = (4 * Math.max(U, M) + 2 * Math.min(U, M)) * S;
  const copies = (2 * N + features) * FLOAT + engine.sparseCopies(N) + FLOAT * (rows * S + covariances);
  const ending = factorizationBytes(rows, M, K) + (w + 2 * DOUBLE) * rows * S;
  return {
    engine: w * (state + conjugateGradients * engine.passing + rows * CONSTANTS + features),
    scripts: Math.max(copies, ending) + (checkpoint ? w * state : 0),
  };
}
