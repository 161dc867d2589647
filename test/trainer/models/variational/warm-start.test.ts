import { describe, expect, it } from 'vitest';
import { readAllUsers } from '../../../../shared/artifact/users-file.ts';
import { openArtifact } from '../../../../trainer/artifact/artifact.ts';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { withRatings } from '../../../../trainer/data/ratings.ts';
import { splitDataset } from '../../../../trainer/data/split.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { fitRelevance, type RelevanceOptions } from '../../../../trainer/models/relevance/next-watch.ts';
import { outputOf } from '../../../../trainer/models/relevance/train.ts';
import { WARM_DEFAULTS, warmStart } from '../../../../trainer/models/variational/warm-start.ts';
import { datasetOf, lowRank, ratingsOf } from '../../../fixtures/datasets.ts';
import { inFormat3 } from '../../../fixtures/format-3.ts';
import { most, rmse, trained } from './warm-trainings.ts';

describe('a training that starts from an earlier model', () => {
  it('a warm start needs a twelfth of the sweeps also where covariances are diagonals', async () => {
    const dataset = datasetOf(lowRank(150, 120, 0.5));
    const { train: known, test } = splitDataset(dataset, 'random', 0.2, 1);
    const options = { factors: 4, relevanceFactors: 4, fullCovarianceUpTo: 0 };
    const earlier = await trained(withRatings(dataset, most(known)), options);
    const data = withRatings(dataset, known);
    const [cold, warm] = [await trained(data, options), await trained(data, { ...WARM_DEFAULTS, ...options }, earlier)];
    expect(await rmse(warm, test)).toBeLessThan((await rmse(cold, test)) + 0.002); // 1,800 test ratings
  });

  it('a warm start finds movies by id whatever their rows, and learns new movies and users', async () => {
    const ratings = lowRank(150, 120, 0.5);
    const options = { factors: 4, relevanceFactors: 4 };
    const earlier = await trained(datasetOf(ratings), options);
    // Movie 0 comes before all others, movie 500 after them; user 1000 is new.
    const rows = Array.from({ length: ratings.count }, (_, i) => i).map(
      (i) => [ratings.userIds[i], ratings.movieIds[i], ratings.stars[i], ratings.timestamps[i]] as const,
    );
    for (let u = 1; u <= 100; u++) rows.push([u, 0, 5, 2e9], [u, 500, 1, 2e9]);
    for (let m = 1; m <= 20; m++) rows.push([1000, m, 4, 2e9]);
    const data = datasetOf(ratingsOf(rows));
    const warm = await trained(data, { ...options, sweeps: 1 }, earlier);
    const cold = await trained(data, options);
    const { users, movies } = openArtifact(warm);
    expect([movies.rowOf(0), movies.rowOf(1), movies.rowOf(500)]).toEqual([0, 1, movies.count - 1]);
    expect(movies.biases[0]).toBeGreaterThan(movies.biases[movies.count - 1] + 2);
    const ids: number[] = [];
    for await (const user of readAllUsers(users, warm.manifest)) ids.push(user.userId);
    expect(ids).toContain(1000);
    // A movie in another's row would take many sweeps to find out.
    expect(await rmse(warm, data.ratings)).toBeLessThan((await rmse(cold, data.ratings)) + 0.02);
  });

  it('a warm start takes nothing for movies that the earlier model lacks', async () => {
    const earlier = await trained(datasetOf(lowRank(60, 40, 0.5)), { factors: 4, relevanceFactors: 5 });
    const movieIds = Int32Array.of(0, 1, 40, 41);
    const { rows } = warmStart(earlier, movieIds, { factors: 4 });
    expect([...rows]).toEqual([-1, 0, 39, -1]);
    const output = outputOf(earlier, movieIds, 3)!;
    expect([...output.subarray(0, 3), ...output.subarray(9)]).toEqual(new Array(6).fill(0));
    expect(output.subarray(3, 6).some((value) => value !== 0)).toBe(true);
    expect(outputOf(earlier, movieIds, 4)).toBeUndefined();
  });

  it('a warm start takes from a version of format 3 what it takes from one of today', async () => {
    const options = { factors: 4, relevanceFactors: 4 };
    const data = datasetOf(lowRank(60, 40, 0.5));
    const earlier = await trained(data, options);
    const old = await inFormat3(earlier.manifest, earlier.files);
    expect(old.manifest.formatVersion).toBe(3);
    const [warm, again] = [await trained(data, options, earlier), await trained(data, options, old)];
    expect(openArtifact(again).movies.relevance).toEqual(openArtifact(warm).movies.relevance);
    expect(again.manifest.formatVersion).toBe(4);
  });

  it('a warm start with another number of factors is refused with both numbers', async () => {
    const data = datasetOf(lowRank(60, 40, 0.5));
    const earlier = await trained(data, { factors: 4, relevanceFactors: 4 });
    await expect(trained(data, { factors: 5, relevanceFactors: 4 }, earlier)).rejects.toMatchObject({
      code: 'bad-flag',
      message: `--factors: got 5, expected 4, the factors of ${earlier.manifest.version}, which training starts from`,
    });
    const wider = await trained(data, { factors: 4, relevanceFactors: 6 }, earlier);
    expect(openArtifact(wider).movies.relevance.some((value) => value !== 0)).toBe(true);
  });
});

it('a warm start without subspace steps keeps the relevance subspace of the earlier model', async () => {
  const { byUser } = indexRatings(lowRank(80, 40, 0.6));
  const options: RelevanceOptions = {
    relevanceFactors: 6,
    seed: 1,
    nextRidge: 3,
    easeRidge: 10,
    minRatings: 1,
    relevanceMovies: 40,
    subspaceSteps: 40,
    nextFactors: 6,
    history: [{ decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 }],
    rows: { first: 5, step: 10 },
    window: 20,
    windowShare: 0.25,
    nextShare: 0,
  };
  const engine = await openEngine('js');
  const { output } = (await fitRelevance(engine, byUser, options)).relevance;
  const again = await fitRelevance(engine, byUser, { ...options, subspaceSteps: 0, start: output });
  const anew = await fitRelevance(engine, byUser, { ...options, subspaceSteps: 0 });
  const [stays, strays] = [again, anew].map(({ relevance }) => distance(output, relevance.output, 6));
  expect(stays).toBeLessThan(1e-4);
  expect(strays).toBeGreaterThan(100 * stays);
});

/** Largest difference between the projections V Vᵀ of two blocks of orthonormal columns, (M, E). */
function distance(a: Float32Array, b: Float32Array, E: number): number {
  const M = a.length / E;
  let worst = 0;
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < M; j++) {
      let difference = 0;
      for (let e = 0; e < E; e++) difference += a[i * E + e] * a[j * E + e] - b[i * E + e] * b[j * E + e];
      worst = Math.max(worst, Math.abs(difference));
    }
  }
  return worst;
}
