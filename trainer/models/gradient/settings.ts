import * as z from 'zod';
import type { CommonSettings } from '../settings.ts';

const BACKENDS = ['auto', 'node-gpu', 'webgpu', 'wasm'] as const;
const OPTIMIZERS = ['adamw', 'adam'] as const;
const SCHEDULES = ['one-cycle', 'constant', 'warm-up'] as const;

/** Stars between which a sigmoid keeps predictions. */
const rangeSchema = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine(({ min, max }) => min < max, 'expected the lower end first');

/**
 * Settings of the models that gradients train, each of which has most of them. Defaults are those of fast.ai's lesson on
 * collaborative filtering (Howard & Gugger, "Deep learning for coders", ch. 8).
 */
export const gradientSchema = z.strictObject({
  backend: z.enum(BACKENDS).default('auto').describe('what TensorFlow.js computes with'),
  batchSize: z.int().min(1).optional().describe('ratings a step; default 64 up to 100,000 ratings, growing with them'),
  epochs: z.int().min(1).max(10_000).default(5).describe('passes over the training ratings'),
  lr: z.number().positive().default(5e-3).describe('highest learning rate'),
  wd: z.number().min(0).default(0.1).describe('weight decay'),
  optimizer: z
    .enum(OPTIMIZERS)
    .default('adamw')
    .describe('adamw decays weights apart from the gradient, adam within it'),
  schedule: z.enum(SCHEDULES).default('one-cycle').describe('of the learning rate'),
  valid: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .meta({ description: 'share of the ratings held out to choose the best epoch by', value: 'share' }),
  patience: z.int().min(1).optional().describe('epochs without a better one after which training ends; default none'),
  range: rangeSchema
    .nullable()
    .default({ min: 0, max: 5.5 })
    .describe('stars that a sigmoid keeps predictions between, or none'),
  bias: z
    .boolean()
    .default(true)
    .meta({ description: 'biases of users and movies beside the dot product', no: 'no biases beside the dot product' }),
  layers: z
    .array(z.int().min(1).max(4096))
    .min(1)
    .max(8)
    .default([100, 50])
    .describe('widths of the hidden layers, such as 100,50'),
  dropout: z
    .number()
    .min(0)
    .max(0.95)
    .default(0)
    .meta({ description: 'share of each hidden layer left out in training', value: 'share' }),
});

/** Every setting that some gradient training has. */
export type GradientOptions = z.infer<typeof gradientSchema>;
/** Those that every gradient training has. */
export type FitOptions = Omit<GradientOptions, 'bias' | 'layers' | 'dropout'>;

/** The group `gradient` of a training's options. A dot product has no layers, a neural network no biases. */
export const dotGroup = z.object({ gradient: gradientSchema.omit({ layers: true, dropout: true }).prefault({}) });
export const neuralGroup = z.object({ gradient: gradientSchema.omit({ bias: true }).prefault({}) });

export type DotOptions = CommonSettings & z.infer<typeof dotGroup>;
export type NeuralOptions = CommonSettings & z.infer<typeof neuralGroup>;

/** Of an evaluation: its test part tells the quality, so that nothing else is held out unless it is asked for. */
export const NOTHING_HELD_OUT = { valid: 0 };

/** Ratings a step for N training ratings: so many that an epoch has no more than some 1,500 steps. */
export function batchSizeFor(N: number, { batchSize }: Pick<GradientOptions, 'batchSize'>): number {
  return batchSize ?? 64 * Math.max(1, Math.round(N / 1e5));
}
