import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { random, STREAMS, shuffled } from '../../trainer/random.ts';
import type { LearningCurve, Predict, Problem } from './problem.ts';

export interface FastaiOptions {
  readonly factors: number;
  readonly epochs: number;
  readonly batch: number;
  /** The highest learning rate of the cycle. */
  readonly rate: number;
  readonly weightDecay: number;
  /** Predictions lie between 0 and this many stars. */
  readonly top: number;
  readonly seed: number;
}

/** The lesson's own settings. */
export const FASTAI_DEFAULTS: Omit<FastaiOptions, 'seed'> = {
  factors: 50,
  epochs: 5,
  batch: 64,
  rate: 5e-3,
  weightDecay: 0.1,
  top: 5.5,
};

/**
 * The collaborative filtering of fast.ai's lesson 7 (Howard & Gugger, "Deep learning for coders", ch. 8) on TensorFlow.js
 * with its WebAssembly backend: top · σ(p_u·q_i + b_u + b_i) by Adam with decoupled weight decay and the one-cycle schedule
 * of the learning rate. β₁ stays 0.9, where fastai lets it dip to 0.85; the last, smaller batch of an epoch is dropped as
 * there.
 */
export async function trainFastai(problem: Problem, options: FastaiOptions, curve: LearningCurve): Promise<void> {
  const { train } = problem;
  const { factors: K, batch, seed } = options;
  const weights = [
    tf.variable(tf.truncatedNormal([problem.users, K], 0, 0.01, 'float32', seed)),
    tf.variable(tf.truncatedNormal([problem.movies, K], 0, 0.01, 'float32', seed + 1)),
    tf.variable(tf.truncatedNormal([problem.users, 1], 0, 0.01, 'float32', seed + 2)),
    tf.variable(tf.truncatedNormal([problem.movies, 1], 0, 0.01, 'float32', seed + 3)),
  ];
  const optimizer = tf.train.adam(options.rate, 0.9, 0.99, 1e-5);
  const source = random(seed, STREAMS.synthetic);
  const batches = Math.floor(train.stars.length / batch);
  for (let epoch = 0, step = 0; epoch < options.epochs; epoch++) {
    const order = shuffled(train.stars.length, source);
    for (let b = 0; b < batches; b++, step++) {
      const rows = order.subarray(b * batch, (b + 1) * batch);
      const rate = oneCycle(step / (batches * options.epochs), options.rate);
      Object.assign(optimizer, { learningRate: rate }); // `protected` in the types, read anew at every step
      tf.tidy(() => {
        const users = tf.tensor1d(
          rows.map((i) => train.users[i]),
          'int32',
        );
        const movies = tf.tensor1d(
          rows.map((i) => train.movies[i]),
          'int32',
        );
        const stars = tf.tensor2d(
          Float32Array.from(rows, (i) => train.stars[i]),
          [batch, 1],
        );
        const { grads } = tf.variableGrads(
          () => tf.mean(tf.square(tf.sub(predict(weights, users, movies, options.top), stars))),
          weights,
        );
        for (const weight of weights) weight.assign(tf.mul(weight, 1 - rate * options.weightDecay));
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      });
    }
    await weights[0].data(); // the work of this epoch is done
    curve.stop();
    curve.measure(await predictor(weights, K, options.top));
    curve.restart();
  }
  curve.stop();
}

/** Chooses and warms the backend: off the clock. */
export async function openTensorflow(): Promise<string> {
  await tf.setBackend('wasm');
  await tf.ready();
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return `TensorFlow.js ${tf.version_core}, ${tf.getBackend()}${simd ? ', SIMD' : ''}`;
}

function predict([P, Q, bu, bm]: tf.Variable[], users: tf.Tensor1D, movies: tf.Tensor1D, top: number): tf.Tensor {
  const dots = tf.sum(tf.mul(rowsOf(P, users), rowsOf(Q, movies)), 1, true);
  return tf.mul(tf.sigmoid(tf.add(tf.add(dots, rowsOf(bu, users)), rowsOf(bm, movies))), top);
}

/** Rows of a table. The gradient is scattered by hand: the backend lacks the kernel of `gather`'s own, UnsortedSegmentSum. */
function rowsOf(table: tf.Variable, rows: tf.Tensor1D): tf.Tensor {
  return tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const x = given[0] as tf.Tensor;
    return {
      value: tf.gather(x, rows),
      gradFunc: (dy: tf.Tensor) => tf.scatterND(tf.reshape(rows, [rows.size, 1]), dy, x.shape as [number, number]),
    };
  })(table);
}

async function predictor(weights: tf.Variable[], K: number, top: number): Promise<Predict> {
  const [P, Q, bu, bm] = await Promise.all(weights.map((weight) => weight.data()));
  return (u, m) => {
    let sum = bu[u] + bm[m];
    for (let x = 0; x < K; x++) sum += P[u * K + x] * Q[m * K + x];
    return top / (1 + Math.exp(-sum));
  };
}

/** Learning rate at a share of the way: from rate / 25 up over the first quarter, then down to rate / 1e5, by cosines. */
function oneCycle(done: number, rate: number): number {
  const between = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
  return done < 0.25 ? between(rate / 25, rate, done / 0.25) : between(rate, rate / 1e5, (done - 0.25) / 0.75);
}
