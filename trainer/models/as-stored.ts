import { type CompactColumn, coded, MOST_COMPACT } from '../../shared/artifact/compact.ts';

/**
 * Vectors of movies, (M, width), as the artifact will have them: of a catalogue with a compact file, rounded to its codes. A
 * model rounds before it solves users, so that a stored user is what folding in gives.
 */
export function asStored(column: CompactColumn, values: Float32Array, M: number): Float32Array {
  return M > MOST_COMPACT ? values : coded(column, values, values.length / M);
}
