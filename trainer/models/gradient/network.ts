import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import type { StarRange } from '../../../shared/model/response.ts';
import type { Random } from '../../math/random.ts';

/** A model of ratings whose weights are trained by gradients. */
export interface Network {
  readonly weights: readonly tf.Variable[];
  /**
   * Predicts stars for pairs of user row and movie row, (B).
   *
   * @param dropout seed of the units to leave out; none are left out without it
   */
  predict(users: tf.Tensor1D, movies: tf.Tensor1D, dropout?: number): tf.Tensor1D;
}

/** Untrained embeddings, (rows, width): normal with this standard deviation, cut at two deviations. */
export function embeddings(rows: number, width: number, deviation: number, source: Random): tf.Variable<tf.Rank.R2> {
  const draw = (): number => {
    const value = source.normal();
    return Math.abs(value) <= 2 ? value : draw();
  };
  const values = Float32Array.from({ length: rows * width }, () => deviation * draw());
  return tf.variable(tf.tensor2d(values, [rows, width]));
}

/** Rows of a table, with a gradient that every backend has. */
export function embeddingRows(table: tf.Variable<tf.Rank.R2>, rows: tf.Tensor1D): tf.Tensor2D {
  return tf.customGrad((...parameters: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = parameters as [tf.Tensor, tf.GradSaveFunc];
    save([rows]);
    return {
      value: tf.gather(x, rows),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => scatterRows(dy, saved, table),
    };
  })(table) as tf.Tensor2D;
}

/** The gradient of a table from those of some of its rows. Written here because wasm lacks `gather`'s UnsortedSegmentSum. */
export function scatterRows(gradients: tf.Tensor, rows: tf.Tensor, table: tf.Variable<tf.Rank.R2>): tf.Tensor {
  return tf.scatterND(tf.reshape(rows, [rows.size, 1]), gradients, table.shape);
}

/** Scores as stars: a sigmoid over the range, or unchanged without one. */
export function throughRange(scores: tf.Tensor1D, range: StarRange | null): tf.Tensor1D {
  return range ? tf.add(tf.mul(tf.sigmoid(scores), range.max - range.min), range.min) : scores;
}
