import { MarqueeError } from '../errors.ts';

/**
 * How a rating is written, from the request to the training:
 * - Stars, 0.5 to 5 in halves, in requests, answers, files and the model. In a request `null` takes the rating back.
 * - Half stars, the integers 1 to 10, in D1 and in the partitions of the log. There `null` is a rating taken back.
 * - Stars again in the trainer's arrays, which have no `null`: there `TAKEN_BACK`, 0 stars, stands for it.
 *
 * In the log the movie `EVERY_MOVIE` with half stars `null` says that its user was deleted.
 */

/** A rating that its user took back, among stars that cannot be null. Below every scale. */
export const TAKEN_BACK = 0;

/** Movie id of the log's rows that say: this user was deleted. */
export const EVERY_MOVIE = -1;

/** The rating scale: every rating is `min + n·step`, at most `max`, in stars. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** MovieLens' widest scale; stored ratings are half-star counts, so that one byte holds them. */
export const HALF_STARS: Scale = { min: 0.5, max: 5, step: 0.5 };

export function isOnScale(rating: number, scale: Scale = HALF_STARS): boolean {
  const steps = (rating - scale.min) / scale.step;
  return Number.isInteger(steps) && rating <= scale.max && steps >= 0;
}

/** Stars (0.5 to 5) → half-star count (1 to 10). Throws `bad-rating` for anything off the half-star scale. */
export function toHalfStars(rating: number): number {
  if (!isOnScale(rating)) {
    throw new MarqueeError('bad-rating', `got the rating ${rating}, expected 0.5 to 5 in steps of 0.5`, {
      fix: 'Round it to half a star.',
      details: { rating, min: HALF_STARS.min, max: HALF_STARS.max, step: HALF_STARS.step },
    });
  }
  return rating * 2;
}

/** Half-star count (1 to 10) → stars (0.5 to 5). */
export function fromHalfStars(halfStars: number): number {
  return halfStars / 2;
}

export function clamp(value: number, scale: Scale): number {
  return Math.max(scale.min, Math.min(scale.max, value));
}
