import { cholesky, solveLower } from '../math/linalg.ts';
import { joinedSums, type PartialSums, ReproducibleSums } from '../math/reproducible-sums.ts';
import type { UserPrior } from './model.ts';
import type { UserPosterior } from './posterior.ts';

/** A point on the map, x to the right and y up; films spread by 1 along an axis. */
export type Point = readonly [x: number, y: number];

/** Where somebody stands on the map, as a Gaussian. */
export interface Standing {
  readonly centre: Point;
  readonly covariance: readonly [xx: number, xy: number, yy: number];
}

/**
 * The map of all films. Its axes are the first two factors: the principal axes, along which tastes differ most. They
 * are centred on the films and share one scale, by which the films' root mean square is 1 on an axis.
 *
 * A person of taste p stands where p draws them: at t · Cov(place_i, p · q_i) over all films i. This is the way in which
 * the mean place of the films moves when they are weighted by e^(ε p · q_i), by how much more the person likes them
 * than others do, for small ε. It is linear in p, so the posterior N(p̂, Σ) becomes exactly N(C p̂, C Σ Cᵀ), with
 * C = t · Cov(place, q). The unit t makes somebody without ratings as uncertain as films are wide: tr(C Λ⁻¹ Cᵀ) = 2.
 */
export interface FilmMap {
  readonly centre: Point; // of the films, in units of the factors
  /** Map units for a unit of the factors. */
  readonly scale: number;
  /** C, its rows as long as a user vector; the bias draws nobody. */
  readonly draw: readonly [Float64Array, Float64Array]; // (2, D)
  /** √det of the covariance of somebody without ratings. */
  readonly widest: number;
}

/** What brings a film's first two factors to the map. */
export type MapScale = Pick<FilmMap, 'centre' | 'scale'>;

/** Sums over some films: of the K factors, and of the products of the first and of the second with all, (3, K). */
export interface FactorMoments {
  readonly count: number;
  readonly sums: PartialSums;
}

/**
 * The map of all M films, by the sums over some of them each: the same map, to the bit, however they are divided.
 *
 * @returns null where the films have no two axes to differ by
 */
export function mapOfMoments(parts: readonly FactorMoments[], K: number, { precision }: UserPrior): FilmMap | null {
  const { mean, covariance } = momentsOfAll(parts, K);
  const variance = K < 2 ? 0 : (covariance[0][0] + covariance[1][1]) / 2;
  if (!(variance > 0)) return null;
  const D = K + 1;
  const scale = 1 / Math.sqrt(variance);
  const factor = precision.slice();
  if (!cholesky(factor, D)) return null;
  const loose = covariance.map((row) => Float64Array.from({ length: D }, (_, x) => (x < K ? scale * row[x] : 0)));
  const [xx, xy, yy] = spread(loose, factor);
  const t = Math.sqrt(2 / (xx + yy));
  const draw = loose.map((row) => row.map((value) => t * value)) as [Float64Array, Float64Array];
  return { centre: [mean[0], mean[1]], scale, draw, widest: t * t * Math.sqrt(xx * yy - xy * xy) };
}

/** @param parts of the factors of some films, (·, K) each */
export function momentsOf(parts: Iterable<Float32Array>, K: number): FactorMoments {
  const sums = new ReproducibleSums(3 * K);
  let count = 0;
  for (const factors of parts) {
    for (let at = 0; at < factors.length; at += K, count++) {
      const [x, y] = [factors[at], factors[at + 1]];
      for (let k = 0; k < K; k++) {
        const q = factors[at + k];
        sums.add(k, q);
        sums.add(K + k, x * q);
        sums.add(2 * K + k, y * q);
      }
    }
  }
  const { coarse, fine } = sums;
  return { count, sums: { coarse, fine } };
}

/** Mean (K) of the factors, and covariance (2, K) of the first two with all. */
function momentsOfAll(parts: readonly FactorMoments[], K: number) {
  const count = parts.reduce((all, part) => all + part.count, 0);
  const means = joinedSums(parts.map(({ sums }) => sums)).map((sum) => sum / count);
  const [mean, first, second] = [0, 1, 2].map((block) => means.subarray(block * K, (block + 1) * K));
  const covariance = [first, second].map((row, axis) => row.map((value, k) => value - mean[axis] * mean[k]));
  return { mean, covariance };
}

/** C A⁻¹ Cᵀ for A = L Lᵀ. */
function spread(rows: readonly Float64Array[], factor: Float64Array): Standing['covariance'] {
  const [a, b] = rows.map((row) => {
    const solved = row.slice();
    solveLower(factor, solved, row.length);
    return solved;
  });
  return [dot(a, a), dot(a, b), dot(b, b)];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let x = 0; x < a.length; x++) sum += a[x] * b[x];
  return sum;
}

/** Where a film with these first two factors stands. */
export function placeOnMap({ centre, scale }: MapScale, x: number, y: number): Point {
  return [scale * (x - centre[0]), scale * (y - centre[1])];
}

/** Where a person stands, and how surely that is known. */
export function standingOnMap({ draw }: FilmMap, { mean, factor }: Pick<UserPosterior, 'mean' | 'factor'>): Standing {
  return { centre: [dot(draw[0], mean), dot(draw[1], mean)], covariance: spread(draw, factor) };
}

/** How large a person's ellipse is beside that of somebody without ratings: 1 for no ratings, towards 0 with many. */
export function shareOfWidest({ widest }: FilmMap, { covariance: [xx, xy, yy] }: Standing): number {
  return Math.sqrt(Math.max(0, xx * yy - xy * xy)) / widest;
}
