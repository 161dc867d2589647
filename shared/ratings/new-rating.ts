import * as z from 'zod';
import { MarqueeError } from '../errors.ts';
import { LARGEST_ID } from '../values.ts';
import { HALF_STARS, isOnScale } from './rating.ts';

/** A rating as people give it. */
export interface NewRating {
  readonly movieId: number;
  /** Stars, 0.5 to 5; null takes the rating back. */
  readonly rating: number | null;
  /** Whole seconds since the epoch. */
  readonly timestamp: number;
}

/** The last second of the year 9999. */
export const LATEST_TIME = 253_402_300_799;

/** The fields of a rating in a JSON body. `faultOf` says the same of a rating from anywhere else. */
export const ratingShape = {
  movieId: z.int().min(0).max(LARGEST_ID),
  rating: z
    .number()
    .min(HALF_STARS.min)
    .max(HALF_STARS.max)
    .multipleOf(HALF_STARS.step)
    .meta({ multipleOf: HALF_STARS.step }), // the API's document does not take it from the schema
};

/** What is wrong with a rating. */
export interface RatingFault {
  readonly field: 'user' | 'movieId' | 'rating' | 'timestamp';
  readonly got: unknown;
  readonly expected: string;
}

/** What an error expects, in words. */
export const EXPECTED = {
  id: `a whole number from 0 to ${LARGEST_ID}`,
  rating: `${HALF_STARS.min} to ${HALF_STARS.max} in steps of ${HALF_STARS.step}`,
  time: 'seconds since 1970, before the year 10000',
};

/** How to mend stars that are off the scale. */
export const MEND_STARS = 'Give half a star to five stars, in steps of half a star.';

/** How to mend a time. */
export const MEND_TIME =
  'Write seconds since 1970 (milliseconds and microseconds are converted), or leave the time out.';

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST_ID;
}

/** The first fault of a rating, whatever its fields are; null when D1, the queue and the training take it. */
export function faultOf({ movieId, rating, timestamp }: NewRating): RatingFault | null {
  if (!isId(movieId)) return { field: 'movieId', got: movieId, expected: EXPECTED.id };
  const isStars = rating === null || (typeof rating === 'number' && isOnScale(rating));
  if (!isStars) return { field: 'rating', got: rating, expected: EXPECTED.rating };
  const isTime = Number.isInteger(timestamp) && timestamp >= 0 && timestamp <= LATEST_TIME;
  return isTime ? null : { field: 'timestamp', got: timestamp, expected: EXPECTED.time };
}

/** Throws `bad-rating`, which names the first rating that has a fault. */
export function requireSound(ratings: readonly NewRating[]): void {
  for (const [index, rating] of ratings.entries()) {
    const fault = faultOf(rating);
    if (!fault) continue;
    const { field, got, expected } = fault;
    throw new MarqueeError('bad-rating', `ratings.${index}.${field}: got ${got}, expected ${expected}`, {
      fix: field === 'timestamp' ? MEND_TIME : field === 'rating' ? 'Round it to half a star.' : undefined,
      details: { index, ...fault },
    });
  }
}

/** From here on a number is no time in seconds (the year 5138), but one in milliseconds (1973). */
export const MILLISECONDS_FROM = 1e11;
/** The same for milliseconds and microseconds. */
export const MICROSECONDS_FROM = 1e14;

/**
 * A time as whole seconds since the epoch; milliseconds and microseconds are known by their size. A fraction is rounded
 * down. Returns null for what is no time: negative, not a number, or after the year 9999.
 */
export function readTime(value: number): number | null {
  const unit = value < MILLISECONDS_FROM ? 1 : value < MICROSECONDS_FROM ? 1e3 : 1e6;
  const seconds = Math.floor(value / unit) + 0; // −0 becomes 0
  return seconds >= 0 && seconds <= LATEST_TIME ? seconds : null;
}
