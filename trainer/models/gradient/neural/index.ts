import { optionalPart } from '../../../optional-part.ts';
import type { ModelRun, RatingModel } from '../../rating-model.ts';
import type { CheckpointSettings, TrainingStep } from '../../run.ts';
import { variational } from '../../variational/index.ts';
import type { VariationalOptions } from '../../variational/settings.ts';
import { holdsFit } from '../checkpoint.ts';
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
    const { trainNeural } = await optionalPart('TensorFlow.js', () => import('./train.ts'));
    let goesOn = false;
    const onStep = (step: TrainingStep) => {
      if (step.step === 'resume') goesOn = true;
      run.onStep(step);
    };
    const learned = await variational.train({ ...run, onStep }, data, settings);
    const checkpoint = goesOn ? await stateOfNetwork(run) : run.checkpoint;
    return { ...learned, ...(await trainNeural({ ...run, checkpoint }, data, settings)) };
  },
};

/** Of a training that was interrupted before its network began, the network has no state to go on from. */
async function stateOfNetwork({ checkpoint }: ModelRun): Promise<CheckpointSettings | undefined> {
  return checkpoint && { ...checkpoint, resume: checkpoint.resume && (await holdsFit(checkpoint.folder)) };
}
