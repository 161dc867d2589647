import * as tf from '@tensorflow/tfjs-core';
import { random, STREAMS, shuffled, threefry } from '../../math/random.ts';
import type { Network } from './network.ts';
import type { Adam } from './optimizer.ts';
import { type Pace, paceAt } from './schedule.ts';
import { batchSizeFor, type FitOptions } from './settings.ts';

/** Ratings by rows of users and movies instead of ids. */
export interface Triples {
  readonly users: Int32Array; // (N)
  readonly movies: Int32Array; // (N)
  readonly stars: Float32Array; // (N)
}

/** Steps after which training waits for the device, so that its queue stays short. */
const QUEUED = 50;

interface EpochPlan {
  readonly epoch: number;
  /** Epochs at which the cycle of the learning rate begins and ends. */
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

/** One pass over the ratings, in an order of its own. Returns the mean loss of its steps, and the last learning rate. */
export async function trainEpoch(
  network: Network,
  adam: Adam,
  ratings: Triples,
  options: FitOptions,
  { epoch, from, to, seed }: EpochPlan,
): Promise<{ loss: number; rate: number }> {
  const count = ratings.stars.length;
  const [orderSeed, dropoutSeed] = [STREAMS.epochs, STREAMS.dropout].map(
    (stream) => threefry(seed, stream, epoch, 0)[0],
  );
  const order = shuffled(count, random(orderSeed, STREAMS.epochs));
  const batch = Math.min(count, batchSizeFor(count, options));
  const steps = Math.floor(count / batch);
  const total = tf.variable(tf.scalar(0), false);
  let rate = 0;
  for (let step = 0; step < steps; step++) {
    const pace = paceAt({ epoch: epoch + step / steps, from, to }, options);
    rate = pace.rate;
    tf.tidy(() => {
      const some = pick(ratings, order.subarray(step * batch, (step + 1) * batch));
      total.assign(tf.add(total, trainStep(network, adam, some, pace, dropoutSeed + 16 * step)));
    });
    if (step % QUEUED === QUEUED - 1) await total.data();
  }
  const [sum] = await total.data();
  total.dispose();
  return { loss: sum / steps, rate };
}

function pick({ users, movies, stars }: Triples, positions: Int32Array): Triples {
  return {
    users: positions.map((i) => users[i]),
    movies: positions.map((i) => movies[i]),
    stars: Float32Array.from(positions, (i) => stars[i]),
  };
}

/** A step of the optimizer on one batch. Returns the batch's mean squared error from before it. */
function trainStep(
  network: Network,
  adam: Adam,
  { users, movies, stars }: Triples,
  pace: Pace,
  seed: number,
): tf.Scalar {
  const [userRows, movieRows] = [users, movies].map((rows) => tf.tensor1d(rows, 'int32'));
  const answers = tf.tensor1d(stars);
  const loss = () => tf.mean(tf.square(tf.sub(network.predict(userRows, movieRows, seed), answers))) as tf.Scalar;
  const { value, grads } = tf.variableGrads(loss, [...network.weights]);
  adam.step(
    network.weights.map(({ name }) => grads[name]),
    pace,
  );
  return value;
}
