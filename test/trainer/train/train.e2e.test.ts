import { beforeAll, expect, it } from 'vitest';
import type { StoredUser } from '../../../shared/artifact/user-batch.ts';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import type { UserVectors } from '../../../shared/model/model.ts';
import { foldIn, predictRaw } from '../../../shared/model/score.ts';
import { type Artifact, openArtifact } from '../../../trainer/artifact/artifact.ts';
import { trainedVectors } from '../../../trainer/data/by-user.ts';
import type { Dataset } from '../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { resolveOptions, type TrainingOptions } from '../../../trainer/models/options.ts';
import { train } from '../../../trainer/train/train.ts';

const options = resolveOptions({ factors: 15, relevanceFactors: 16, sweeps: 6, minRatings: 20 });
let dataset: Dataset;
let artifact: Artifact;

async function trained(engineName: string, changed: Partial<TrainingOptions> = {}): Promise<Artifact> {
  const engine = await openEngine(engineName, { threads: 2 });
  try {
    return await train(engine, dataset, { ...options, ...changed });
  } finally {
    await engine.close();
  }
}

beforeAll(async () => {
  dataset = await loadDataset('ml-latest-small-2016');
  artifact = await trained('wasm');
});

it('gives the same bytes for the same seed, other bytes for another', async () => {
  const [again, other] = [await trained('wasm'), await trained('wasm', { seed: 43 })];
  for (const name of ['movies.arrow', 'users.arrow', 'posterior.arrow']) {
    expect(Buffer.compare(artifact.files.get(name)!, again.files.get(name)!), name).toBe(0);
    expect(Buffer.compare(artifact.files.get(name)!, other.files.get(name)!), name).not.toBe(0);
  }
});

it("reproduces every stored user vector by folding in the user's training ratings", async () => {
  const { users, ...model } = openArtifact(artifact);
  const all: StoredUser[] = [];
  for await (const user of readAllUsers(users, model.manifest)) all.push(user);
  expect(all.length).toBe(671);
  let worst = 0;
  for (const user of all) {
    const folded = foldIn(model, { rows: Int32Array.from(user.movieIds, model.movies.rowOf), stars: user.stars });
    const pairs = (['factors', 'relevance'] as const).flatMap((block) =>
      Array.from(user[block], (value, x) => Math.abs(value - folded[block][x])),
    );
    worst = Math.max(worst, Math.abs(user.bias - folded.bias), ...pairs);
  }
  expect(worst).toBeLessThan(1e-3);
});

it('keeps the true time of every rating', async () => {
  const { userIds, movieIds, timestamps, count } = dataset.ratings;
  const times = new Map<string, number>();
  for (let i = 0; i < count; i++) times.set(`${userIds[i]} ${movieIds[i]}`, timestamps[i]);
  const { users, manifest } = openArtifact(artifact);
  let kept = 0;
  for await (const user of readAllUsers(users, manifest)) {
    const expected = Array.from(user.movieIds, (movieId) => times.get(`${user.userId} ${movieId}`));
    expect(Array.from(user.times)).toEqual(expected);
    kept += expected.length;
  }
  expect(kept).toBe(count);
});

it('states in the manifest what it was made of', () => {
  const { manifest } = artifact;
  expect(manifest.dataset).toMatchObject({ name: 'ml-latest-small-2016', ratings: 100_004, users: 671, movies: 9_066 });
  expect(manifest.dataset.cutoff).toBe('2016-10-16T17:57:24.000Z');
  expect(manifest.scale).toEqual({ min: 0.5, max: 5, step: 0.5 });
  expect(manifest).toMatchObject({
    engine: 'wasm',
    factors: 15,
    relevanceFactors: 16,
    config: { seed: 42, sweeps: 6 },
  });
});

it('turns factors so that leading axes carry most of what tells movies apart', () => {
  const { movies } = openArtifact(artifact);
  const energy = new Float64Array(movies.factorCount);
  movies.factors.forEach((value, at) => {
    energy[at % movies.factorCount] += value * value;
  });
  const total = energy.reduce((a, b) => a + b);
  expect(energy.subarray(0, 5).reduce((a, b) => a + b) / total).toBeGreaterThan(0.6);
});

it('agrees with the float64 reference engine on what it predicts', async () => {
  const few = { sweeps: 3, minRatings: 100 }; // the reference is slow, and its relevance model not looked at here
  const [wasm, js] = [openArtifact(await trained('wasm', few)), openArtifact(await trained('js', few))];
  const vectors = async (model: typeof wasm) => {
    const found: UserVectors[] = [];
    for await (const user of readAllUsers(model.users, model.manifest)) found.push(trainedVectors(model, user));
    return found;
  };
  const [a, b] = [await vectors(wasm), await vectors(js)];
  let worst = 0;
  for (let u = 0; u < a.length; u += 7) {
    for (let row = 0; row < wasm.movies.count; row += 13) {
      worst = Math.max(worst, Math.abs(predictRaw(wasm, a[u], row) - predictRaw(js, b[u], row)));
    }
  }
  expect(worst).toBeLessThan(0.002); // stars: 3 sweeps in float32 may round a number to the code beside the reference's
});
