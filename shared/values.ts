import * as z from 'zod';

/**
 * Schemas of values as they arrive: text in a query or a flag, a number or a list in a JSON body. What the API's
 * documentation says of a value is its `meta`.
 */

/** Ids are int32 in the artifact. */
export const LARGEST_ID = 2_147_483_647;
/** Values of one repeatable parameter. */
const MOST_REPEATS = 500;

const DECIMAL = /^-?\d*\.?\d+(e[+-]?\d+)?$/i;

/** Text that is no number as people and programs write it (no blank, no hexadecimal) stays text, for the validator to name. */
function toNumber(value: unknown): unknown {
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
}

/** The same for integers, which have one way to be written. */
function toInteger(value: unknown): unknown {
  const number = toNumber(value);
  return typeof value === 'string' && String(number) === value ? number : value; // an object may be no text at all
}

function toList(value: unknown): unknown {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** An integer between two bounds, both inclusive. */
export function integer(minimum: number, maximum: number, description: string) {
  const value = z.preprocess(toInteger, z.int().min(minimum).max(maximum));
  return value.meta({ type: 'integer', minimum, maximum, description });
}

/** A number between two bounds, both inclusive. */
export function bounded(minimum: number, maximum: number, description: string) {
  const value = z.preprocess(toNumber, z.number().min(minimum).max(maximum));
  return value.meta({ type: 'number', minimum, maximum, description });
}

export function fraction(description: string) {
  return bounded(0, 1, description);
}

const LONGEST_TEXT = 200;

export const text = z.string().min(1).max(LONGEST_TEXT);

export function texts(description: string) {
  const values = z.preprocess(toList, z.array(text).max(MOST_REPEATS));
  const items = { type: 'string' as const, minLength: 1, maxLength: LONGEST_TEXT };
  return values.meta({ type: 'array', items, maxItems: MOST_REPEATS, description });
}

export const movieId = integer(0, LARGEST_ID, 'A movie of the data set.').meta({ example: 1 });

export function movieIds(description: string, { least = 0, most = MOST_REPEATS } = {}) {
  const values = z.preprocess(toList, z.array(movieId).min(least).max(most));
  const items = { type: 'integer' as const, minimum: 0, maximum: LARGEST_ID };
  return values.meta({ type: 'array', items, minItems: least, maxItems: most, description });
}
