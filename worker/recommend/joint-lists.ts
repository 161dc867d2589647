import { POOL } from '../../shared/model/diversity.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import type { Selection } from '../../shared/model/scorer.ts';
import type { ServedModel } from '../wasm/served-model.ts';
import type { CutRecommender } from './cut-recommender.ts';
import { type Recommender, spreadOut } from './recommender.ts';
import { factorsOf, type JointList, type JointlyRanked, type Together } from './together.ts';

/** Lists for several people; most are the same people, of whom one would rate otherwise. */
export interface AskedJointly {
  readonly users: readonly UserVectors[];
  readonly lists: readonly Omit<JointList, 'factors'>[];
  readonly blend: number;
  readonly together: Together;
  readonly count: number;
  readonly diversity: number;
  readonly selection: Selection;
}

/** What ranks the movies of a version. */
interface Ranking {
  readonly model: ServedModel;
  readonly recommender: Recommender | CutRecommender;
  near(rows: Iterable<number>): Promise<ServedModel>;
}

/** Lists by the scores that movies have for several people, on one scale (`scaleFactors`). */
export async function jointLists(served: Ranking, asked: AskedJointly): Promise<JointlyRanked[][]> {
  const { blend, together, users, count, diversity, selection } = asked;
  const lists = await scaledLists(served, asked);
  const most = diversity > 0 ? Math.max(count, POOL) : count;
  const ranked = await served.recommender.joint({ users, lists, blend, together, count: most }, selection);
  if (diversity === 0) return ranked;
  const { vectors } = await served.near(ranked.flatMap((list) => list.slice(0, POOL).map(({ row }) => row)));
  return ranked.map((list) => spreadOut(vectors, list, count, diversity));
}

/** Brings the relevance of the people of each list to one scale. */
async function scaledLists({ model, recommender }: Ranking, { users, lists, blend }: AskedJointly) {
  if (blend === 1 || lists.every(({ people }) => people.length === 1)) {
    return lists.map((list) => ({ ...list, factors: list.people.map(() => 1) }));
  }
  const { totals } = await recommender.squares(users);
  const factors = (people: readonly number[]) =>
    factorsOf(
      people.map((p) => totals[p]),
      model.movies.count,
    );
  return lists.map((list) => ({ ...list, factors: factors(list.people) }));
}
