import { topK } from '../../shared/math/topk.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import { scoreMovies } from '../../shared/model/score.ts';
import { passes, type Ranked, type Selection } from '../../shared/model/scorer.ts';
import type { AddedModel } from './added-model.ts';

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
