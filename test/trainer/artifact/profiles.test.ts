import { beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { topK } from '../../../shared/math/topk.ts';
import { findProfile, profileVectors } from '../../../shared/model/profiles.ts';
import { scoreMovies } from '../../../shared/model/score.ts';
import { type Artifact, openArtifact } from '../../../trainer/artifact/artifact.ts';
import { withProfiles } from '../../../trainer/artifact/profiles.ts';
import type { Movie } from '../../../trainer/data/dataset.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { kmeans } from '../../../trainer/math/kmeans.ts';
import { random, STREAMS } from '../../../trainer/math/random.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { train } from '../../../trainer/train/train.ts';
import { checkerboard, datasetOf } from '../../fixtures/datasets.ts';

describe('kmeans', () => {
  /** 30 points about each of five far corners. */
  const source = random(1, STREAMS.synthetic);
  const corners = [0, 10, 20, 30, 40].map((x) => [x, (x * 7) % 50]);
  const rows = Float64Array.from({ length: 150 * 2 }, (_, at) => corners[(at >> 1) % 5][at & 1] + source.normal());

  it('k-means finds planted clusters with any seed', () => {
    for (const seed of [1, 2, 3]) {
      const { labels, centers } = kmeans(rows, 2, { clusters: 5, seed });
      expect(new Set(labels).size).toBe(5);
      labels.forEach((label, r) => {
        expect(label).toBe(labels[r % 5]);
        expect(Math.hypot(...corners[r % 5].map((x, d) => centers[label * 2 + d] - x))).toBeLessThan(1);
      });
    }
  });

  it('k-means gives the same clusters for the same seed', () => {
    expect(kmeans(rows, 2, { clusters: 7, seed: 4 })).toEqual(kmeans(rows, 2, { clusters: 7, seed: 4 }));
  });

  it('k-means leaves clusters empty where there are fewer distinct rows', () => {
    const { labels, inertia } = kmeans(Float64Array.of(1, 1, 1, 5), 1, { clusters: 3, seed: 1 });
    expect([labels[0], labels[1], labels[2]]).toEqual(Array(3).fill(labels[0]));
    expect(labels[3]).not.toBe(labels[0]);
    expect(inertia).toBe(0);
  });
});

describe('taste profiles', () => {
  const isEven = (movieId: number) => movieId % 2 === 0;
  let trained: Artifact;
  let artifact: Artifact;

  beforeAll(async () => {
    const { rated } = checkerboard(60, 40, 0.7);
    const movies = Array.from(new Set(rated.movieIds), (movieId): [number, Movie] => [
      movieId,
      { movieId, title: `Film ${movieId}`, year: 2000, genres: isEven(movieId) ? ['Sci-Fi', 'War'] : ["Children's"] },
    ]);
    const engine = await openEngine('js', { threads: 1 });
    const options = resolveOptions({ factors: 3, relevanceFactors: 4, sweeps: 6, minRatings: 1 });
    trained = await train(engine, datasetOf(rated, new Map(movies)), options);
    await engine.close();
    artifact = await withProfiles(trained, { clusters: 2, seed: 1 });
  });

  it('profiles are the planted tastes, named by what is typical of them', () => {
    const { profiles, movies } = openArtifact(artifact);
    expect(profiles.map(({ profile }) => profile).sort()).toEqual(['childrens', 'sci-fi-war']);
    expect(profiles.map(({ users }) => users)).toEqual([30, 30]);
    for (const { profile, name, movieIds, genres } of profiles) {
      const even = profile === 'sci-fi-war';
      expect(movieIds.length).toBe(10);
      expect([...movieIds].every((movieId) => isEven(movieId) === even)).toBe(true);
      expect([...genres].sort()).toEqual(even ? ['Sci-Fi', 'War'] : ["Children's"]);
      expect(name).toContain(`: ${movies.title(movies.rowOf(movieIds[0]))}, `);
    }
  });

  it('a profile scores like a user of its taste', () => {
    const { users: _, ...model } = openArtifact(artifact);
    const scores = new Float32Array(model.movies.count);
    for (const blend of [0, 1]) {
      scoreMovies(model, profileVectors(findProfile(model.profiles, 'sci-fi-war')), blend, scores);
      const best = Array.from(topK(scores, 15), (row) => model.movies.movieIds[row]);
      expect(best.filter(isEven)).toEqual(best);
    }
  });

  it('the manifest lists the profiles file once, and the same seed gives the same file', async () => {
    const again = await withProfiles(artifact, { clusters: 2, seed: 1 });
    expect(again.manifest).toEqual(artifact.manifest);
    expect(artifact.manifest.files.map(({ name, rows }) => [name, rows]).at(-1)).toEqual([FILES.profiles, 2]);
    expect(JSON.parse(new TextDecoder().decode(artifact.files.get(FILES.manifest)))).toEqual(artifact.manifest);
  });

  it('an artifact without profiles has none, and an unknown profile name lists the known ones', () => {
    const { profiles } = openArtifact(artifact);
    expect(openArtifact(trained).profiles).toEqual([]);
    expect(() => findProfile(profiles, 'westerns')).toThrow(
      /got "westerns", expected (childrens, sci-fi-war|sci-fi-war, c)/,
    );
    expect(() => findProfile([], 'westerns')).toThrow(/expected none: the model has no profiles/);
  });

  it('there is at most one profile for every five users', async () => {
    const { profiles } = openArtifact(await withProfiles(trained, { clusters: 50, seed: 1 }));
    expect(profiles.length).toBeLessThanOrEqual(12);
    expect(profiles.reduce((sum, { users }) => sum + users, 0)).toBe(60);
    expect(new Set(profiles.map(({ profile }) => profile)).size).toBe(profiles.length);
  });
});
