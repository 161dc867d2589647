import { createHash } from 'node:crypto';
import type { Scale } from '../../../shared/ratings/rating.ts';
import type { Dataset, Ratings } from '../../data/dataset.ts';
import type { RatingMatrix } from '../../data/rating-matrix.ts';
import { splitDataset } from '../../data/split.ts';
import { rowsOf } from '../../math/ids.ts';
import type { ModelRun } from '../rating-model.ts';
import type { Epoch } from '../run.ts';
import type { TrainingIdentity } from '../state-file.ts';
import { openTensorflow } from './backend.ts';
import { keepFits } from './checkpoint.ts';
import { bestOf, fitEpochs } from './fit.ts';
import type { Network } from './network.ts';
import { batchSizeFor, type FitOptions, gradientSchema } from './settings.ts';
import type { Triples } from './train-epoch.ts';

/** A network trained on a data set. */
export interface FittedNetwork<N extends Network> {
  readonly network: N;
  /** What it was trained on: without the held-out ratings. */
  readonly trained: Triples;
  readonly epochs: readonly Epoch[];
  /** The one whose weights were kept. */
  readonly best: Epoch;
  /** What TensorFlow.js computed with. */
  readonly device: string;
}

/** A network to train, and on what. */
export interface NetworkTraining<N extends Network> {
  readonly dataset: Dataset;
  readonly scale: Scale;
  /** Ids of the network's rows. */
  readonly rows: Pick<RatingMatrix, 'userIds' | 'movieIds'>;
  readonly seed: number;
  readonly options: FitOptions;
  /** What tells the network from others of these options, in its checkpoint. */
  readonly identity: TrainingIdentity;
  /** Makes it once TensorFlow.js knows what to compute with. */
  build(): N;
}

/** Holds out a part of the ratings, trains the network on the rest, and tells of every epoch. */
export async function fitNetwork<N extends Network>(
  { onStep, checkpoint, signal }: Pick<ModelRun, 'onStep' | 'checkpoint' | 'signal'>,
  { dataset, scale, rows, seed, options, identity, build }: NetworkTraining<N>,
): Promise<FittedNetwork<N>> {
  const { train, valid } = holdOut(dataset, options.valid, seed);
  const device = await openTensorflow(options.backend, batchSizeFor(train.count, options));
  onStep({ step: 'backend', device });
  const network = build();
  const keeper =
    checkpoint &&
    (await keepFits(checkpoint, {
      ...settingsThatDecide(options),
      ...identity,
      seed,
      device,
      'data sha256': dataset.sha256,
      'ratings sha256': createHash('sha256')
        .update(dataset.ratings.userIds)
        .update(dataset.ratings.movieIds)
        .digest('hex'),
    }));
  const { resume } = keeper ?? {};
  if (resume) onStep({ step: 'resume-epochs', epoch: resume.epochs.length, epochs: options.epochs });
  const trained = triples(train, rows);
  const epochs = await fitEpochs(network, trained, valid && triples(valid, rows), options, {
    seed,
    scale,
    resume,
    signal,
    onEpoch: async (epoch, state) => {
      onStep({ step: 'epoch', ...epoch, epochs: options.epochs });
      await keeper?.keep(await state());
    },
  });
  return { network, trained, epochs, best: epochs[bestOf(epochs)], device };
}

/**
 * Settings that a training that goes on must share: all but how long it goes, and what computes it. What a network lacks
 * stands at its default.
 */
function settingsThatDecide(options: FitOptions): TrainingIdentity {
  const { epochs: _, patience: __, backend: ___, range, layers, batchSize, ...rest } = gradientSchema.parse(options);
  return {
    ...rest,
    bias: String(rest.bias),
    batchSize: batchSize ?? null,
    layers: layers.join(),
    range: range ? `${range.min},${range.max}` : null,
  };
}

function holdOut(dataset: Dataset, share: number, seed: number): { train: Ratings; valid: Ratings | null } {
  if (share === 0) return { train: dataset.ratings, valid: null };
  const { train, test } = splitDataset(dataset, 'random', share, seed);
  return train.count > 0 && test.count > 0 ? { train, valid: test } : { train: dataset.ratings, valid: null };
}

function triples({ userIds, movieIds, stars }: Ratings, rows: Pick<RatingMatrix, 'userIds' | 'movieIds'>): Triples {
  return { users: rowsOf(userIds, rows.userIds), movies: rowsOf(movieIds, rows.movieIds), stars };
}
