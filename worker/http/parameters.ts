import { integer, LARGEST_ID, text } from '../../shared/values.ts';

export { bounded, fraction, movieId, movieIds } from '../../shared/values.ts';

/** An integer between two bounds, both inclusive, with a default. */
export function integerOr(fallback: number, minimum: number, maximum: number, description: string) {
  // Said twice: beside an explicit type the generated document ignores the schema's default.
  return integer(minimum, maximum, description).default(fallback).meta({ default: fallback });
}

export const userId = integer(0, LARGEST_ID, 'A user; the session’s own when absent.');

export const search = text.meta({
  description: 'Part of a title; accents, case, articles, blanks and punctuation do not count.',
});

/** The most ratings of one request. */
export const MOST_RATINGS = 1000;

/** Number of movies in an answer. */
export const k = integerOr(20, 1, 100, 'How many movies.');
