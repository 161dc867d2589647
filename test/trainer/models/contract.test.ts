import { expect, it } from 'vitest';
import { MODELS } from '../../../trainer/models/index.ts';
import type { GivenOptions } from '../../../trainer/models/options.ts';
import { noTensorflow } from '../../optional-parts.ts';
import { BIASES, type ModelCase, ratingModelCases } from './cases.ts';

const small: GivenOptions = { factors: 4, relevanceFactors: 4, minRatings: 5 };
const network: GivenOptions = { backend: 'wasm', epochs: 8, lr: 0.05, wd: 0.01 };
const [vb, dot, neural] = MODELS;

const CASES: readonly ModelCase[] = [
  { model: vb, given: { ...small, sweeps: 6 }, beats: BIASES },
  { model: dot, given: { ...small, ...network }, beats: BIASES },
  { model: neural, given: { ...small, ...network, sweeps: 6, layers: [8] }, beats: BIASES },
];

CASES.filter(({ model }) => model === vb || !noTensorflow).forEach(ratingModelCases);

it('every registered rating model has its line in the contract suite', () => {
  expect(CASES.map(({ model }) => model.name)).toEqual(MODELS.map(({ name }) => name));
});
