import { solveFactored } from '../math/linalg.ts';
import { biasShare, USER_DAMPING } from './bias.ts';
import { nextPart } from './explain-next.ts';
import { likedShare, NO_SHARE, relevanceShares, weightsOfScales } from './history.ts';
import type { Model, RatedMovies } from './model.ts';
import { type Ordering, popularityShare, popularVector } from './ordering.ts';
import { constantFeatures, implicitWeight, inferUser, predictionVariance, type UserPosterior } from './posterior.ts';
import { standardError } from './standard-error.ts';

/** A movie's score taken apart: the score is Σ contributions + popularity + base. */
export interface Explanation {
  /** What each rating adds to the score, in the order of the ratings, (n). */
  readonly contributions: Float64Array;
  /** What of each contribution each scale of the history makes, (n, S); the rest is the rating model's. */
  readonly byScale: Float64Array;
  /** The relevance of the movie to everybody who has as many ratings (`relevanceShares`), and what was asked for. */
  readonly popularity: number;
  /** What the rating model says without ratings: μ, biases, the constants of the priors, less what certainty takes. */
  readonly base: number;
  /** The part of `base` that is the same for every movie: μ. */
  readonly common: number;
}

/** A user's ratings, to explain lists by. */
export interface ExplainedRatings extends RatedMovies {
  /** From how many ratings the relevance vector came, where not from these: Infinity for a profile. */
  readonly known?: number;
  /** The row of the catalogue that a row of the model stands for, where the model is an excerpt. */
  readonly catalogueRow?: (row: number) => number;
}

/** Why movies stand where they do in one user's list. */
export interface Explainer {
  /** The parts of the score of `scoreMovies` for the same ordering. O(D² + E² + n (D + E)). */
  explain(row: number): Explanation;
  /**
   * Standard deviation of the rating that the user will give, stars: √(h′² fᵀA⁻¹f + 1/τ). It is the rating model's,
   * also for users whose prediction is shared with the Bias model: their A is nearly the prior, so it is widest for
   * them.
   *
   * It is a little too narrow, since it takes the movies' vectors as certain and one τ for all people. Of the last
   * ratings of users whom training never saw, 66% lie within one deviation when their other ratings are folded in, and
   * 56% (100,000 ratings) to 61% (ML-1M) when fewer than ten are. A Gaussian would have 68%.
   */
  uncertainty(row: number): number;
}

/**
 * Takes scores apart into the contribution of each rating, exactly. The score of movie i is affine in three sums over
 * the user's n ratings. With c = blend, s = `biasShare` and ν = `newcomerWeight`:
 *
 *   learned rating   c (1 − s) (intercept + b_i + f_iᵀx),   x = A⁻¹ (Σ w_j f_j z_j + Λ m)
 *                    rating j: w_j z_j f_iᵀA⁻¹f_j + f_iᵀA⁻¹Λ prior_j / √(n + 5)                   (`posterior.ts`)
 *   Bias model       c s (intercept + perStar (deviation_u + deviation_i))
 *                    rating j: perStar (r_j − μ − deviation_j) / (n + 10)                           (`bias.ts`)
 *   certainty        −c certainty e_i                                                            (`standard-error.ts`)
 *   relevance        (1 − c) relevance_i · (user + p popular)                                          (`ordering.ts`)
 *                    rating j: Σ v_js history_js · ((1 − ν + ν φ ℓ⁴) relevance_i + ν a_n map relevance_i)
 *                                                                                                    (`history.ts`)
 *                    by what is watched next instead: see `explain-next.ts`
 *
 * The parts hold for these ratings together: A, the weights and the counts come from all of them, and so does the
 * tangent where the response function is not linear. A part is therefore not what the score would lose if one rating
 * were taken back. The parts add up to the posterior's score. What training stored of a user is that posterior rounded
 * to float32 by an engine, within 1e-3.
 *
 * @param posterior of these ratings, when it is known already
 */
export function explainer(
  model: Model,
  rated: ExplainedRatings,
  { blend, popularity = 0, certainty = 0, next }: Ordering,
  posterior: UserPosterior = inferUser(model.movies, model.userPrior, rated),
): Explainer {
  const plain = blend * biasShare(rated.rows.length);
  const learned = weighted(blend - plain, learnedPart(model, rated, posterior));
  const bias = weighted(plain, biasPart(model, rated));
  const relevance = weighted(
    1 - blend,
    next ? nextPart(model, rated, { next, popularity }) : relevancePart(model, rated, popularity),
  );
  const doubt = (row: number) => blend * certainty * standardError(model.movies.ratingCounts[row], model.userPrior);
  const S = model.relevancePrior.history.length;
  const common = blend * model.userPrior.response.intercept;
  return {
    explain(row) {
      const contributions = new Float64Array(rated.rows.length);
      const byScale = new Float64Array(contributions.length * S);
      const base = learned(row, contributions) + bias(row, contributions) - doubt(row);
      const popularity = relevance(row, byScale);
      for (let k = 0; k < byScale.length; k++) contributions[Math.floor(k / S)] += byScale[k];
      return { contributions, byScale, popularity, base, common };
    },
    uncertainty: (row) =>
      Math.sqrt(predictionVariance(posterior, model.movies, model.userPrior, row) + 1 / model.userPrior.tau),
  };
}

/** Adds `weight` times each rating's part to `out`, (n), of the relevance (n, S), and returns `weight` times the constant part. */
type Part = (row: number, weight: number, out: Float64Array) => number;

function weighted(weight: number, part: Part): (row: number, out: Float64Array) => number {
  return (row, out) => (weight === 0 ? 0 : part(row, weight, out));
}

function learnedPart({ movies, userPrior }: Model, { rows }: RatedMovies, posterior: UserPosterior): Part {
  const { factorCount: K, factors, biases, priors } = movies;
  const { response, precision, constants } = userPrior;
  const { weights, residuals } = posterior;
  const D = K + 1;
  const n = rows.length;
  const implicit = implicitWeight(n);
  const features = constantFeatures(n);
  const g = new Float64Array(D); // A⁻¹ f_i
  const pull = new Float64Array(D); // Λᵀ A⁻¹ f_i
  return (row, weight, out) => {
    for (let x = 0; x < K; x++) g[x] = factors[row * K + x];
    g[K] = 1;
    solveFactored(posterior.factor, g, D);
    pull.fill(0);
    for (let x = 0; x < D; x++) for (let y = 0; y < D; y++) pull[y] += g[x] * precision[x * D + y];
    for (let j = 0; j < n; j++) {
      const q = rows[j] * K;
      const w = rows[j] * D;
      let likeness = g[K];
      let prior = pull[K] * priors[w + K];
      for (let x = 0; x < K; x++) {
        likeness += g[x] * factors[q + x];
        prior += pull[x] * priors[w + x];
      }
      out[j] += weight * (weights[j] * residuals[j] * likeness + implicit * prior);
    }
    let constant = response.intercept + biases[row];
    for (let t = 0; t < 3; t++) for (let x = 0; x < D; x++) constant += features[t] * pull[x] * constants[t * D + x];
    return weight * constant;
  };
}

function biasPart(
  { movies: { deviations }, userPrior: { mean: mu, response } }: Model,
  { rows, stars }: RatedMovies,
): Part {
  const n = rows.length;
  const each = response.perStar / (n + USER_DAMPING);
  return (row, weight, out) => {
    for (let j = 0; j < n; j++) out[j] += weight * each * (stars[j] - mu - deviations[rows[j]]);
    return weight * (response.intercept + response.perStar * deviations[row]);
  };
}

function relevancePart(
  { movies, relevancePrior }: Model,
  { rows, stars, days, known = rows.length }: ExplainedRatings,
  popularity: number,
): Part {
  const { relevanceCount: E, relevance, history } = movies;
  const { newcomer, history: scales } = relevancePrior;
  const S = scales.length;
  const v = weightsOfScales(stars, scales, days);
  const shares = relevanceShares(known, likedShare(stars, scales), relevancePrior, days);
  const added = popularityShare(popularity, known);
  const everybody = popularVector(relevancePrior).map((value, e) => shares.constant[e] + added * value); // (E)
  const wanted = new Float64Array(E); // (1 − ν + ν φ ℓ⁴) relevance_i + ν a_n map relevance_i
  return (row, weight, out) => {
    const movie = relevance.subarray(row * E, (row + 1) * E);
    let constant = 0;
    for (let e = 0; e < E; e++) {
      wanted[e] = shares.next * movie[e];
      constant += everybody[e] * movie[e];
      if (shares.taste >= NO_SHARE)
        for (let a = 0; a < E; a++) wanted[e] += shares.taste * newcomer[e * E + a] * movie[a];
    }
    for (let k = 0; k < v.length; k++) {
      if (v[k] === 0) continue;
      const at = (rows[Math.floor(k / S)] * S + (k % S)) * E;
      let sum = 0;
      for (let e = 0; e < E; e++) sum += wanted[e] * history[at + e];
      out[k] += weight * v[k] * sum;
    }
    return weight * constant;
  };
}
