import { binarySearch } from '../math/row-index.ts';
import { weightsOfHistory } from './history.ts';
import type { Model, NextModel, RatedMovies } from './model.ts';
import { knownRatings, placesOf, scalesOf } from './next.ts';
import { popularityShare, popularVector } from './ordering.ts';

/** A user's ratings, by rows of an excerpt of the movie table. */
interface RatedNext extends RatedMovies {
  /** The row of the whole table that a row of the model stands for: `NextModel` has those. */
  readonly catalogueRow?: (row: number) => number;
}

interface NextOrdering {
  readonly next: NextModel;
  readonly popularity?: number;
}

/**
 * Takes scores by what somebody watches next apart (`next.ts`). Rating j makes
 *   Σ_s v_sj history_js · relevance_i + Σ_q v'_qj weights_jiq
 * of the score of movie i; the rest is popularity. The returned function adds `weight` times each rating's part to `out`,
 * (n), and returns `weight` times the rest. O(n (F + successors)).
 */
export function nextPart(model: Model, rated: RatedNext, { next, popularity = 0 }: NextOrdering) {
  const { relevanceCount: E, relevance } = model.movies;
  const { catalogueRow = (row: number) => row, stars } = rated;
  const whole = { rows: rated.rows.map(catalogueRow), stars };
  const places = placesOf(next, whole);
  const known = knownRatings(next, whole);
  const inputs = inputsOf(model, next, places, stars);
  const gainOf = gains(next, places, stars);
  const popular = popularVector(model.relevancePrior);
  const share = popularityShare(popularity, known) + (known === 0 ? 1 : 0);
  return (row: number, weight: number, out: Float64Array): number => {
    const movie = relevance.subarray(row * E, (row + 1) * E);
    const place = binarySearch(next.rows, catalogueRow(row));
    const F = next.factors;
    for (let j = 0; j < out.length; j++) {
      let sum = gainOf(j, place);
      for (let f = 0; f < F; f++) sum += inputs[j * F + f] * movie[f];
      out[j] += weight * sum;
    }
    let everybody = 0;
    for (let e = 0; e < E; e++) everybody += popular[e] * movie[e];
    return weight * share * everybody;
  };
}

/** Σ_s v_sj history_js of each rating, (n, F). */
function inputsOf(model: Model, next: NextModel, places: Int32Array, stars: Float32Array): Float64Array {
  const { factors: F, history } = next;
  const scales = scalesOf(model.relevancePrior);
  const inputs = new Float64Array(places.length * F);
  scales.forEach((scale, s) => {
    const v = weightsOfHistory(stars, scale);
    places.forEach((place, j) => {
      const at = (place * scales.length + s) * F;
      for (let f = 0; place >= 0 && f < F; f++) inputs[j * F + f] += v[j] * history[at + f];
    });
  });
  return inputs;
}

/** What a movie gains as a successor of rating j. */
function gains({ scales, starts, successors, weights }: NextModel, places: Int32Array, stars: Float32Array) {
  const Q = scales.length;
  const v = scales.map((scale) => weightsOfHistory(stars, scale));
  return (j: number, wanted: number): number => {
    if (places[j] < 0 || wanted < 0) return 0;
    let gain = 0;
    for (let l = starts[places[j]]; l < starts[places[j] + 1]; l++) {
      if (successors[l] !== wanted) continue;
      for (let q = 0; q < Q; q++) gain += v[q][j] * weights[l * Q + q];
    }
    return gain;
  };
}
