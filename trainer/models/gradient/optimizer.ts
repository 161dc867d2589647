import * as tf from '@tensorflow/tfjs-core';
import type { Pace } from './schedule.ts';
import type { FitOptions } from './settings.ts';

const SQUARES_KEPT = 0.99;
const EPSILON = 1e-5;

/**
 * Adam with fastai's constants, for a momentum that changes from step to step. Both averages start at zero and are corrected
 * for that. `adamw` shrinks the weights by rate · wd beside the step; `adam` adds wd · weight to the gradient.
 *
 * Source: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015; Loshchilov & Hutter, "Decoupled weight decay
 * regularization", ICLR 2019.
 */
export class Adam {
  readonly #weights: readonly tf.Variable[];
  readonly #means: readonly tf.Variable[];
  readonly #squares: readonly tf.Variable[];
  readonly #decoupled: boolean;
  readonly #wd: number;
  #steps = 0;

  constructor(weights: readonly tf.Variable[], { optimizer, wd }: Pick<FitOptions, 'optimizer' | 'wd'>) {
    const zeros = () => weights.map((weight) => tf.variable(tf.zerosLike(weight), false));
    this.#weights = weights;
    this.#means = zeros();
    this.#squares = zeros();
    this.#decoupled = optimizer === 'adamw';
    this.#wd = wd;
  }

  /** One step. Gradients are in the order of the weights. Call it within a `tf.tidy`. */
  step(gradients: readonly tf.Tensor[], { rate, momentum }: Pace): void {
    const step = ++this.#steps;
    // Both corrections are applied to numbers, which saves an operation over every weight.
    const root = Math.sqrt(1 - SQUARES_KEPT ** step);
    const corrected = (rate * root) / (1 - momentum ** step);
    const kept = this.#decoupled ? 1 - rate * this.#wd : 1;
    this.#weights.forEach((weight, w) => {
      const [mean, square] = [this.#means[w], this.#squares[w]];
      const coupled = !this.#decoupled && this.#wd !== 0;
      const gradient = coupled ? tf.add(gradients[w], tf.mul(weight, this.#wd)) : gradients[w];
      mean.assign(tf.add(tf.mul(mean, momentum), tf.mul(gradient, 1 - momentum)));
      square.assign(tf.add(tf.mul(square, SQUARES_KEPT), tf.mul(tf.square(gradient), 1 - SQUARES_KEPT)));
      const scale = tf.add(tf.sqrt(square), EPSILON * root);
      weight.assign(tf.sub(tf.mul(weight, kept), tf.div(tf.mul(mean, corrected), scale)));
    });
  }

  /** What the next step needs beside the weights: averages of gradients, averages of their squares, steps done. */
  get state(): { readonly averages: readonly tf.Variable[]; readonly steps: number } {
    return { averages: [...this.#means, ...this.#squares], steps: this.#steps };
  }

  /** Continues after `steps` steps, with averages that the caller has assigned. */
  resume(steps: number): void {
    this.#steps = steps;
  }

  dispose(): void {
    tf.dispose([...this.#means, ...this.#squares]);
  }
}
