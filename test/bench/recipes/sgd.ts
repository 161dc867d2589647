import { random, STREAMS, shuffled } from '../../../trainer/math/random.ts';
import type { LearningCurve, Problem } from './problem.ts';

export interface SgdOptions {
  readonly factors: number;
  readonly epochs: number;
  readonly rate: number;
  readonly ridge: number;
  readonly seed: number;
}

/** Steps and ridges that were best of a grid for N ratings: on ML-100K, and on ML-1M (90/10). */
export function sgdDefaults(N: number): Omit<SgdOptions, 'seed'> {
  return N < 300_000
    ? { factors: 50, epochs: 30, rate: 0.02, ridge: 0.1 }
    : { factors: 50, epochs: 30, rate: 0.01, ridge: 0.05 };
}

/**
 * Matrix factorisation with biases by stochastic gradient descent (Koren, Bell & Volinsky, "Matrix factorization
 * techniques for recommender systems", IEEE Computer 2009; Funk 2006): for each rating in turn, in an order shuffled
 * once, with e = r − (μ + b_u + b_i + p·q):
 *   b ← b + rate (e − ridge b),   p ← p + rate (e q − ridge p),   q ← q + rate (e p − ridge q)
 */
export function trainSgd({ users, movies, train, mean }: Problem, options: SgdOptions, curve: LearningCurve): void {
  const { factors: K, rate, ridge } = options;
  const source = random(options.seed, STREAMS.synthetic);
  const draw = (rows: number) => Float32Array.from({ length: rows * K }, () => 0.1 * source.normal());
  const [P, Q] = [draw(users), draw(movies)];
  const [bu, bm] = [new Float64Array(users), new Float64Array(movies)];
  const order = shuffled(train.stars.length, source);
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    for (let k = 0; k < order.length; k++) {
      const i = order[k];
      const [u, m] = [train.users[i], train.movies[i]];
      const [up, mq] = [u * K, m * K];
      let prediction = mean + bu[u] + bm[m];
      for (let x = 0; x < K; x++) prediction += P[up + x] * Q[mq + x];
      const error = train.stars[i] - prediction;
      bu[u] += rate * (error - ridge * bu[u]);
      bm[m] += rate * (error - ridge * bm[m]);
      for (let x = 0; x < K; x++) {
        const [p, q] = [P[up + x], Q[mq + x]];
        P[up + x] = p + rate * (error * q - ridge * p);
        Q[mq + x] = q + rate * (error * p - ridge * q);
      }
    }
    curve.stop();
    curve.measure((u, m) => {
      let prediction = mean + bu[u] + bm[m];
      for (let x = 0; x < K; x++) prediction += P[u * K + x] * Q[m * K + x];
      return prediction;
    });
    curve.restart();
  }
  curve.stop();
}
