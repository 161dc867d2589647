import { z } from '@hono/zod-openapi';
import type { MovieFilter } from '../../../shared/filters/movie-filters.ts';
import type { Selection } from '../../../shared/model/scorer.ts';
import { LARGEST_ID } from '../../../shared/values.ts';
import type { ServedVersion } from '../../version/served-version.ts';

/** The most movies that a body names to choose from, or as seen. */
const MOST_NAMED = 10_000;

const ids = z.array(z.int().min(0).max(LARGEST_ID)).max(MOST_NAMED);

/** What a body may say of movies besides filters. */
export const choiceShape = {
  candidates: ids.optional().openapi({
    description:
      'The only movies to rank: a watchlist, a festival’s programme. Twice counts once; filters and `rated` hold for ' +
      'them too; `unknown` names those that the model lacks.',
  }),
  seen: ids.default([]).openapi({
    description: 'Movies seen but not rated: left out, also with `rated: show`.',
    default: [],
  }),
};

export interface AskedChoice extends MovieFilter {
  readonly candidates?: readonly number[];
  readonly seen?: readonly number[];
}

/** The movies that a request lets a list have. */
export interface Choice {
  readonly selection: Selection;
  /** The candidates that are not shown to anybody: the model lacks them, or an operator hides them. */
  readonly unknown?: number[];
}

/** @param out rows that the list leaves out because of what somebody said of them. Throws `bad-parameter`. */
export function choiceOf(
  { model: { movies }, recommender, hidden }: ServedVersion,
  asked: AskedChoice,
  out: Iterable<number>,
): Choice {
  const { candidates, seen = [] } = asked;
  const knownRows = (movieIds: readonly number[]) => movieIds.map(movies.rowOf).filter((row) => row >= 0);
  const selection = recommender.select(asked, [...out, ...knownRows(seen)], candidates && knownRows(candidates));
  if (!candidates) return { selection };
  const isKnown = (movieId: number) => movies.rowOf(movieId) >= 0 && !hidden.has(movies.rowOf(movieId));
  return { selection, unknown: [...new Set(candidates)].filter((movieId) => !isKnown(movieId)) };
}
