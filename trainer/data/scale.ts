import { HALF_STARS, type Scale } from '../../shared/ratings/rating.ts';
import type { Ratings } from './dataset.ts';

/** The range of the data's ratings, in half stars; in whole stars where all ratings are whole. */
export function scaleOf({ stars }: Pick<Ratings, 'stars'>): Scale {
  let [min, max, whole] = [Infinity, -Infinity, true];
  for (let i = 0; i < stars.length; i++) {
    const value = stars[i];
    if (value < min) min = value;
    if (value > max) max = value;
    if (whole && value !== Math.floor(value)) whole = false;
  }
  return stars.length === 0 ? HALF_STARS : { min, max, step: whole ? 1 : HALF_STARS.step };
}
