import * as tf from '@tensorflow/tfjs-core';
import { FILES } from '../../../../shared/artifact/schema.ts';
import type { Vocabulary } from '../../../../shared/artifact/vocabulary.ts';
import { FIRST_PERSON } from '../../../../shared/ratings/people.ts';
import type { Scale } from '../../../../shared/ratings/rating.ts';
import { type Artifact, withFile } from '../../../artifact/artifact.ts';
import type { Dataset } from '../../../data/dataset.ts';
import { takeRatings, withRatings } from '../../../data/ratings.ts';
import { distinct } from '../../../math/ids.ts';
import { random, STREAMS } from '../../../math/random.ts';
import type { TrainingOptions } from '../../../options/training.ts';
import type { TrainingRun, TrainingStep } from '../../run.ts';
import { fitNetwork } from '../fit-network.ts';
import { neuralNetwork } from './network.ts';
import { neuralOnnx } from './onnx-graph.ts';

/**
 * Trains a neural network beside a model that is there already, and adds it to the artifact as ONNX with its vocabulary.
 * It is for everybody's browser: of people who came to the page it learns nothing.
 *
 * @throws what `openTensorflow` and `fitEpochs` throw
 */
export async function withNeural(
  artifact: Artifact,
  dataset: Dataset,
  options: TrainingOptions,
  scale: Scale,
  onStep: (step: TrainingStep) => void,
  run: Pick<TrainingRun, 'checkpoint' | 'signal'>,
): Promise<Artifact> {
  const started = performance.now();
  const gradient = options.gradient!;
  const open = openRatings(dataset);
  const [userIds, movieIds] = [distinct(open.ratings.userIds), distinct(open.ratings.movieIds)];
  const rows = { userIds: withNobody(userIds), movieIds: withNobody(movieIds) };
  const build = () =>
    neuralNetwork([rows.userIds.length, rows.movieIds.length], gradient, random(options.seed, STREAMS.weights));
  const fitted = await fitNetwork(...([open, rows, options, gradient, scale, onStep, run, build] as const));
  const { network, trained, epochs, device } = fitted;
  await averageUnseen(network.users, trained.users);
  await averageUnseen(network.movies, trained.movies);
  const onnx = await neuralOnnx(network, gradient.range);
  tf.dispose([...network.weights]);
  const vocabulary: Vocabulary = { userIds: [...userIds], movieIds: [...movieIds] };
  const { manifest } = artifact;
  const seconds = Math.round(1000 * manifest.seconds + performance.now() - started) / 1000;
  const about = { ...manifest, epochs: [...epochs], device: `${manifest.device}; neural: ${device}`, seconds };
  const count = rows.userIds.length + rows.movieIds.length;
  const held = withFile({ ...artifact, manifest: about }, FILES.network, onnx, count);
  return withFile(held, FILES.vocabulary, new TextEncoder().encode(JSON.stringify(vocabulary)), count);
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
