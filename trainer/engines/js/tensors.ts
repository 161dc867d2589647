import type { SparseRows } from '../../math/sparse.ts';
import type { Sparse, Tensor } from '../engine.ts';

export interface JsTensor extends Tensor {
  readonly data: Float64Array;
}

export interface JsSparse extends Sparse {
  readonly matrix: SparseRows;
}

/** The numbers of a tensor of this engine. */
export const data = (tensor: Tensor): Float64Array => (tensor as JsTensor).data;
/** The matrix behind a sparse matrix of this engine. */
export const matrixOf = (sparse: Sparse): SparseRows => (sparse as JsSparse).matrix;
