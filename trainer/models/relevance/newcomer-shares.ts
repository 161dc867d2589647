import { cholesky, solveFactored } from '../../../shared/math/linalg.ts';
import type { NewcomerShares } from '../../../shared/model/model.ts';
import { rowDots } from '../../math/dense.ts';
import { laterFrom } from './later-likes.ts';
import type { TrialUser } from './newcomer-starts.ts';
import type { Relevance } from './next-watch.ts';

/** The constants that the shares weigh, as output vectors: popularity (`share` times the last column) and `later`. */
export interface WeighedConstants {
  readonly share: number;
  readonly later: Float32Array; // (E)
}

/**
 * How much popularity, `later` and taste count after 1, 2, 3, … ratings: least squares over the movies that a trial user had not
 * rated before their later ratings, y = liked among these, over √count. Only ratios matter in a list, so the weights of the two
 * constants are scaled to sum to 1.
 *
 * @param relevance with popularity as its last factor
 * @param maps for users of each half, the map that was learned without them, (V, V)
 */
export function fitNewcomerShares(
  relevance: Relevance,
  constants: WeighedConstants,
  maps: readonly Float64Array[],
  users: Iterable<TrialUser>,
  likeFrom: number,
): Pick<NewcomerShares, 'laterShares' | 'tasteShares'> {
  const unrated = new Unrated(relevance, constants, likeFrom);
  const byKnown = new Map<number, Equations>();
  for (const user of users) {
    const equations = byKnown.get(user.known) ?? { normal: new Float64Array(9), right: new Float64Array(3) };
    byKnown.set(user.known, equations);
    unrated.add(user, maps[user.half], equations);
  }
  return interpolated(byKnown);
}

/** Normal equations of the weights of popularity, `later` and taste. */
interface Equations {
  readonly normal: Float64Array; // (3, 3) lower triangle
  readonly right: Float64Array; // (3)
}

/** Sums over the movies that a user had not rated: closed forms over all movies, minus the rated ones. */
class Unrated {
  readonly #E: number;
  readonly #output: Float32Array; // (M, E)
  readonly #likeFrom: number;
  readonly #scores: Float64Array; // (M, 2) by popularity and by `later`
  readonly #products = new Float64Array(3); // Σ over movies of popularity², popularity · later, later²
  readonly #across: Float64Array; // (2, V) Σ over movies of both times the other outputs
  readonly #taste: Float64Array; // (V), scratch

  constructor({ factors: E, output }: Relevance, { share, later }: WeighedConstants, likeFrom: number) {
    const V = E - 1;
    const M = output.length / E;
    this.#E = E;
    this.#output = output;
    this.#likeFrom = likeFrom;
    this.#scores = new Float64Array(2 * M);
    this.#across = new Float64Array(2 * V);
    this.#taste = new Float64Array(V);
    for (let row = 0, at = 0; row < M; row++, at += E) {
      const p = share * output[at + V];
      let l = 0;
      for (let e = 0; e < E; e++) l += later[e] * output[at + e];
      this.#scores.set([p, l], 2 * row);
      [p * p, p * l, l * l].forEach((product, k) => {
        this.#products[k] += product;
      });
      for (let e = 0; e < V; e++) {
        this.#across[e] += p * output[at + e];
        this.#across[V + e] += l * output[at + e];
      }
    }
  }

  /** Adds a trial user to the equations for their number of known ratings.
   *
   * @param map (V, V)
   */
  add({ rows, stars, known, history }: TrialUser, map: Float64Array, { normal, right }: Equations): void {
    const [products, across, taste, scores] = [this.#products, this.#across, this.#taste, this.#scores];
    const V = taste.length;
    taste.fill(0);
    for (let a = 0; a < V; a++) for (let e = 0; e < V; e++) taste[e] += history[a] * map[a * V + e];
    normal[0] += products[0];
    normal[3] += products[1];
    normal[4] += products[2];
    for (let e = 0; e < V; e++) {
      normal[6] += taste[e] * across[e];
      normal[7] += taste[e] * across[V + e];
      normal[8] += taste[e] * taste[e]; // the outputs are orthonormal
    }
    const from = Math.max(known, laterFrom(rows.length));
    const weight = 1 / Math.sqrt(rows.length - from);
    const tastes = new Float64Array(rows.length);
    rowDots(taste, this.#output, this.#E, rows, tastes);
    for (let k = 0; k < rows.length; k++) {
      if (k >= from && stars[k] < this.#likeFrom) continue;
      const [p, l, t] = [scores[2 * rows[k]], scores[2 * rows[k] + 1], tastes[k]];
      if (k >= from) {
        right[0] += weight * p;
        right[1] += weight * l;
        right[2] += weight * t;
      } else {
        normal[0] -= p * p;
        normal[3] -= p * l;
        normal[4] -= l * l;
        normal[6] -= p * t;
        normal[7] -= l * t;
        normal[8] -= t * t;
      }
    }
  }
}

/** Shares for 0 ratings (popularity alone) up to the most that have equations, interpolated linearly. */
function interpolated(byKnown: ReadonlyMap<number, Equations>): {
  laterShares: Float64Array;
  tasteShares: Float64Array;
} {
  const knots = [...byKnown.keys()].sort((a, b) => a - b);
  const solved = knots.map((knot) => sharesOf(byKnown.get(knot)!));
  const last = knots.at(-1) ?? 0;
  const laterShares = new Float64Array(last + 1);
  const tasteShares = new Float64Array(last + 1).fill(1);
  for (let n = 1; n <= last; n++) {
    const right = knots.findIndex((knot) => knot >= n);
    const left = Math.max(0, right - 1);
    const along = knots[right] > knots[left] ? (n - knots[left]) / (knots[right] - knots[left]) : 0;
    laterShares[n] = solved[left].later + along * (solved[right].later - solved[left].later);
    tasteShares[n] = solved[left].taste + along * (solved[right].taste - solved[left].taste);
  }
  return { laterShares, tasteShares };
}

/** Shares where the equations have no solution: popularity, and the map as it is. */
const UNKNOWN = { later: 0, taste: 1 };

function sharesOf({ normal, right }: Equations): { later: number; taste: number } {
  if (!cholesky(normal, 3)) return UNKNOWN;
  solveFactored(normal, right, 3);
  const [popular, later, taste] = right;
  const constant = popular + later;
  if (!(constant > 0)) return UNKNOWN;
  return { later: Math.min(1, Math.max(0, later / constant)), taste: Math.max(0, taste / constant) };
}
