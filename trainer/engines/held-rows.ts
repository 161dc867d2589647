import { MarqueeError } from '../../shared/errors.ts';
import type { AnyRows, SparseRows } from '../math/sparse.ts';

/** The matrix itself where it is in memory. Throws `no-engine` where what computes cannot read from a disk. */
export function heldRows(matrix: AnyRows, engine: string): SparseRows {
  if ('indices' in matrix) return matrix;
  throw new MarqueeError('no-engine', `the ${engine} engine does not stream ratings from a disk`, {
    fix: 'Use --engine wasm, or give it more memory: --memory.',
  });
}
