import { topK } from '../../../shared/math/topk.ts';
import { scoreMovies } from '../../../shared/model/score.ts';
import { type Artifact, openArtifact } from '../../artifact/artifact.ts';
import type { Split } from '../../data/split.ts';
import { biasBaseline } from '../../evaluate/baselines.ts';
import { testUsers } from '../../evaluate/test-users.ts';
import { mean } from '../../math/metrics.ts';
import { random, STREAMS, shuffled } from '../../math/random.ts';

/** Movies in a list, and the most users whose lists are compared. */
const K = 20;
const USERS = 200;
const SEED = 42;

/** How lists are ordered: as the Worker answers, or by predicted stars alone. */
export const ORDERS = ['served', 'stars'] as const;
export type Order = (typeof ORDERS)[number];

/** Movie ids, best first, of each user of the sample, in its order. */
export type TopLists = readonly (readonly number[])[];

export interface Recommended {
  /** Top 20 by order. */
  readonly lists: Readonly<Record<Order, TopLists>>;
  /** Median year of the movies in these lists; null where no year is known. */
  readonly medianYear: Readonly<Record<Order, number | null>>;
}

/**
 * The top 20 of a seeded sample of the test users, without the movies that they rated before. The sample is the same for
 * every artifact of a split.
 */
export async function recommended(artifact: Artifact, split: Split): Promise<Recommended> {
  const { users, ...model } = openArtifact(artifact);
  const known = await testUsers(model, users, split, biasBaseline(split.train, model.manifest.scale));
  const userIds = [...known.keys()].sort((a, b) => a - b);
  const sample = shuffled(userIds.length, random(SEED, STREAMS.sweep)).subarray(0, USERS);
  const scores = new Float32Array(model.movies.count);
  const listsBy = (blend: number) =>
    Array.from(sample, (u) => {
      const { vectors, seen } = known.get(userIds[u])!;
      scoreMovies(model, vectors, blend, scores);
      return topK(scores, K, (row) => !seen.has(row));
    });
  const rows = { served: listsBy(model.manifest.blend), stars: listsBy(1) };
  const idsOf = (lists: readonly Int32Array[]) =>
    lists.map((list) => Array.from(list, (row) => model.movies.movieIds[row]));
  const yearOf = (lists: readonly Int32Array[]) =>
    median(lists.flatMap((list) => Array.from(list, (row) => model.movies.years[row])).filter((year) => year > 0));
  return {
    lists: { served: idsOf(rows.served), stars: idsOf(rows.stars) },
    medianYear: { served: yearOf(rows.served), stars: yearOf(rows.stars) },
  };
}

/** Share of a user's list that two settings have in common, averaged over users. 1: the same movies, in any order. */
export function overlap(a: TopLists, b: TopLists): number {
  const shares = a.map((list, u) => {
    const other = new Set(b[u]);
    return list.filter((movieId) => other.has(movieId)).length / Math.max(1, list.length, other.size);
  });
  return mean(shares);
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
