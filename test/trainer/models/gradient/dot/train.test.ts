import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAllUsers } from '../../../../../shared/artifact/users-file.ts';
import { NOTHING_RATED } from '../../../../../shared/model/posterior.ts';
import { foldIn, predictRating, predictRaw } from '../../../../../shared/model/score.ts';
import { type Artifact, openArtifact } from '../../../../../trainer/artifact/artifact.ts';
import { splitDataset } from '../../../../../trainer/data/split.ts';
import { openEngine } from '../../../../../trainer/engines/index.ts';
import { evaluate } from '../../../../../trainer/evaluate/evaluate.ts';
import { type GivenOptions, resolveOptions } from '../../../../../trainer/models/options.ts';
import type { TrainingRun, TrainingStep } from '../../../../../trainer/models/run.ts';
import { planTraining } from '../../../../../trainer/retrain/settings.ts';
import { train } from '../../../../../trainer/train/train.ts';
import { datasetOf, filmFile, lowRank } from '../../../../fixtures/datasets.ts';
import { newFolder } from '../../../../scripts/command.ts';

const UNRATED = { movieId: 99, title: 'Nobody saw it', year: 1990, genres: ['War'] };
const ratings = lowRank(80, 60, 0.5, 2);
const dataset = datasetOf(ratings, filmFile(ratings, [UNRATED]));
const QUICK: GivenOptions = {
  model: 'dot',
  factors: 4,
  relevanceFactors: 4,
  minRatings: 5,
  gradient: { backend: 'wasm', epochs: 8, lr: 0.05, wd: 0.01 },
};

let folder: string;
let artifact: Artifact;

async function trained(changes: GivenOptions = {}, run: TrainingRun = {}, onStep?: (step: TrainingStep) => void) {
  const engine = await openEngine('js');
  const options = resolveOptions({ ...QUICK, ...changes, gradient: { ...QUICK.gradient, ...changes.gradient } });
  return train(engine, dataset, options, onStep, run);
}

beforeAll(async () => {
  folder = await newFolder();
  artifact = await trained();
});
afterAll(() => rm(folder, { recursive: true }));

describe('a dot product that gradients trained', () => {
  it('the dot product is an artifact with a sigmoid and its range, its epochs, and the device', () => {
    const { manifest } = artifact;
    expect(manifest).toMatchObject({ link: 'sigmoid', range: { min: 0, max: 5.5 }, factors: 4 });
    expect(manifest.config).toMatchObject({ model: 'dot', gradient: { epochs: 8, valid: 0.2 } });
    expect(manifest.device).toMatch(/dot: TensorFlow\.js 4\.\d+\.\d+, wasm/);
    expect(manifest.epochs).toHaveLength(8);
    const best = Math.min(...manifest.epochs!.map(({ validLoss }) => validLoss!));
    expect(manifest.metrics.rmse).toBeLessThanOrEqual(Math.sqrt(best));
    expect(manifest.tau).toBeCloseTo(1 / best, 6);
  });

  it('the dot product stores for every user what folding in gives, and predicts within the range', async () => {
    const { users, ...model } = openArtifact(artifact);
    let [squares, count] = [0, 0];
    for await (const stored of readAllUsers(users, model.manifest)) {
      const rated = { rows: Int32Array.from(stored.movieIds, model.movies.rowOf), stars: stored.stars };
      const folded = foldIn(model, rated);
      expect(Math.abs(folded.bias - stored.bias)).toBeLessThan(1e-5);
      for (let x = 0; x < 4; x++) expect(Math.abs(folded.factors[x] - stored.factors[x])).toBeLessThan(1e-5);
      rated.rows.forEach((row, j) => {
        squares += (predictRating(model, folded, row) - rated.stars[j]) ** 2;
        count++;
      });
    }
    expect(Math.sqrt(squares / count)).toBeLessThan(0.65);
  });

  it('the dot product has its factors along their principal axes, the strongest first', async () => {
    const { movies, users, manifest } = openArtifact(artifact);
    const energies = [0, 0, 0, 0];
    const add = (factors: ArrayLike<number>) => {
      for (let at = 0; at < factors.length; at++) energies[at % 4] += factors[at] ** 2;
    };
    add(movies.factors);
    for await (const { factors } of readAllUsers(users, manifest)) add(factors);
    expect(energies).toEqual([...energies].sort((a, b) => b - a));
    expect(energies[0]).toBeGreaterThan(2 * energies[3]);
  });

  it('the dot product places a movie that nobody rated where new movies start', () => {
    const { movies, newMovie, movieKinds } = openArtifact(artifact);
    const row = movies.rowOf(99);
    expect(movieKinds?.genres).toEqual(['War']);
    const kept = [...movies.factors.subarray(row * 4, (row + 1) * 4), movies.biases[row]];
    kept.forEach((value, x) => {
      expect(value).toBeCloseTo(newMovie[x], 2); // as compact vectors round it
    });
  });

  it('the dot product gives the same bytes for the same seed, other bytes for another', async () => {
    const [again, other] = [await trained(), await trained({ seed: 7 })];
    for (const name of ['movies.arrow', 'users.arrow', 'posterior.arrow']) {
      expect(Buffer.compare(again.files.get(name)!, artifact.files.get(name)!), name).toBe(0);
    }
    expect(Buffer.compare(other.files.get('movies.arrow')!, artifact.files.get('movies.arrow')!)).not.toBe(0);
  });

  it('the dot product without a range has the identity response, and refuses a range without the mean rating', async () => {
    const plain = await trained({ gradient: { range: null, bias: false, wd: 0 } });
    expect(plain.manifest.link).toBe('identity');
    expect(plain.manifest.range).toBeUndefined();
    const model = openArtifact(plain);
    const nobody = foldIn(model, NOTHING_RATED);
    expect(predictRating(model, nobody, 3)).toBe(Math.min(5, Math.max(0.5, predictRaw(model, nobody, 3))));
    await expect(trained({ gradient: { range: { min: 4, max: 5 } } })).rejects.toMatchObject({ code: 'bad-flag' });
  });

  it('the dot product resumes for more epochs and gets the bytes of an uninterrupted training', async () => {
    const at = join(folder, 'state');
    const gradient = { schedule: 'constant', lr: 0.01 } as const;
    await trained({ gradient: { ...gradient, epochs: 3 } }, { checkpoint: { folder: at } });
    await expect(trained({ gradient }, { checkpoint: { folder: at } })).rejects.toThrow(/holds a training already/);
    const steps: TrainingStep[] = [];
    const more = await trained({ gradient }, { checkpoint: { folder: at, resume: true } }, (step) => steps.push(step));
    expect(steps).toContainEqual({ step: 'resume-epochs', epoch: 3, epochs: 8 });
    expect(steps.filter(({ step }) => step === 'epoch')).toHaveLength(5);
    const whole = await trained({ gradient });
    for (const name of ['movies.arrow', 'users.arrow', 'posterior.arrow']) {
      expect(Buffer.compare(more.files.get(name)!, whole.files.get(name)!), name).toBe(0);
    }
    const other = trained({ gradient: { ...gradient, lr: 0.02 } }, { checkpoint: { folder: at, resume: true } });
    await expect(other).rejects.toThrow('lr: got 0.01, expected 0.02');
    const none = trained({ gradient }, { checkpoint: { folder: join(folder, 'none'), resume: true } });
    await expect(none).rejects.toThrow(/holds no training to go on from/);
  });

  it('a retrain trains the dot product by gradients, and no variational training can start from it', async () => {
    const plan = planTraining(artifact.manifest, {}, false);
    expect(plan).toMatchObject({ warm: false, options: { model: 'dot', factors: 4, gradient: { epochs: 8 } } });
    const variational = train(await openEngine('js'), dataset, resolveOptions({ factors: 4 }), undefined, {
      from: artifact,
    });
    await expect(variational).rejects.toThrow(
      /was trained with --model dot \(dot product by gradients\), expected vb or neural$/,
    );
  });

  it('the dot product predicts held-out ratings better than biases do', async () => {
    const split = splitDataset(dataset, 'random', 0.2, 1);
    const engine = await openEngine('js');
    const options = resolveOptions({ ...QUICK, gradient: { ...QUICK.gradient, valid: 0 } });
    const { metrics, baselines } = await evaluate(engine, dataset, split, options);
    expect(metrics.rmse).toBeLessThan(0.9 * baselines.bias.rmse);
  });
});
