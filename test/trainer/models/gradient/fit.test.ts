import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { random } from '../../../../trainer/math/random.ts';
import { openTensorflow } from '../../../../trainer/models/gradient/backend.ts';
import { dotNetwork } from '../../../../trainer/models/gradient/dot/network.ts';
import { bestOf, type FitState, fitEpochs, predictRows, read } from '../../../../trainer/models/gradient/fit.ts';
import type { Network } from '../../../../trainer/models/gradient/network.ts';
import { embeddingWidth, neuralNetwork } from '../../../../trainer/models/gradient/neural/network.ts';
import { Adam } from '../../../../trainer/models/gradient/optimizer.ts';
import { paceAt } from '../../../../trainer/models/gradient/schedule.ts';
import { type GradientOptions, gradientSchema } from '../../../../trainer/models/gradient/settings.ts';
import type { Epoch } from '../../../../trainer/models/run.ts';
import { lowRank } from '../../../fixtures/datasets.ts';

beforeAll(async () => {
  expect(await openTensorflow('wasm')).toMatch(/^TensorFlow.js 4\.\d+\.\d+, wasm/);
});

const scale = { min: 0.5, max: 5, step: 0.5 };
const ratings = lowRank(60, 40, 0.6, 2);
const all = {
  users: ratings.userIds.map((id) => id - 1),
  movies: ratings.movieIds.map((id) => id - 1),
  stars: ratings.stars,
};
const part = (wanted: (i: number) => boolean) => {
  const kept = [...all.stars.keys()].filter(wanted);
  return {
    users: Int32Array.from(kept, (i) => all.users[i]),
    movies: Int32Array.from(kept, (i) => all.movies[i]),
    stars: Float32Array.from(kept, (i) => all.stars[i]),
  };
};
const [train, valid] = [part((i) => i % 5 !== 0), part((i) => i % 5 === 0)];
const settings = (changes: Partial<GradientOptions> = {}) =>
  gradientSchema.parse({ epochs: 6, lr: 0.05, wd: 0.01, batchSize: 64, ...changes });
const dot = (options: GradientOptions, seed = 1) => dotNetwork([60, 40, 3], options, random(seed, 6));
const neural = (options: GradientOptions, seed = 1) => neuralNetwork([60, 40], options, random(seed, 6));

/** Derivatives of the mean of some predictions by differences, at a few weights of every variable. */
async function expectGradients(network: Network): Promise<void> {
  const [users, movies] = [tf.tensor1d([0, 5, 5, 7], 'int32'), tf.tensor1d([1, 1, 2, 39], 'int32')];
  const loss = () => tf.mean(tf.square(network.predict(users, movies))) as tf.Scalar;
  const { grads } = tf.variableGrads(loss, [...network.weights]);
  for (const weight of network.weights) {
    const gradient = await grads[weight.name].data();
    const values = Float32Array.from(await weight.data());
    const order = [...gradient.keys()].sort((a, b) => Math.abs(gradient[b]) - Math.abs(gradient[a]));
    for (const at of [...order.slice(0, 3), order.length - 1]) {
      const moved = (step: number) => {
        weight.assign(tf.tensor(values.with(at, values[at] + step), weight.shape));
        return loss().dataSync()[0];
      };
      const measured = (moved(1e-3) - moved(-1e-3)) / 2e-3; // so small that a ReLU seldom turns within it
      weight.assign(tf.tensor(values, weight.shape));
      expect(Math.abs(gradient[at] - measured)).toBeLessThan(2e-3 + 0.02 * Math.abs(measured));
    }
  }
}

describe('gradients', () => {
  it.each([{}, { bias: false }, { range: null }])(
    'gradients of the dot product %j are those of finite differences',
    (changes) => expectGradients(dot(settings(changes))),
  );

  it('gradients of the neural network are those of finite differences', () =>
    expectGradients(neural(settings({ layers: [7, 5] }))));
});

describe('the one-cycle schedule', () => {
  const pace = (epoch: number, from = 0, to = 4) => paceAt({ epoch, from, to }, { schedule: 'one-cycle', lr: 0.01 });

  it('one-cycle rises from lr / 25 over a quarter and falls to lr / 100,000, momentum the other way', () => {
    expect(pace(0)).toEqual({ rate: expect.closeTo(0.01 / 25, 12), momentum: expect.closeTo(0.95, 12) });
    expect(pace(0.5).rate).toBeCloseTo((0.01 / 25 + 0.01) / 2, 12);
    expect(pace(1)).toEqual({ rate: expect.closeTo(0.01, 12), momentum: expect.closeTo(0.85, 12) });
    expect(pace(2.5).rate).toBeCloseTo((0.01 + 1e-7) / 2, 12);
    expect(pace(4)).toEqual({ rate: expect.closeTo(1e-7, 12), momentum: expect.closeTo(0.95, 12) });
    expect(pace(5, 4, 8)).toEqual(pace(1));
  });

  it('constant keeps the rate, and warm-up rises linearly over the first epoch', () => {
    const at = (epoch: number, schedule: 'constant' | 'warm-up') =>
      paceAt({ epoch, from: 0, to: 4 }, { schedule, lr: 0.01 }).rate;
    expect([0, 3].map((epoch) => at(epoch, 'constant'))).toEqual([0.01, 0.01]);
    expect([0, 0.5, 1, 3].map((epoch) => at(epoch, 'warm-up'))).toEqual([0, 0.005, 0.01, 0.01]);
  });
});

describe('Adam', () => {
  it.each(['adamw', 'adam'] as const)('the optimizer %s makes the steps of its formula', async (optimizer) => {
    const weight = tf.variable(tf.tensor1d([1, -2, 0.5]));
    const adam = new Adam([weight], { optimizer, wd: 0.1 });
    const [w, m, v] = [
      [1, -2, 0.5],
      [0, 0, 0],
      [0, 0, 0],
    ];
    for (let step = 1; step <= 4; step++) {
      const gradient = [0.3 * step, -1, 0];
      const pace = { rate: 0.02 * step, momentum: 0.95 - 0.02 * step };
      tf.tidy(() => adam.step([tf.tensor1d(gradient)], pace));
      for (let x = 0; x < 3; x++) {
        const g = gradient[x] + (optimizer === 'adam' ? 0.1 * w[x] : 0);
        if (optimizer === 'adamw') w[x] *= 1 - pace.rate * 0.1;
        m[x] = pace.momentum * m[x] + (1 - pace.momentum) * g;
        v[x] = 0.99 * v[x] + 0.01 * g * g;
        const [mean, square] = [m[x] / (1 - pace.momentum ** step), v[x] / (1 - 0.99 ** step)];
        w[x] -= (pace.rate * mean) / (Math.sqrt(square) + 1e-5);
      }
    }
    (await weight.data()).forEach((value, x) => {
      expect(value).toBeCloseTo(w[x], 5);
    });
  });
});

describe('training', () => {
  it.each([
    ['dot', dot, {}],
    ['dot without bias and range', dot, { bias: false, range: null }],
    ['neural', neural, { layers: [16], lr: 0.02 }],
    ['neural with dropout', neural, { layers: [32, 16], dropout: 0.1, lr: 0.02 }],
  ] as const)(
    'the network %s learns more than the mean and keeps the weights of its best epoch',
    async (_, build, changes) => {
      const options = settings({
        ...changes,
        layers: 'layers' in changes ? [...changes.layers] : undefined,
        epochs: 12,
      });
      const network = build(options);
      const epochs = await fitEpochs(network, train, valid, options, { seed: 1, scale });
      const best = epochs[bestOf(epochs)];
      const mean = valid.stars.reduce((sum, stars) => sum + stars, 0) / valid.stars.length;
      const spread = valid.stars.reduce((sum, stars) => sum + (stars - mean) ** 2, 0) / valid.stars.length;
      expect(best.validLoss).toBeLessThan(0.75 * spread);
      const predicted = await predictRows(network, valid.users, valid.movies);
      const loss = predicted.reduce((sum, value, i) => sum + (value - valid.stars[i]) ** 2, 0) / predicted.length;
      expect(loss).toBeCloseTo(best.validLoss!, 5);
      if (options.range) expect(Math.max(...predicted)).toBeLessThan(5.5);
    },
  );

  it('training ends when its patience is spent and keeps the weights of the lowest loss', async () => {
    const options = settings({ schedule: 'constant', lr: 0.3, wd: 0, epochs: 60, patience: 2 });
    const epochs = await fitEpochs(dot(options), train, valid, options, { seed: 1, scale });
    const best = bestOf(epochs);
    expect(epochs.length).toBeLessThan(60);
    expect(epochs.length - 1 - best).toBe(2);
    expect(epochs[best].validLoss).toBe(Math.min(...epochs.map(({ validLoss }) => validLoss!)));
  });

  it('training that diverges says so', async () => {
    const options = settings({ range: null, lr: 1e30, schedule: 'constant' });
    await expect(fitEpochs(dot(options), train, null, options, { seed: 1, scale })).rejects.toMatchObject({
      code: 'training-diverged',
    });
  });

  it.each([
    ['one-cycle, interrupted', { schedule: 'one-cycle' }, 6],
    ['constant, for more epochs', { schedule: 'constant' }, 3],
    ['with dropout', { schedule: 'warm-up', dropout: 0.3, layers: [8] }, 3],
  ] as const)('a resumed training (%s) gets the weights of an uninterrupted one', async (_, changes, first) => {
    const options = settings({ ...changes, layers: [8] });
    const build = () => ('dropout' in changes ? neural(options) : dot(options));
    const states: FitState[] = [];
    const stop = new AbortController();
    const kept = fitEpochs(
      build(),
      train,
      valid,
      { ...options, epochs: first },
      {
        seed: 3,
        scale,
        signal: stop.signal,
        onEpoch: async ({ epoch }, state) => {
          if (epoch === 3) states.push(await state());
          if (epoch === 3 && first > 3) stop.abort(new Error('enough'));
        },
      },
    );
    await (first > 3 ? expect(kept).rejects.toThrow('enough') : kept);
    const [resumed, whole] = [build(), build()];
    const after = await fitEpochs(resumed, train, valid, options, { seed: 3, scale, resume: states[0] });
    const through = await fitEpochs(whole, train, valid, options, { seed: 3, scale });
    const plain = (epochs: readonly Epoch[]) => epochs.map(({ seconds: _, ...epoch }) => epoch);
    expect(plain(after)).toEqual(plain(through));
    expect(await read(resumed.weights)).toEqual(await read(whole.weights));
  });

  it('a finished one-cycle resumes with a new cycle', async () => {
    const options = settings({ epochs: 2 });
    let state: FitState | undefined;
    await fitEpochs(dot(options), train, valid, options, {
      seed: 1,
      scale,
      onEpoch: async (_, read) => {
        state = await read();
      },
    });
    const more = await fitEpochs(
      dot(options),
      train,
      valid,
      { ...options, epochs: 5 },
      { seed: 1, scale, resume: state },
    );
    expect(more.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    expect(more[1].rate).toBeLessThan(0.001);
    expect(more[2].rate).toBeGreaterThan(0.03);
    expect(more[4].rate).toBeLessThan(0.001);
  });
});

it("embeddings have the width of fastai's rule", () => {
  expect([10, 944, 1683, 1e6].map(embeddingWidth)).toEqual([6, 74, 103, 600]);
});
