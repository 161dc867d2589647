import { topK } from '../../shared/math/topk.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import { scoreMovies } from '../../shared/model/score.ts';
import { passes, type Ranked, type Selection } from '../../shared/model/scorer.ts';
import type { AddedModel } from './added-model.ts';
import { type AskedStandings, openIn, type ScoredStanding, standingOf } from './standing.ts';
import { type JointLists, type JointlyRanked, jointlyBest, scaledRelevance } from './together.ts';

/** What films beside a version score, (A). Nothing is known to be watched right before them, so they gain nothing. */
export function scoresOfAdded({ model, films }: AddedModel, user: UserVectors, blend: number): Float32Array {
  const scores = new Float32Array(films.count);
  scoreMovies({ ...model, movies: films }, { ...user, added: undefined }, blend, scores);
  return scores;
}

interface Others {
  /** Scores of the films beside the version, (A). */
  readonly added: Float32Array;
  /** Row of the first of them. */
  readonly first: number;
  readonly selection: Selection;
  readonly most: number;
}

/** The best of both, equal scores in the order of rows. @param own the best of the version */
export function rankedWith(own: readonly Ranked[], { added, first, selection, most }: Others): Ranked[] {
  const mayPass = passes(selection);
  const best = topK(added, most, (film) => mayPass(first + film));
  const films = Array.from(best, (film) => ({ row: first + film, score: added[film] }));
  return [...own, ...films].sort((a, b) => b.score - a.score || a.row - b.row).slice(0, most);
}

/** `Recommender.joint` of the films beside a version alone. @param first row of the first of them */
export function jointOfAdded(
  added: AddedModel,
  { users, lists, blend, ...asked }: JointLists,
  selection: Selection,
  first: number,
): JointlyRanked[][] {
  return lists.map(({ people, factors, without }) => {
    const each = people.map((u, p) => scoresOfAdded(added, scaledRelevance(users[u], factors[p]), blend));
    const hidden = [...selection.hidden, ...without];
    return jointlyBest(each, asked, passes({ ...selection, hidden }), first);
  });
}

/** `Recommender.standingsBeside` among them. @param movie with its score in each list */
export function standingsAmongAdded(
  added: AddedModel,
  movie: { readonly row: number; readonly scores: ArrayLike<number> },
  { lists, blend, most, ...choice }: AskedStandings,
  first: number,
): ScoredStanding[] {
  const openTo = openIn(choice, added.films.count, first);
  return lists.map((list, l) => {
    const scores = scoresOfAdded(added, list.user, blend);
    const asked = { row: movie.row, score: movie.scores[l] };
    return { score: asked.score, ...standingOf(asked, most, { scores, open: openTo(list), first }) };
  });
}
