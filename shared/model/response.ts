import { MarqueeError } from '../errors.ts';

/**
 * How the linear score η = intercept + b_u + b_i + p_u·q_i becomes stars. A monotone response function
 * does not change a ranking, so that only numbers shown in stars pass through it.
 */
export interface ResponseFunction {
  /** Stars are the score itself: one solve then folds a user in. */
  readonly linear: boolean;
  /** η of the mean rating μ. */
  readonly intercept: number;
  /** dη/dstars there: what a deviation from μ in stars is worth as a score. */
  readonly perStar: number;
  stars(score: number): number;
  /** dstars/dη at a score. */
  slope(score: number): number;
}

/** Stars between which a sigmoid keeps predictions, neither ever reached. */
export interface StarRange {
  readonly min: number;
  readonly max: number;
}

/** Stars are the score. */
export function identityResponse(mean: number): ResponseFunction {
  return { linear: true, intercept: mean, perStar: 1, stars: (score) => score, slope: () => 1 };
}

/**
 * Stars = min + (max − min) σ(η). Throws `bad-artifact` when the mean rating is not inside the range: then no score
 * stands for it.
 */
export function sigmoidResponse(mean: number, { min, max }: StarRange): ResponseFunction {
  if (!(mean > min && mean < max)) {
    throw new MarqueeError('bad-artifact', `range: got ${min} to ${max}, expected one around the mean rating ${mean}`);
  }
  const width = max - min;
  const slope = (score: number) => {
    const share = sigmoid(score);
    return width * share * (1 - share);
  };
  const intercept = Math.log((mean - min) / (max - mean));
  return {
    linear: false,
    intercept,
    perStar: 1 / slope(intercept),
    stars: (score) => min + width * sigmoid(score),
    slope,
  };
}

/** Scores beyond which the sigmoid is cut off, in the last ten-millionth of its range, so that its slope is never 0. */
const FLAT = 16;

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-Math.max(-FLAT, Math.min(FLAT, x))));
}
