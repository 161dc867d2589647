import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { clamp, type Scale } from '../../../shared/ratings/rating.ts';
import { requireFinite } from '../learned.ts';
import type { Epoch } from '../run.ts';
import type { Network } from './network.ts';
import { Adam } from './optimizer.ts';
import type { FitOptions } from './settings.ts';
import { type Triples, trainEpoch } from './train-epoch.ts';

/** All that a training needs to go on after an epoch. Arrays are in the order of the network's weights. */
export interface FitState {
  readonly epochs: readonly Epoch[];
  /** Epochs at which the cycle of the learning rate began and at which it ends. */
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly weights: readonly Float32Array[];
  readonly best: readonly Float32Array[];
  /** Averages of the optimizer. */
  readonly averages: readonly Float32Array[];
}

export interface FitRun {
  readonly seed: number;
  readonly scale: Scale;
  /** A state to go on from, of the same network, data, seed and settings except `epochs`. */
  readonly resume?: FitState;
  /** Called after every epoch; `state` reads the state. The next epoch waits for a promise. */
  readonly onEpoch?: (epoch: Epoch, state: () => Promise<FitState>) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

const PREDICTED_AT_ONCE = 1 << 14;

/**
 * Trains a network by mean squared error and leaves it with the weights of its best epoch: that of the lowest loss on held-out
 * ratings, or the last where there are none. The order of the ratings depends on seed and epoch alone, so that a resumed
 * training gets the same weights as one that was not interrupted. The last, smaller batch of an epoch is dropped.
 *
 * With `one-cycle`, epochs beyond those of a finished state form a new cycle.
 *
 * @throws `training-diverged`, and the signal's reason after the epoch in which it was aborted
 */
export async function fitEpochs(
  network: Network,
  train: Triples,
  valid: Triples | null,
  options: FitOptions,
  { seed, scale, resume, onEpoch, signal }: FitRun,
): Promise<readonly Epoch[]> {
  const { weights } = network;
  const adam = new Adam(weights, options);
  const cycle = resume ? cycleOf(resume, options.epochs) : { from: 0, to: options.epochs };
  const epochs: Epoch[] = [...(resume?.epochs ?? [])];
  let best = resume?.best ?? (await read(weights));
  if (resume) {
    assign(weights, resume.weights);
    assign(adam.state.averages, resume.averages);
    adam.resume(resume.steps);
  }
  while (epochs.length < options.epochs && !exhausted(epochs, options)) {
    const started = performance.now();
    const done = epochs.length;
    const { loss, rate } = await trainEpoch(network, adam, train, options, { ...cycle, epoch: done, seed });
    requireFinite('the loss', [loss]);
    const measured = valid ? await errors(network, valid, scale) : { validLoss: null, rmse: null };
    const seconds = (performance.now() - started) / 1000;
    epochs.push({ epoch: done + 1, trainLoss: loss, ...measured, rate, seconds });
    if (bestOf(epochs) === epochs.length - 1) best = await read(weights);
    const state = async (): Promise<FitState> => ({
      epochs: [...epochs],
      ...cycle,
      steps: adam.state.steps,
      best,
      weights: await read(weights),
      averages: await read(adam.state.averages),
    });
    await setImmediate(); // lets the event loop run, from which an abort comes
    await onEpoch?.(epochs.at(-1)!, state);
    signal?.throwIfAborted();
  }
  assign(weights, best);
  adam.dispose();
  return epochs;
}

/** The cycle of a resumed training: the same one up to its end, or a new one where that had ended. */
function cycleOf({ epochs, from, to }: FitState, last: number): Pick<FitState, 'from' | 'to'> {
  return { from: last > to && epochs.length >= to ? epochs.length : from, to: last };
}

/** Index of the epoch whose weights are kept. */
export function bestOf(epochs: readonly Epoch[]): number {
  let best = epochs.length - 1;
  for (let e = best; e >= 0; e--) if ((epochs[e].validLoss ?? 0) <= (epochs[best].validLoss ?? 0)) best = e;
  return epochs[best]?.validLoss === null ? epochs.length - 1 : best;
}

function exhausted(epochs: readonly Epoch[], { patience }: FitOptions): boolean {
  return patience !== undefined && epochs.length - 1 - bestOf(epochs) >= patience;
}

/** Predicted stars for pairs of rows, (N). */
export async function predictRows(network: Network, users: Int32Array, movies: Int32Array): Promise<Float32Array> {
  const out = new Float32Array(users.length);
  for (let at = 0; at < out.length; at += PREDICTED_AT_ONCE) {
    const predicted = tf.tidy(() => {
      const [u, m] = [users, movies].map((rows) => tf.tensor1d(rows.slice(at, at + PREDICTED_AT_ONCE), 'int32'));
      return network.predict(u, m);
    });
    out.set(await predicted.data(), at);
    predicted.dispose();
  }
  return out;
}

async function errors(network: Network, { users, movies, stars }: Triples, scale: Scale) {
  const predicted = await predictRows(network, users, movies);
  let [squares, clipped] = [0, 0];
  stars.forEach((actual, i) => {
    squares += (predicted[i] - actual) ** 2;
    clipped += (clamp(predicted[i], scale) - actual) ** 2;
  });
  return { validLoss: squares / stars.length, rmse: Math.sqrt(clipped / stars.length) };
}

/** Copies of the variables’ numbers. */
export async function read(variables: readonly tf.Variable[]): Promise<Float32Array[]> {
  return Promise.all(variables.map(async (variable) => Float32Array.from(await variable.data())));
}

function assign(variables: readonly tf.Variable[], values: readonly Float32Array[]): void {
  tf.tidy(() => {
    for (const [at, variable] of variables.entries()) variable.assign(tf.tensor(values[at], variable.shape));
  });
}
