import { z } from '@hono/zod-openapi';
import { MarqueeError } from '../../shared/errors.ts';
import type { MovieFilter } from '../../shared/filters/filters.ts';
import { HALF_STARS, LARGEST_ID } from '../../shared/ratings/rating.ts';

/** Values of one repeatable parameter. */
const MOST_REPEATS = 500;

/** A query parameter is text; what is not a number stays text, for the validator to name. */
function toNumber(value: unknown): unknown {
  if (typeof value !== 'string' || value.trim() === '') return value;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}

function toList(value: unknown): unknown {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** An integer between two bounds, both inclusive. */
export function integer(minimum: number, maximum: number, description: string) {
  return z
    .preprocess(toNumber, z.int().min(minimum).max(maximum))
    .openapi({ type: 'integer', minimum, maximum, description });
}

/** The same, with the value that stands for none. */
export function integerOr(fallback: number, minimum: number, maximum: number, description: string) {
  // Said twice: the generated document takes an explicit type for the whole truth.
  return integer(minimum, maximum, description).default(fallback).openapi({ default: fallback });
}

export function fraction(description: string) {
  return z
    .preprocess(toNumber, z.number().min(0).max(1))
    .openapi({ type: 'number', minimum: 0, maximum: 1, description });
}

export const userId = integer(0, LARGEST_ID, 'A user; the session’s own when absent.');
export const movieId = integer(0, LARGEST_ID, 'A movie of the data set.');

const text = z.string().min(1).max(200);

function texts(description: string) {
  return z
    .preprocess(toList, z.array(text).max(MOST_REPEATS))
    .openapi({ type: 'array', items: { type: 'string' }, description });
}

export function movieIds(description: string, { least = 0, most = MOST_REPEATS } = {}) {
  return z
    .preprocess(toList, z.array(movieId).min(least).max(most))
    .openapi({ type: 'array', items: { type: 'integer' }, minItems: least, maxItems: most, description });
}

export const search = text.openapi({
  description: 'Part of a title; accents, case, articles and punctuation do not count.',
});

/** Ratings that one request may bring. */
export const MOST_RATINGS = 1000;

/** A rating in a request body. */
export const ratingShape = {
  movieId: z.int(),
  rating: z.number().min(HALF_STARS.min).max(HALF_STARS.max).multipleOf(HALF_STARS.step),
};

/** How many movies an answer holds. */
export const k = integerOr(20, 1, 100, 'How many movies.');

/** The filters that every list of movies takes. */
export const filterShape = {
  exclude: texts('A term that must not stand in the title.'),
  excludeId: movieIds('A movie to leave out.'),
  genre: texts('Only movies of this genre; of several, any will do.'),
  notGenre: texts('No movie of this genre.'),
  yearFrom: integer(1800, 2200, 'First year of release.').optional(),
  yearTo: integer(1800, 2200, 'Last year of release.').optional(),
  minRatings: integer(0, 1_000_000_000, 'Only movies with at least so many training ratings.').optional(),
};

/** Filter parameters → filter. Throws `bad-parameter` for years that leave nothing. */
export function filterOf(query: MovieFilter): MovieFilter {
  const { exclude, excludeId, genre, notGenre, yearFrom, yearTo, minRatings } = query;
  if (yearFrom !== undefined && yearTo !== undefined && yearFrom > yearTo) {
    throw new MarqueeError('bad-parameter', `yearFrom: got ${yearFrom}, expected at most yearTo, ${yearTo}`, {
      details: { parameter: 'yearFrom', got: yearFrom, expected: `at most ${yearTo}` },
    });
  }
  return { exclude, excludeId, genre, notGenre, yearFrom, yearTo, minRatings };
}
