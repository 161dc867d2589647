import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../../../shared/model/model.ts';
import { openArtifact, readArtifact } from '../../../../trainer/artifact/artifact.ts';
import { random, STREAMS, shuffled } from '../../../../trainer/math/random.ts';
import { baselinesOn } from '../../../../trainer/retrain/verdict/baselines.ts';
import { type Comparison, compareModels } from '../../../../trainer/retrain/verdict/compare.ts';
import { DEFAULT_MARGINS, objections } from '../../../../trainer/retrain/verdict/verdict.ts';
import { ratingsOf } from '../../../fixtures/datasets.ts';
import { groupOfMovie, groupOfUser, MOVIES, movieIdOf, USERS, userIdOf } from '../../../fixtures/groups.ts';

const FIXTURE = join(import.meta.dirname, '../../../fixtures/artifact');

/** People of the planted world: each rates 12 movies and is asked about 12 others. */
function questions() {
  const part = (from: number) =>
    ratingsOf(
      Array.from({ length: USERS }, (_, u) => userIdOf(u)).flatMap((userId) =>
        Array.from({ length: 12 }, (_, j) => movieIdOf((from + 7 * j + userId) % MOVIES)).map(
          (movieId) => [userId, movieId, groupOfMovie(movieId) === groupOfUser(userId) ? 5 : 1, 1] as const,
        ),
      ),
    );
  return { shown: part(0), test: part(3) };
}

/** The same model with its movies' vectors dealt out to other movies. */
function confused(model: Model): Model {
  const { movies } = model;
  const order = shuffled(movies.count, random(1, STREAMS.synthetic));
  const dealt = (values: Float32Array, width: number) => {
    const out = new Float32Array(values.length);
    order.forEach((from, to) => {
      out.set(values.subarray(from * width, (from + 1) * width), to * width);
    });
    return out;
  };
  return {
    ...model,
    movies: {
      ...movies,
      factors: dealt(movies.factors, movies.factorCount),
      relevance: dealt(movies.relevance, movies.relevanceCount),
    },
  };
}

describe('compareModels', () => {
  it('finds the better model better beyond chance, as champion and as challenger', async () => {
    const model = openArtifact(await readArtifact(FIXTURE));
    const { shown, test } = questions();
    const worse = compareModels([{ shown, test }], model, confused(model));
    const better = compareModels([{ shown, test }], confused(model), model);
    expect(worse.ratings).toBe(test.count);
    expect(worse.champion).toEqual(better.challenger);
    expect(worse.rmseIncrease.value).toBeCloseTo(worse.challenger.rmse - worse.champion.rmse, 10);
    expect(worse.rmseIncrease.value).toBeGreaterThan(5 * worse.rmseIncrease.error!);
    expect(better.rmseIncrease.value).toBeCloseTo(-worse.rmseIncrease.value, 10);
    expect(worse.ndcgDrop.value).toBeCloseTo(1 - worse.challenger['ndcg@10'] / worse.champion['ndcg@10'], 6);
    expect(objections({ test: worse }, DEFAULT_MARGINS)).toHaveLength(2);
    expect(objections({ test: better }, DEFAULT_MARGINS)).toEqual([]);
  });

  it('finds no difference between a model and itself', async () => {
    const model = openArtifact(await readArtifact(FIXTURE));
    const { shown, test } = questions();
    const { rmseIncrease, ndcgDrop } = compareModels([{ shown, test }], model, model);
    expect([rmseIncrease, ndcgDrop]).toEqual([
      { value: 0, error: 0 },
      { value: 0, error: 0 },
    ]);
  });
});

describe('baselinesOn', () => {
  it('measures damped means and the most liked movies on the test ratings alone', async () => {
    const model = openArtifact(await readArtifact(FIXTURE));
    const { shown, test } = questions();
    const { bias, popularity } = baselinesOn(() => [{ shown, test }], model);
    const { rmse, 'ndcg@10': ndcg } = compareModels([{ shown, test }], model, model).champion;
    expect(bias.rmse).toBeGreaterThan(rmse); // groups like other movies, which means cannot know
    expect(bias.rmse).toBeLessThan(2.5);
    expect(popularity['ndcg@10']).toBeLessThan(ndcg);
  });

  it('finds nothing to hit where the most liked movies are known already', async () => {
    const model = openArtifact(await readArtifact(FIXTURE));
    const [first, second] = [movieIdOf(0), movieIdOf(1)];
    const shown = ratingsOf([
      [userIdOf(0), first, 5, 1],
      [userIdOf(1), first, 5, 1],
      [userIdOf(1), second, 4, 1],
    ]);
    const asked = (movieId: number) => ratingsOf([[userIdOf(0), movieId, 5, 2]]);
    const ndcg = (movieId: number) => baselinesOn(() => [{ shown, test: asked(movieId) }], model).popularity['ndcg@10'];
    expect(ndcg(second)).toBe(1); // the most liked of those that the user has not seen
    expect(ndcg(first)).toBe(0);
  });
});

describe('objections', () => {
  const quality = { rmse: 0.9, mae: 0.7, 'ndcg@10': 0.2, 'recall@20': 0.2, users: 9 };
  const found = (rmse: Comparison['rmseIncrease'], ndcg: Comparison['ndcgDrop']) => {
    const one: Comparison = { ratings: 9, champion: quality, challenger: quality, rmseIncrease: rmse, ndcgDrop: ndcg };
    return objections({ newest: one, 'hold-out': null }, { maxRmseIncrease: 0.005, maxNdcgDrop: 0.01 });
  };
  const none = { value: 0, error: 0 };

  it.each([
    ['within the margin', { value: 0.005, error: 0.001 }, 0],
    ['beyond the margin and beyond chance', { value: 0.0051, error: 0.001 }, 1],
    ['beyond the margin, perhaps by chance', { value: 0.02, error: 0.01 }, 0],
    ['beyond the margin by as much as chance hardly does', { value: 0.021, error: 0.01 }, 1],
    ['of a single rating, from which nothing follows', { value: 2, error: null }, 0],
    ['not worse but better', { value: -0.1, error: 0.001 }, 0],
  ])('counts an RMSE that is %s: %j', (_, difference, count) => {
    expect(found(difference, none)).toHaveLength(count);
  });

  it('names the ratings and the figures', () => {
    expect(found(none, { value: 0.3, error: 0.01 })).toEqual(['newest: NDCG@10 0.2000 against 0.2000']);
  });
});
