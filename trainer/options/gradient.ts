import * as z from 'zod';

export const BACKENDS = ['auto', 'node-gpu', 'webgpu', 'wasm'] as const;
export const OPTIMIZERS = ['adamw', 'adam'] as const;
export const SCHEDULES = ['one-cycle', 'constant', 'warm-up'] as const;

/** Stars between which a sigmoid keeps predictions. */
const rangeSchema = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine(({ min, max }) => min < max, 'expected the lower end first');

/**
 * Settings of the models that gradients train, `dot` and `neural`. Defaults are those of fast.ai's lesson on collaborative
 * filtering (Howard & Gugger, "Deep learning for coders", ch. 8).
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
  valid: z.number().min(0).max(0.9).default(0.2).describe('share of the ratings held out to choose the best epoch by'),
  patience: z.int().min(1).optional().describe('epochs without a better one after which training ends; default none'),
  range: rangeSchema.nullable().default({ min: 0, max: 5.5 }).describe('of predicted stars, through a sigmoid'),
  bias: z.boolean().default(true).describe('biases of users and movies beside the dot product'),
  layers: z.array(z.int().min(1).max(4096)).min(1).max(8).default([100, 50]).describe('widths of the hidden layers'),
  dropout: z.number().min(0).max(0.95).default(0).describe('share of each hidden layer left out in training'),
});

export type GradientOptions = z.infer<typeof gradientSchema>;

/** Ratings a step for N training ratings: so many that an epoch has no more than some 1,500 steps. */
export function batchSizeFor(N: number, { batchSize }: Pick<GradientOptions, 'batchSize'>): number {
  return batchSize ?? 64 * Math.max(1, Math.round(N / 1e5));
}
