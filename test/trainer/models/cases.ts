import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import { type Artifact, openArtifact } from '../../../trainer/artifact/artifact.ts';
import type { Dataset, Movie, Ratings } from '../../../trainer/data/dataset.ts';
import { withRatings } from '../../../trainer/data/ratings.ts';
import { type Split, splitDataset } from '../../../trainer/data/split.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { measure } from '../../../trainer/evaluate/evaluate.ts';
import { biasErrors } from '../../../trainer/experiments/rivals/bias.ts';
import { ratingErrors } from '../../../trainer/math/metrics.ts';
import { MODELS } from '../../../trainer/models/index.ts';
import { type GivenOptions, optionsOf, resolveOptions } from '../../../trainer/models/options.ts';
import type { RatingModel } from '../../../trainer/models/rating-model.ts';
import type { TrainingRun, TrainingStep } from '../../../trainer/models/run.ts';
import { ownSettings } from '../../../trainer/models/setting-fields.ts';
import { planTraining } from '../../../trainer/retrain/settings.ts';
import { train } from '../../../trainer/train/train.ts';
import { datasetOf, lowRank } from '../../fixtures/datasets.ts';
import { newFolder } from '../../scripts/command.ts';

/** What a model's predictions are held against: its RMSE on the test part of a split. */
export interface Yardstick {
  readonly name: string;
  rmse(split: Split): number;
}

/** The mean with a deviation of the user and of the movie: what a model that learns taste must beat. */
export const BIASES: Yardstick = { name: 'biases', rmse: (split) => biasErrors(split).rmse };

/** The middle of the scale for everybody: what a model must beat that has only the mean. */
export const MIDDLE: Yardstick = {
  name: 'the middle of the scale',
  rmse: ({ test }) => ratingErrors(new Float64Array(test.count).fill(2.75), test.stars).rmse,
};

export interface ModelCase {
  readonly model: RatingModel;
  /** Settings under which it trains in a moment, in six sweeps or epochs at least where it has any. */
  readonly given: GivenOptions;
  readonly beats: Yardstick;
}

const FILMS = new Map(
  Array.from({ length: 60 }, (_, m): [number, Movie] => [
    m + 1,
    { movieId: m + 1, title: `Film ${m + 1}`, year: 1960 + m, genres: [m % 2 ? 'War' : 'Drama'] },
  ]),
);

/** Ratings of a known structure: two tastes, biases and some noise. */
const dataset: Dataset = datasetOf(lowRank(80, 60, 0.5, 2), FILMS);
const split = splitDataset(dataset, 'random', 0.2, 1);

/** What every rating model promises. */
export function ratingModelCases({ model, given, beats }: ModelCase): void {
  const trained = async (ratings: Ratings, changed: GivenOptions = {}, run?: TrainingRun, onStep?: Tell) => {
    const options = resolveOptions({ ...given, ...changed, model: model.name });
    return train(await openEngine('js'), withRatings(dataset, ratings), options, onStep, run);
  };

  describe(`the rating model ${model.name}`, () => {
    let folder: string;
    let artifact: Artifact;
    beforeAll(async () => {
      folder = await newFolder();
      artifact = await trained(split.train);
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('has settings with a description each, and names that no other model gives to something else', () => {
      const others = MODELS.filter((other) => other !== model).flatMap(ownSettings);
      for (const { name, field, group } of ownSettings(model)) {
        expect(field.description, name).toBeTruthy();
        for (const other of others.filter((setting) => setting.name === name)) {
          expect(other.field.description).toBe(field.description);
          expect(other.group).toBe(group);
        }
      }
    });

    it('is read back from the manifest with the settings that it was trained with', () => {
      const options = optionsOf(artifact.manifest);
      expect(options).toMatchObject(resolveOptions({ ...given, model: model.name }));
      expect(optionsOf({ config: { ...artifact.manifest.config, ofAnotherRelease: 1 } })).toEqual(options);
    });

    it('writes finite numbers only', async () => {
      const { movies, users, userPrior, newMovie, movieKinds, relevancePrior } = openArtifact(artifact);
      const { biases, factors, relevance, history, priors, factorVariances } = movies;
      const columns: [string, ArrayLike<number>][] = Object.entries({
        biases,
        factors,
        relevance,
        history,
        priors,
        factorVariances,
        newMovie,
        precision: userPrior.precision,
        constants: userPrior.constants,
        kinds: movieKinds?.weights ?? [],
        newcomer: relevancePrior.newcomer,
      });
      for await (const user of readAllUsers(users, artifact.manifest)) {
        columns.push([`user ${user.userId}`, [user.bias, ...user.factors, ...user.relevance]]);
      }
      for (const [name, values] of columns)
        expect(
          Array.from(values).filter((x) => !Number.isFinite(x)),
          name,
        ).toEqual([]);
    });

    it('writes the same bytes for the same ratings, settings and seed', async () => {
      expectSameFiles(await trained(split.train), artifact);
    });

    it(`predicts ratings that it has not seen better than ${beats.name}`, async () => {
      const { metrics } = await measure(artifact, split);
      expect(metrics.rmse).toBeLessThan(beats.rmse(split));
    });

    if (model.resumes === 'never') {
      it('keeps no state: a checkpoint is refused', async () => {
        const refused = trained(split.train, {}, { checkpoint: { folder: join(folder, 'state') } });
        await expect(refused).rejects.toMatchObject({ code: 'bad-flag', message: refusalOf('checkpoint') });
      });
    } else {
      it('comes to the same bytes after it was interrupted twice', async () => {
        const at = join(folder, 'state');
        await interrupted(1, { folder: at });
        const resume = model.resumes === 'when-asked';
        await interrupted(4, { folder: at, resume });
        expectSameFiles(await trained(split.train, {}, { checkpoint: { folder: at, resume } }), artifact);
      });
    }

    if (model.warm) {
      it('starts from an earlier version of its own, and is then as good', async () => {
        const earlier = await trained(split.train);
        const warm = await trained(split.train, model.warm, { from: earlier });
        expect(warm.manifest.config.from).toBe(earlier.manifest.version);
        const [cold, started] = [await measure(artifact, split), await measure(warm, split)];
        expect(started.metrics.rmse).toBeLessThan(1.02 * cold.metrics.rmse);
        expect(planTraining(earlier.manifest, {}, false)).toMatchObject({ warm: true, options: model.warm });
      });
    } else {
      it('starts from no earlier version: one is refused, and a retrain starts anew', async () => {
        const refused = trained(split.train, {}, { from: artifact });
        await expect(refused).rejects.toMatchObject({ code: 'bad-flag', message: refusalOf('from') });
        const plan = planTraining(artifact.manifest, {}, false);
        expect(plan).toMatchObject({ warm: false, options: resolveOptions({ ...given, model: model.name }) });
      });
    }

    it('is no start for a model of another family', async () => {
      for (const other of MODELS.filter(({ warm, family }) => warm && family !== model.family)) {
        const options = resolveOptions({ model: other.name, factors: artifact.manifest.factors });
        const refused = train(await openEngine('js'), dataset, options, undefined, { from: artifact });
        await expect(refused).rejects.toMatchObject({
          code: 'bad-flag',
          message: expect.stringContaining(`${artifact.manifest.version} was trained with --model ${model.name}`),
        });
      }
    });

    /** A training that ends in its nth sweep or epoch. */
    async function interrupted(n: number, checkpoint: TrainingRun['checkpoint']): Promise<void> {
      const controller = new AbortController();
      const reason = new Error('enough');
      let done = 0;
      const onStep = ({ step }: TrainingStep) => {
        if ((step === 'rating' || step === 'epoch') && ++done === n) controller.abort(reason);
      };
      const { signal } = controller;
      await expect(trained(split.train, {}, { checkpoint, signal }, onStep)).rejects.toBe(reason);
    }

    const refusalOf = (flag: string) =>
      expect.stringMatching(new RegExp(`^--${flag} belongs to --model .*, not to ${model.name}$`));
  });
}

type Tell = (step: TrainingStep) => void;

function expectSameFiles(one: Artifact, other: Artifact): void {
  const hashes = ({ manifest }: Artifact) => manifest.files.map(({ name, sha256 }) => [name, sha256]);
  expect(hashes(one)).toEqual(hashes(other));
}
