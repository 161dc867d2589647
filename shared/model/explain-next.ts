import { binarySearch } from '../math/row-index.ts';
import { trendShare, weightsOfScales } from './history.ts';
import type { HistoryWeights, Model, NextModel, RatedMovies } from './model.ts';
import { knownRatings, placesOf } from './next.ts';
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
 * (n, S), and returns `weight` times the rest. What a successor gains stands with the scale of what was just watched.
 */
export function nextPart(model: Model, rated: RatedNext, { next, popularity = 0 }: NextOrdering) {
  const { relevanceCount: E, relevance } = model.movies;
  const { history: scales } = model.relevancePrior;
  const { factors: F, history } = next;
  const { catalogueRow = (row: number) => row, stars, days } = rated;
  const whole = { rows: rated.rows.map(catalogueRow), stars, days };
  const places = placesOf(next, whole);
  const known = knownRatings(next, whole);
  const S = scales.length;
  const v = weightsOfScales(stars, scales, days);
  const watched = scaleOfAll(scales);
  const gainOf = gains(next, places, whole);
  const popular = popularVector(model.relevancePrior);
  const share = popularityShare(popularity, known) + (known === 0 ? 1 : 0);
  const lately = known === 0 ? 0 : trendShare(model.relevancePrior, days ?? 0, next.trendWeight);
  return (row: number, weight: number, out: Float64Array): number => {
    const movie = relevance.subarray(row * E, (row + 1) * E);
    const place = binarySearch(next.rows, catalogueRow(row));
    for (let k = 0; k < v.length; k++) {
      const [j, s] = [Math.floor(k / S), k % S];
      if (places[j] < 0) continue;
      const at = (places[j] * S + s) * F;
      let sum = 0;
      for (let f = 0; f < F; f++) sum += history[at + f] * movie[f];
      out[k] += weight * (v[k] * sum + (s === watched ? gainOf(j, place) : 0));
    }
    let everybody = 0;
    for (let e = 0; e < E; e++) everybody += popular[e] * movie[e];
    return weight * (share * everybody + lately * movie[E - 1]);
  };
}

/** The scale that counts most movies: those that were just watched, whatever the user thought of them. */
function scaleOfAll(scales: readonly HistoryWeights[]): number {
  const from = scales.map(({ likeFrom }) => likeFrom);
  return from.indexOf(Math.min(...from));
}

/** What a movie gains as a successor of rating j. */
function gains({ scales, starts, successors, weights }: NextModel, places: Int32Array, { stars, days }: RatedMovies) {
  const Q = scales.length;
  const v = weightsOfScales(stars, scales, days);
  return (j: number, wanted: number): number => {
    if (wanted < 0) return 0;
    let gain = 0;
    for (let l = starts[places[j]]; l < starts[places[j] + 1]; l++) {
      if (successors[l] !== wanted) continue;
      for (let q = 0; q < Q; q++) gain += v[j * Q + q] * weights[l * Q + q];
    }
    return gain;
  };
}
