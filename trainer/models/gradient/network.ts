import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import type { StarRange } from '../../../shared/model/response.ts';
import type { Random } from '../../math/random.ts';

/** A model of ratings whose weights gradients train. */
export interface Network {
  readonly weights: readonly tf.Variable[];
  /**
   * Stars for (user row, movie row) pairs, (B).
   *
   * @param dropout seed of the units left out; without it all take part
   */
  predict(users: tf.Tensor1D, movies: tf.Tensor1D, dropout?: number): tf.Tensor1D;
}

/** Embeddings before training, (rows, width): normal with this standard deviation, cut at two of them. */
export function embeddings(rows: number, width: number, deviation: number, source: Random): tf.Variable<tf.Rank.R2> {
  const draw = (): number => {
    const value = source.normal();
    return Math.abs(value) <= 2 ? value : draw();
  };
  const values = Float32Array.from({ length: rows * width }, () => deviation * draw());
  return tf.variable(tf.tensor2d(values, [rows, width]));
}

/** Rows of a table. */
export function embeddingRows(table: tf.Variable<tf.Rank.R2>, rows: tf.Tensor1D): tf.Tensor2D {
  return tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = given as [tf.Tensor, tf.GradSaveFunc];
    save([rows]);
    return {
      value: tf.gather(x, rows),
      gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]) => scatterRows(dy, kept, table),
    };
  })(table) as tf.Tensor2D;
}

/** The gradient of a table by those of some of its rows. By hand: wasm lacks the kernel of `gather`'s, UnsortedSegmentSum. */
export function scatterRows(gradients: tf.Tensor, rows: tf.Tensor, table: tf.Variable<tf.Rank.R2>): tf.Tensor {
  return tf.scatterND(tf.reshape(rows, [rows.size, 1]), gradients, table.shape);
}

/** Scores as stars: through a sigmoid into the range, or as they are. */
export function throughRange(scores: tf.Tensor1D, range: StarRange | null): tf.Tensor1D {
  return range ? tf.add(tf.mul(tf.sigmoid(scores), range.max - range.min), range.min) : scores;
}
