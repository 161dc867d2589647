import { dot } from './gradient/dot/index.ts';
import { neural } from './gradient/neural/index.ts';
import type { RatingModel } from './rating-model.ts';
import { variational } from './variational/index.ts';

/** The models of ratings; the first is the default. */
export const MODELS: readonly RatingModel[] = [variational, dot, neural];
