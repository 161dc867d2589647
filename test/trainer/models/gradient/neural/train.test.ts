import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseVocabulary } from '../../../../../shared/artifact/vocabulary.ts';
import { meanStars, NEIGHBOURS, nearestUsers, networkRows } from '../../../../../shared/model/network-users.ts';
import type { Artifact } from '../../../../../trainer/artifact/artifact.ts';
import { openEngine } from '../../../../../trainer/engines/index.ts';
import { random } from '../../../../../trainer/math/random.ts';
import { openTensorflow } from '../../../../../trainer/models/gradient/backend.ts';
import { predictRows } from '../../../../../trainer/models/gradient/fit.ts';
import { neuralNetwork } from '../../../../../trainer/models/gradient/neural/network.ts';
import { neuralOnnx } from '../../../../../trainer/models/gradient/neural/onnx-graph.ts';
import { gradientSchema } from '../../../../../trainer/models/gradient/settings.ts';
import { resolveOptions } from '../../../../../trainer/models/options.ts';
import { openNeural } from '../../../../../trainer/predict/neural.ts';
import { train } from '../../../../../trainer/train/train.ts';
import { datasetOf, lowRank, ratingsOf } from '../../../../fixtures/datasets.ts';

beforeAll(() => openTensorflow('wasm'));

describe('the ONNX of a neural network', () => {
  it.each([
    { layers: [100, 50] },
    { layers: [7], range: null },
    { layers: [9, 300, 3], range: { min: 0.5, max: 5.5 }, dropout: 0.5 },
  ])('the ONNX file of a neural network %j predicts what TensorFlow.js does, within 1e-5', async (settings) => {
    const options = gradientSchema.parse(settings);
    const network = neuralNetwork([200, 150], options, random(1, 8));
    // As if trained: embeddings of a size that matters.
    for (const table of [network.users, network.movies]) table.assign(tf.mul(table, 60));
    const session = await InferenceSession.create(await neuralOnnx(network, options.range));
    expect([...session.inputNames, ...session.outputNames]).toEqual(['user', 'movie', 'stars']);
    const [users, movies] = [200, 150].map((n) => Int32Array.from({ length: 500 }, (_, i) => (i * 37) % n));
    const { stars } = await session.run({ user: new Tensor('int32', users), movie: new Tensor('int32', movies) });
    const expected = await predictRows(network, users, movies);
    expect(stars.dims).toEqual([500]);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.01);
    (stars.data as Float32Array).forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-5);
    });
  });
});

describe('an artifact with a neural network', () => {
  const PERSON = 1_000_000_005;
  const board = lowRank(70, 50, 0.5, 2);
  const ratings = ratingsOf(
    [...board.userIds.keys()].map((i) => [board.userIds[i], board.movieIds[i], board.stars[i], i]),
  );
  const rows = [...ratings.userIds.keys()].map((i): [number, number, number] => [
    ratings.userIds[i] === 70 ? PERSON : ratings.userIds[i],
    ratings.movieIds[i],
    ratings.stars[i],
  ]);
  const dataset = datasetOf(ratingsOf(rows));
  let artifact: Artifact;

  beforeAll(async () => {
    const gradient = { backend: 'wasm', epochs: 10, lr: 0.02, wd: 0.01, layers: [20, 10] } as const;
    const small = { factors: 3, sweeps: 4, relevanceFactors: 4, minRatings: 5 };
    const options = resolveOptions({
      model: 'neural',
      ...small,
      gradient: { ...gradient, layers: [...gradient.layers] },
    });
    artifact = await train(await openEngine('js'), dataset, options);
  });

  it('the artifact lists the network and its vocabulary, which has no users of the page', async () => {
    const { manifest, files } = artifact;
    expect(manifest.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['movies.arrow', 'users.arrow', 'posterior.arrow', 'neural.onnx', 'neural.json']),
    );
    expect(manifest).toMatchObject({ link: 'identity', factors: 3, config: { model: 'neural' } });
    expect(manifest.epochs).toHaveLength(10);
    const { userIds, movieIds } = parseVocabulary(new TextDecoder().decode(files.get('neural.json')));
    expect(userIds).toEqual(Array.from({ length: 69 }, (_, u) => u + 1));
    expect(movieIds).toHaveLength(50);
    expect([networkRows(userIds)(1), networkRows(userIds)(PERSON)]).toEqual([1, 0]);
  });

  it('the network predicts ratings of its users, and of a newcomer by the users of the closest taste', async () => {
    const { vocabulary, predict } = await openNeural(artifact);
    const [user, movie] = [networkRows(vocabulary.userIds), networkRows(vocabulary.movieIds)];
    const rmse = (predicted: Float32Array, stars: Float32Array) =>
      Math.sqrt(predicted.reduce((sum, value, i) => sum + (value - stars[i]) ** 2, 0) / stars.length);
    const { userIds, movieIds, stars } = dataset.ratings;
    const known = rmse(await predict(userIds.map(user), movieIds.map(movie)), stars);
    const spread = rmse(new Float32Array(stars.length).fill(stars.reduce((a, b) => a + b) / stars.length), stars);
    expect(known).toBeLessThan(0.75 * spread);

    const theirs = [...userIds.keys()].filter((i) => userIds[i] === PERSON);
    const [shown, asked] = [theirs.slice(0, -8), theirs.slice(-8)];
    const ratings = {
      movies: Int32Array.from(shown, (i) => movie(movieIds[i])),
      stars: Float32Array.from(shown, (i) => stars[i]),
    };
    const nearest = await nearestUsers(predict, vocabulary.userIds.length, ratings);
    expect(new Set(nearest).size).toBe(NEIGHBOURS);
    const answers = async (people: Int32Array) =>
      meanStars(
        predict,
        people,
        Int32Array.from(asked, (i) => movie(movieIds[i])),
      );
    const actual = Float32Array.from(asked, (i) => stars[i]);
    const nobody = await nearestUsers(predict, 69, { movies: new Int32Array(0), stars: new Float32Array(0) });
    expect([...nobody]).toEqual([0]);
    expect(rmse(await answers(nearest), actual)).toBeLessThan(rmse(await answers(nobody), actual));
  });

  it('predict says when an artifact has no network', async () => {
    const files = artifact.manifest.files.filter(({ name }) => !name.startsWith('neural'));
    await expect(openNeural({ ...artifact, manifest: { ...artifact.manifest, files } })).rejects.toMatchObject({
      code: 'bad-flag',
    });
  });
});
