import { binarySearch } from '../math/row-index.ts';
import { trendShare, weightsOfScales } from './history.ts';
import type { Model, NextModel, RatedMovies, RowScores, UserVectors } from './model.ts';
import { type Ordering, orderedBy, popularityShare, popularVector } from './ordering.ts';

/**
 * What somebody watches next. Relevance says what they will like of all that they come to watch; this says which movie
 * comes first. The score of movie i for ratings j, oldest first, is
 *   Σ_f relevance_if x_f + added_i,   x = Σ_s Σ_j v_sj history_js (F),   added_i = Σ_q Σ_j v'_qj weights_jiq
 * v_sj weighs rating j in scale s of the histories, v'_qj in scale q of the successors (`weightsOfScales`). The first
 * part generalises: a factorised Markov chain over a fading history (Rendle, Freudenthaler & Schmidt-Thieme, WWW 2010).
 * The second remembers which movies came right after which. After days, what is popular of late takes the place of what
 * somebody watched last (`Trend`).
 */

/** What of a version the next movie needs besides `NextModel`. */
type NextPrior = Pick<Model, 'relevancePrior'>;

/** Index in `NextModel.rows` of each rated movie, −1 for those that take no part, (n). */
export function placesOf({ rows }: NextModel, rated: RatedMovies): Int32Array {
  return rated.rows.map((row) => binarySearch(rows, row));
}

/** How many of the rated movies say what comes next. Without any, popularity does. */
export function knownRatings(next: NextModel, rated: RatedMovies): number {
  return placesOf(next, rated).reduce((known, place) => known + (place < 0 ? 0 : 1), 0);
}

/**
 * x, the user's vector among relevance vectors, (E): 0 from F on. The popular vector for somebody without ratings of
 * movies that take part, as by relevance.
 */
export function nextVector({ relevancePrior: prior }: NextPrior, next: NextModel, rated: RatedMovies): Float64Array {
  const places = placesOf(next, rated);
  if (places.every((place) => place < 0)) return popularVector(prior);
  const { factors: F, history } = next;
  const S = prior.history.length;
  const v = weightsOfScales(rated.stars, prior.history, rated.days);
  const x = new Float64Array(prior.base.length);
  for (let k = 0; k < v.length; k++) {
    const place = places[Math.floor(k / S)];
    if (place < 0 || v[k] === 0) continue;
    const at = (place * S + (k % S)) * F;
    for (let f = 0; f < F; f++) x[f] += v[k] * history[at + f];
  }
  x[x.length - 1] += trendShare(prior, rated.days ?? 0, next.trendWeight);
  return x;
}

/** What the successors of the rated movies gain. */
export function successorScores(next: NextModel, rated: RatedMovies): RowScores {
  const { rows, scales, starts, successors, weights } = next;
  const Q = scales.length;
  const places = placesOf(next, rated);
  const v = weightsOfScales(rated.stars, scales, rated.days);
  const sums = new Float64Array(rows.length);
  for (let k = 0; k < v.length; k++) {
    const [place, q] = [places[Math.floor(k / Q)], k % Q];
    if (place < 0 || v[k] === 0) continue;
    const end = starts[place + 1];
    for (let l = starts[place]; l < end; l++) sums[successors[l]] += v[k] * weights[l * Q + q];
  }
  return gaining(rows, sums);
}

/** The rows whose sum is above 0, in plain loops: typed arrays from iterators take eight times as long. @param sums (C) */
function gaining(rows: Int32Array, sums: Float64Array): RowScores {
  const [some, scores] = [new Int32Array(rows.length), new Float64Array(rows.length)];
  let count = 0;
  for (let place = 0; place < sums.length; place++) {
    if (sums[place] === 0) continue;
    some[count] = rows[place];
    scores[count++] = sums[place];
  }
  return { rows: some.slice(0, count), scores: scores.slice(0, count) };
}

/**
 * A user as they are scored for an ordering that may be by what they watch next: `orderedBy`, else with the vector and the
 * successors of what they rated. The numbers that predict ratings stay.
 *
 * @param known from how many ratings the user's own relevance vector came
 */
export function scoredBy(
  user: UserVectors,
  ordering: Ordering,
  model: NextPrior,
  rated: RatedMovies,
  known = rated.rows.length,
): UserVectors {
  const { next, popularity = 0 } = ordering;
  if (!next) return orderedBy(user, ordering, model.relevancePrior, known);
  const relevance = nextVector(model, next, rated);
  const share = popularity === 0 ? 0 : popularityShare(popularity, knownRatings(next, rated));
  const popular = popularVector(model.relevancePrior);
  for (let e = 0; e < popular.length; e++) relevance[e] += share * popular[e];
  return { ...user, relevance, added: successorScores(next, rated) };
}
