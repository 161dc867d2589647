import { z } from '@hono/zod-openapi';
import { VERSION_EXAMPLE } from '../../shared/artifact/experiment.ts';
import { LATEST_TIME, ratingShape, readTime } from '../../shared/ratings/new-rating.ts';
import { integer, LARGEST_ID, text } from '../../shared/values.ts';

export { bounded, fraction, movieId, movieIds } from '../../shared/values.ts';

/** An integer between two bounds, both inclusive, with a default. */
export function integerOr(fallback: number, minimum: number, maximum: number, description: string) {
  // Said twice: beside an explicit type the generated document ignores the schema's default.
  return integer(minimum, maximum, description).default(fallback).meta({ default: fallback });
}

/** The same schemas for a JSON body: one value may stand there without its list, and the document says so. */
export function inBody<S extends Readonly<Record<string, z.ZodType>>>(shape: S): S {
  const said = Object.entries(shape).map(([name, schema]) => {
    const { items, ...meta } = schema.meta() ?? {};
    if (meta.type !== 'array') return [name, schema];
    const one = items as { readonly type: string };
    return [name, schema.meta({ ...meta, ...one, items, type: ['array', one.type] } as never)];
  });
  return Object.fromEntries(said);
}

export const userId = integer(0, LARGEST_ID, 'A user; the session’s own when absent.');

export const search = text.meta({
  example: 'matrix',
  description: 'Words of a title, in any order; accents, case, articles, blanks and punctuation do not count.',
});

/** The most ratings of one request, or of one person of several. */
export const MOST_RATINGS = 1000;

/** A rating in a body. */
export const timedRatingShape = {
  ...ratingShape,
  timestamp: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER) // which the document would not say
    .optional()
    .openapi({
      description:
        'Whole seconds since 1970; now when absent or in the future. Milliseconds and microseconds are converted. A ' +
        'negative one is refused with 400, `bad-body`; in a file that is imported with 422, `bad-data`, and its line.',
    }),
};

/** A version in an address: a text that is no version's name is not found, as one that no version has. */
export const versionParameter = z
  .string()
  .max(100)
  .openapi({ example: VERSION_EXAMPLE, description: 'A version’s name, as `GET /versions` lists them.' });

export const removalTime = integer(0, LATEST_TIME, 'Whole seconds since 1970; now when absent or in the future.');

/** The time of a rating in a body, seconds since the epoch. @param now the same */
export function timeOf(timestamp: number | undefined, now: number): number {
  return timestamp === undefined ? now : Math.min(readTime(timestamp) ?? now, now);
}

export const since = integerOr(
  0,
  0,
  LATEST_TIME,
  'Whole seconds since 1970: only ratings from then on count. Earlier ones, and those without a time, count with 0 ' +
    'alone; their movies stay left out.',
);

/** Number of movies in an answer. */
export const k = integerOr(20, 1, 100, 'How many movies.');
