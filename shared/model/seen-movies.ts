import { solveSymmetric } from '../math/linalg.ts';
import type { SeenModel } from './model.ts';

/** Chances stay this far from 0 and 1: a Gaussian of a 0 or 1 goes beyond both. */
const LEAST_CHANCE = 0.01;

/**
 * The chance that somebody has seen each of the model's C movies, given some that they have seen and some that they
 * have not: seen_i = share_i + F_i·z + ε_i, z ~ N(0, I), ε_i ~ N(0, noise_i), the best linear estimate of a 0 or 1
 * (factor analysis). With nothing known it is the share of people who rated the movie. Movies that the model lacks do
 * not count.
 *
 * @param seen rows of the movie table, as `unseen`
 * @returns (C), 0.01 to 0.99
 */
export function chanceOfSeen(model: SeenModel, seen: Iterable<number>, unseen: Iterable<number>): Float64Array {
  const { rows, shares, factors, noise } = model;
  const C = rows.length;
  const R = C === 0 ? 0 : factors.length / C;
  const precision = new Float64Array(R * R); // lower triangle
  const z = new Float64Array(R);
  for (let r = 0; r < R; r++) precision[r * R + r] = 1;
  const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
  const learn = (row: number, value: number) => {
    const place = placeOf.get(row);
    if (place === undefined) return;
    const at = place * R;
    for (let x = 0; x < R; x++) {
      const weight = factors[at + x] / noise[place];
      z[x] += weight * (value - shares[place]);
      for (let y = 0; y <= x; y++) precision[x * R + y] += weight * factors[at + y];
    }
  };
  for (const row of seen) learn(row, 1);
  for (const row of unseen) learn(row, 0);
  solveSymmetric(precision, z, R); // I plus squares: always definite
  return Float64Array.from(shares, (share, place) => {
    let chance = share;
    for (let x = 0, at = place * R; x < R; x++, at++) chance += factors[at] * z[x];
    return Math.max(LEAST_CHANCE, Math.min(1 - LEAST_CHANCE, chance));
  });
}
