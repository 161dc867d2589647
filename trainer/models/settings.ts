import * as z from 'zod';
import { relevanceSettings } from './relevance/settings.ts';

/** Settings of every training, whatever its rating model: their defaults and bounds. */
export const commonSettings = z.object({
  model: z.string().describe('the rating model'),
  factors: z.int().min(1).max(127).default(63).describe('rating factors K, the bias not counted'),
  seed: z.int().min(0).max(0xffffffff).default(42).describe('seed of every random number'),
  ...relevanceSettings.shape,
  blend: z.number().min(0).max(1).default(0).describe('default weight of the rating block when ranking'),
});

export type CommonSettings = z.infer<typeof commonSettings>;
