import { hashUnit } from '../math/hash.ts';
import { solveLowerTransposed } from '../math/linalg.ts';
import type { UserPosterior } from './posterior.ts';

/**
 * A taste that may be the user's: x ~ N(mean, A⁻¹), by x = mean + L⁻ᵀ z, z standard normal, A = L Lᵀ. Ranking by such a
 * draw shows a film as often as it may be the best one (Thompson, "On the likelihood that one unknown probability exceeds
 * another", Biometrika 1933).
 *
 * @param normal standard normal numbers
 * @returns (D)
 */
export function drawTaste(
  { mean, factor }: Pick<UserPosterior, 'mean' | 'factor'>,
  normal: () => number,
): Float64Array {
  const x = mean.map(() => normal());
  solveLowerTransposed(factor, x, x.length);
  for (let i = 0; i < x.length; i++) x[i] += mean[i];
  return x;
}

/** Standard normal numbers that a text stands for, by Box and Muller. */
export function normalsOf(seed: string): () => number {
  let counter = 0;
  const uniform = () => hashUnit(`${seed}/${counter++}`);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
