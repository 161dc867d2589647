import type { RatingModel } from '../../rating-model.ts';
import { variational } from '../../variational/index.ts';
import type { VariationalOptions } from '../../variational/settings.ts';
import { type NeuralOptions, NOTHING_HELD_OUT, neuralGroup } from '../settings.ts';

/**
 * A neural network by gradients beside the variational model. The latter makes the lists, which the network only puts into
 * another order, so this model is the variational one in all that is not said here.
 */
export const neural: RatingModel<VariationalOptions & NeuralOptions> = {
  ...variational,
  name: 'neural',
  title: 'vb with a neural network by gradients beside it',
  settings: variational.settings.extend(neuralGroup.shape),
  tested: NOTHING_HELD_OUT,
  resumes: 'when-asked',
  makesLists: false,
  async train(run, data, settings) {
    const learned = await variational.train(run, data, settings);
    const { trainNeural } = await import('./train.ts');
    return { ...learned, ...(await trainNeural(run, data, settings)) };
  },
};
