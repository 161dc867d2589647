import { optionalPart } from '../../../optional-part.ts';
import type { RatingModel } from '../../rating-model.ts';
import { factorizationMemory } from '../../variational/memory.ts';
import { type DotOptions, dotGroup, NOTHING_HELD_OUT } from '../settings.ts';

/** A dot product with biases that gradients train, served through a prior that is learned from its users. */
export const dot: RatingModel<DotOptions> = {
  name: 'dot',
  title: 'dot product by gradients',
  settings: dotGroup,
  defaults: { factors: 50 }, // as in the posts that it follows
  tested: NOTHING_HELD_OUT,
  family: 'dot',
  resumes: 'when-asked',
  makesLists: true,
  // Weights, the best ones, a gradient and two averages take no more than a factorisation's tables.
  memory: (question) => factorizationMemory({ ...question, covariances: false }),
  async train(run, data, settings) {
    const { trainDot } = await optionalPart('TensorFlow.js', () => import('./train.ts'));
    return trainDot(run, data, settings);
  },
};
