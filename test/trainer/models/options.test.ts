import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { modelNamed, optionsOf, resolveOptions } from '../../../trainer/models/options.ts';
import { flagOf, flagsOf } from '../../../trainer/models/setting-fields.ts';
import { planTraining } from '../../../trainer/retrain/settings.ts';
import { noTensorflow } from '../../optional-parts.ts';

/** What a version of an earlier release says of a dot product: the settings of every model, its own or not. */
const OLD_DOT: Record<string, unknown> = {
  model: 'dot',
  factors: 20,
  relevanceFactors: 64,
  sweeps: 25,
  tau: 1.4,
  seed: 7,
  minRatings: 10,
  gradient: { backend: 'wasm', epochs: 9, lr: 0.01, range: null, bias: false, layers: [100, 50], dropout: 0 },
};

describe('the options of a version', () => {
  it('of an earlier release are its model’s own settings, the rest is left out', () => {
    const options = optionsOf({ config: OLD_DOT });
    expect(options).toMatchObject({ model: 'dot', factors: 20, seed: 7, minRatings: 10, blend: 0 });
    expect(options.gradient).toMatchObject({ epochs: 9, range: null, bias: false, wd: 0.1 });
    expect(options.gradient).not.toHaveProperty('layers');
    expect(options).not.toHaveProperty('sweeps');
  });

  it('from before there was a choice of models are the default model’s', () => {
    expect(optionsOf({ config: { seed: 3, sweeps: 9 } })).toEqual(resolveOptions({ seed: 3, sweeps: 9 }));
  });

  it('of a model that this release lacks are refused by its name', () => {
    expect(() => optionsOf({ config: { model: 'transformer' } })).toThrow(
      '--model: got transformer, expected vb, dot or neural',
    );
  });
});

describe('resolved options', () => {
  it('are the same whether a group’s settings stand in it or beside it', () => {
    const inside = resolveOptions({ model: 'dot', gradient: { epochs: 3, range: null } });
    expect(resolveOptions({ model: 'dot', epochs: 3, range: null })).toEqual(inside);
    expect(resolveOptions({ model: 'dot', gradient: { range: null }, epochs: 3 })).toEqual(inside);
  });

  it('have the defaults of their model', () => {
    expect(resolveOptions()).toMatchObject({ model: 'vb', factors: 63, sweeps: 25 });
    expect(resolveOptions({ model: 'dot' })).toMatchObject({ factors: 50, gradient: { bias: true, valid: 0.2 } });
    expect(resolveOptions({ model: 'neural' })).toMatchObject({
      factors: 63,
      sweeps: 25,
      gradient: { layers: [100, 50] },
    });
  });

  it.each([
    [{ model: 'dot', sweeps: 3 }, '--sweeps belongs to --model vb and neural, not to dot'],
    [{ epochs: 3 }, '--epochs belongs to --model dot and neural, not to vb'],
    [{ model: 'neural', bias: false }, '--no-bias belongs to --model dot, not to neural'],
    [{ factors: 0 }, /factors/],
    [{ factor: 3 }, /factor/],
    [{ model: 'dot', gradient: { layers: [3] } }, /layers/],
  ])('of %j are refused', (given, message) => {
    expect(() => resolveOptions(given)).toThrow(message);
  });
});

it.skipIf(noTensorflow)('TensorFlow.js is loaded only by a training that uses it', async () => {
  const isLoaded = () => '_tfengine' in globalThis; // where tfjs-core keeps its one engine
  await import('../../../trainer/train/train.ts');
  expect(isLoaded()).toBe(false);
  await import('../../../trainer/models/gradient/dot/train.ts');
  expect(isLoaded()).toBe(true);
});

it('settings are named as their flags are', () => {
  expect(['batchSize', 'bias', 'seed'].map(flagOf)).toEqual(['batch-size', 'no-bias', 'seed']);
  expect(flagsOf(modelNamed('vb').warm!)).toBe('--sweeps 2 --subspace-steps 0');
});

describe('a retrain', () => {
  const served = (config: Record<string, unknown>) =>
    ({ version: 'v', factors: config.factors, dataset: { ratings: 1e5 }, config }) as unknown as Manifest;

  it('hands on what was tuned, not what followed from the number of ratings or from a warm start', () => {
    const config = { ...resolveOptions({ factors: 15, movieRidge: 2, sweeps: 2 }), userRidge: 2, minRatings: 10 };
    const { warm, options, twin } = planTraining(served({ ...config, from: 'earlier' }), { tau: 1 }, false);
    expect(warm).toBe(true);
    expect(options).toMatchObject({ factors: 15, movieRidge: 2, sweeps: 2, subspaceSteps: 0, tau: 1 });
    expect(options.userRidge).toBeUndefined();
    expect(options.minRatings).toBeUndefined();
    expect(twin).toMatchObject({ sweeps: 25, subspaceSteps: 3, movieRidge: 2, tau: 1.4 });
    expect(planTraining(served({ ...config, sweeps: 9 }), {}, true)).toMatchObject({
      warm: false,
      twin: { sweeps: 9 },
    });
  });

  it('of a dot product is cold, and refuses a setting that it lacks', () => {
    expect(planTraining(served(OLD_DOT), {}, false)).toMatchObject({ warm: false, options: { factors: 20, seed: 7 } });
    expect(() => planTraining(served(OLD_DOT), { sweeps: 3 }, false)).toThrow(
      /--sweeps belongs to --model vb and neural/,
    );
  });
});
