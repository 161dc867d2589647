import * as tf from '@tensorflow/tfjs-core';
import { FILES } from '../../../../shared/artifact/schema.ts';
import type { Vocabulary } from '../../../../shared/artifact/vocabulary.ts';
import { FIRST_PERSON } from '../../../../shared/ratings/people.ts';
import type { Dataset } from '../../../data/dataset.ts';
import { takeRatings, withRatings } from '../../../data/ratings.ts';
import { distinct } from '../../../math/ids.ts';
import { random, STREAMS } from '../../../math/random.ts';
import type { Learned } from '../../learned.ts';
import type { ModelRun, RatingData } from '../../rating-model.ts';
import { fitNetwork } from '../fit-network.ts';
import type { NeuralOptions } from '../settings.ts';
import { neuralNetwork } from './network.ts';
import { neuralOnnx } from './onnx-graph.ts';

/**
 * Trains a neural network, as ONNX with its vocabulary. It is for everybody's browser: of people who came to the page it
 * learns nothing.
 *
 * @throws what `openTensorflow` and `fitEpochs` throw
 */
export async function trainNeural(
  run: ModelRun,
  { dataset, scale }: Pick<RatingData, 'dataset' | 'scale'>,
  { seed, gradient }: NeuralOptions,
): Promise<Required<Pick<Learned, 'epochs' | 'device' | 'files'>>> {
  const open = openRatings(dataset);
  const [userIds, movieIds] = [distinct(open.ratings.userIds), distinct(open.ratings.movieIds)];
  const rows = { userIds: withNobody(userIds), movieIds: withNobody(movieIds) };
  const count = rows.userIds.length + rows.movieIds.length;
  const { network, trained, epochs, device } = await fitNetwork(run, {
    dataset: open,
    scale,
    rows,
    seed,
    options: gradient,
    identity: { model: 'neural', factors: null },
    build: () => neuralNetwork([rows.userIds.length, rows.movieIds.length], gradient, random(seed, STREAMS.weights)),
  });
  await averageUnseen(network.users, trained.users);
  await averageUnseen(network.movies, trained.movies);
  const onnx = await neuralOnnx(network, gradient.range);
  tf.dispose([...network.weights]);
  const vocabulary: Vocabulary = { userIds: [...userIds], movieIds: [...movieIds] };
  return {
    epochs,
    device,
    files: [
      { name: FILES.network, bytes: onnx, rows: count },
      { name: FILES.vocabulary, bytes: new TextEncoder().encode(JSON.stringify(vocabulary)), rows: count },
    ],
  };
}

function openRatings(dataset: Dataset): Dataset {
  const { ratings } = dataset;
  const open = [...ratings.userIds.keys()].filter((i) => ratings.userIds[i] < FIRST_PERSON);
  return open.length === ratings.count ? dataset : withRatings(dataset, takeRatings(ratings, open));
}

/** Row 0 is nobody's: an id that is none stands there. */
function withNobody(ids: Int32Array): Int32Array {
  return Int32Array.of(-1, ...ids);
}

/** Rows that no step has seen, nobody's among them, become the average of the others. */
async function averageUnseen(table: tf.Variable<tf.Rank.R2>, seen: Int32Array): Promise<void> {
  const [rows, width] = table.shape;
  const values = Float32Array.from(await table.data());
  const known = new Set(seen);
  const average = new Float64Array(width);
  for (const row of known) for (let x = 0; x < width; x++) average[x] += values[row * width + x] / known.size;
  for (let row = 0; row < rows; row++) if (!known.has(row)) values.set(average, row * width);
  tf.tidy(() => table.assign(tf.tensor2d(values, [rows, width])));
}
