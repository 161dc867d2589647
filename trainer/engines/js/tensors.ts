import type { SparseRows } from '../../math/sparse.ts';
import type { Sparse, Tensor } from '../engine.ts';

export interface JsTensor extends Tensor {
  readonly data: Float64Array;
}

export interface JsSparse extends Sparse {
  readonly matrix: SparseRows;
}

export const data = (tensor: Tensor): Float64Array => (tensor as JsTensor).data;
export const matrixOf = (sparse: Sparse): SparseRows => (sparse as JsSparse).matrix;
