import { rowFilter } from '../../shared/filters/select.ts';
import { topK } from '../../shared/math/topk.ts';
import type { Catalogue, UserVectors } from '../../shared/model/model.ts';
import type { Ordering } from '../../shared/model/ordering.ts';
import { scoreMovies } from '../../shared/model/score.ts';
import type { AddedModel } from '../recommend/added-model.ts';
import { saneScore } from '../recommend/sane.ts';
import type { Taste } from '../recommend/taste.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { movieAt, predictedRating, type Recommendation, rounded } from './answers.ts';
import type { AskedChoice } from './choice.ts';
import { rowOfOwnId } from './own-id.ts';

/** A list that films beside the version may stand in. */
interface AddedTo {
  readonly vectors: UserVectors;
  readonly ordering: Ordering;
  readonly taste: Taste;
  readonly asked: AskedChoice & { readonly rated: 'hide' | 'show' };
}

/** The films beside the version that a list may have, the best `count`, as its items. */
export function addedItems({ model }: AddedModel, { vectors, ordering, taste, asked }: AddedTo, count: number) {
  const { movies } = model;
  const scores = new Float32Array(movies.count);
  scoreMovies(model, vectors, ordering.blend, scores);
  const met = asked.rated === 'hide' ? taste.met : undefined;
  const seen = new Set(asked.seen);
  const candidates = asked.candidates && new Set(asked.candidates);
  const passes = rowFilter(movies, asked);
  const accept = (row: number) => {
    const movieId = movies.movieIds[row];
    return !met?.has(movieId) && !seen.has(movieId) && (candidates?.has(movieId) ?? true) && passes(row);
  };
  return Array.from(topK(scores, count, accept), (row): Recommendation => {
    const score = rounded(saneScore(scores[row], model.manifest));
    return { ...movieAt(movies, row), predictedRating: predictedRating(model, vectors, row), score };
  });
}

/** Both lists as one: an added film comes before the first of the others that scores less. */
export function merged<T extends { readonly score: number }>(others: readonly T[], added: readonly T[]): T[] {
  const list = [...others];
  for (const film of added) {
    const at = list.findIndex(({ score }) => score < film.score);
    list.splice(at < 0 ? list.length : at, 0, film);
  }
  return list;
}

/** Where a film stands: in the version, or beside it. */
export interface FilmPlace {
  readonly movies: Catalogue;
  readonly row: number;
  /** The films beside the version, where it stands there. */
  readonly beside?: AddedModel;
}

/** The place of a movie, null where it is not known. */
export function placeOf(served: ServedVersion, movieId: number): FilmPlace | null {
  return placeBy(served, (movies) => movies.rowOf(movieId));
}

/** The same by an id of one's own. */
export function placeOfOwnId(served: ServedVersion, id: string): FilmPlace | null {
  return placeBy(served, (movies) => rowOfOwnId(movies, id));
}

function placeBy({ model, added }: ServedVersion, rowIn: (movies: Catalogue) => number): FilmPlace | null {
  const row = rowIn(model.movies);
  if (row >= 0) return { movies: model.movies, row };
  const beside = added ? rowIn(added.model.movies) : -1;
  return added && beside >= 0 ? { movies: added.model.movies, row: beside, beside: added } : null;
}

/** Looks up films of the version and beside it: not negative where one is known. */
export function knownTo({ model, added }: ServedVersion): Pick<Catalogue, 'rowOf'> {
  return {
    rowOf(movieId) {
      const row = model.movies.rowOf(movieId);
      return row < 0 && added ? added.model.movies.rowOf(movieId) : row;
    },
  };
}
