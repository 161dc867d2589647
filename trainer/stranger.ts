import { historyVector } from '../shared/history.ts';
import { cholesky, solveLower, solveLowerTransposed } from '../shared/linalg.ts';
import type { HistoryWeights, RelevancePrior } from '../shared/model.ts';
import { addRows } from '../shared/weighted-sum.ts';
import { addGram } from './blocks.ts';
import { laterVector } from './later.ts';
import type { SparseRows } from './matrix.ts';
import type { Relevance } from './relevance.ts';
import { fitShares } from './stranger-shares.ts';

export interface StrangerOptions {
  readonly history: HistoryWeights;
  /** Ridge of the map, in standard errors of a history's mean energy. */
  readonly strangerRidge: number;
}

/** First ratings of a training user that stand for a stranger's, the most first: what is liked later adds up. */
const SHOWN = [15, 10, 5, 3, 2, 1];
/** Training users looked at: more change nothing. */
const MOST_USERS = 20_000;
/** Share of a user's ratings that must come later for them to tell about taste. */
const MIN_LATER_SHARE = 0.4;
/** Of them on whom the shares are learned, which are few numbers. */
const SHARE_USERS = 2000;
/** Starts whose moments are summed at once. */
const BLOCK = 256;

/**
 * Length of the popularity column beside the others, which are orthonormal: so short that it does not count in what films
 * are like.
 */
const POPULARITY_LENGTH = 0.1;

/**
 * Popularity as one more relevance factor, the last, which no history feeds: how many people liked each movie that the
 * relevance model knows. Only the map of strangers uses it; whoever has rated nothing gets exactly that order.
 */
export function withPopularity(byUser: SparseRows, relevance: Relevance, { likeFrom }: HistoryWeights): Relevance {
  const [V, E] = [relevance.factors, relevance.factors + 1];
  const likes = new Float64Array(byUser.columns);
  for (let k = 0; k < byUser.indices.length; k++) if (byUser.values[k] >= likeFrom) likes[byUser.indices[k]]++;
  const known = (row: number) => relevance.output.subarray(row * V, (row + 1) * V).some((value) => value !== 0);
  const popular = likes.map((count, row) => (known(row) ? count : 0));
  const scale = POPULARITY_LENGTH / Math.max(1, Math.sqrt(popular.reduce((sum, count) => sum + count * count, 0)));
  const widened = (rows: Float32Array, last: (row: number) => number) => {
    const out = new Float32Array((rows.length / Math.max(1, V)) * E);
    for (let row = 0; row < out.length / E; row++) {
      out.set(rows.subarray(row * V, (row + 1) * V), row * E);
      out[row * E + V] = last(row);
    }
    return out;
  };
  return {
    factors: E,
    output: widened(relevance.output, (row) => scale * popular[row]),
    history: widened(relevance.history, () => 0),
    base: Float32Array.from([...relevance.base, 0]),
  };
}

/**
 * How strangers are read: `stranger` (E + 1, E), the map from the history h of their first few ratings, and a constant, to
 * what they will like at all, and how far it is trusted. The constant is popularity p alone, the last factor (from the
 * first rating on `laterVector` shares its place), and the rest a ridge regression over training users from h to what
 * popularity does not say of all that they liked later:
 *   c = argmin Σ ‖y − c p‖²,   T = argmin Σ ‖y − c p − V Tᵀh‖² + λ ‖T‖²,   y = liked later, over √count,
 * V (M, E − 1) the other factors, orthonormal columns. The next-watch regression asks what comes right after a long history;
 * asked about somebody with three ratings it continues these three. The later taste of people who began like that is the
 * better answer. How far one, two, three ratings are to be trusted is learned from people whom the map has not seen: it is
 * fitted to each half of the users and judged on the other (`stranger-shares.ts`).
 *
 * @param relevance with popularity as its last factor (`withPopularity`)
 */
export function fitStrangers(
  byUser: SparseRows,
  relevance: Relevance,
  { history, strangerRidge }: StrangerOptions,
): Pick<RelevancePrior, 'stranger' | 'strangerShares'> {
  const E = relevance.factors;
  const V = E - 1;
  const halves = [new Moments(E), new Moments(E)] as const;
  for (const start of starts(byUser, relevance, history)) halves[start.half].add(start);
  const all = Moments.of(halves);
  const popular = againstPopularity(relevance);
  const liking = popular[V] > 0 && all.count > 0 ? all.targets[V] / (all.count * popular[V]) : 0; // c
  const share = liking > 0 ? liking : 1;
  const stranger = new Float32Array((E + 1) * E);
  stranger[E * E + V] = share;
  const residual = (moments: Moments) => moments.map(liking, popular, strangerRidge);
  const map = residual(all);
  // No different, where there is nothing to learn from.
  for (let a = 0; a < V; a++) for (let e = 0; e < V; e++) stranger[a * E + e] = map ? map[a * V + e] : Number(a === e);
  const later = laterVector(byUser, relevance, popular, share, history.likeFrom);
  const [first, second] = halves.map(residual);
  if (!later || !first || !second) return { stranger };
  const every = Math.max(1, Math.floor(Math.min(byUser.rows, MOST_USERS) / SHARE_USERS));
  const judges = starts(byUser, relevance, history, every);
  return {
    stranger,
    strangerShares: { later, ...fitShares(relevance, { share, later }, [second, first], judges, history.likeFrom) },
  };
}

/** Second moments of starts: of their history h against the outputs' products with what was liked later. */
class Moments {
  readonly inputs: Float64Array; // (V) Σ h
  readonly targets: Float64Array; // (E) Σ output · y
  count = 0;
  private readonly width: number; // V + E
  private readonly block: Float64Array; // (BLOCK, width) rows [h, output · y]
  private readonly sums: Float64Array; // (width, width) the first V lines of the upper triangle
  private waiting = 0;

  constructor(E: number) {
    this.width = 2 * E - 1;
    this.inputs = new Float64Array(E - 1);
    this.targets = new Float64Array(E);
    this.block = new Float64Array(BLOCK * this.width);
    this.sums = new Float64Array(this.width * this.width);
  }

  /** The moments of all of them together. */
  static of(parts: readonly Moments[]): Moments {
    const all = new Moments(parts[0].targets.length);
    for (const part of parts) {
      part.flush();
      all.count += part.count;
      addTo(all.inputs, part.inputs);
      addTo(all.targets, part.targets);
      addTo(all.sums, part.sums);
    }
    return all;
  }

  add({ history, liked }: Pick<Start, 'history' | 'liked'>): void {
    const V = this.inputs.length;
    const row = this.waiting * this.width;
    this.block.set(history.subarray(0, V), row);
    this.block.set(liked, row + V);
    addTo(this.inputs, history.subarray(0, V));
    addTo(this.targets, liked);
    this.count++;
    if (++this.waiting === BLOCK) this.flush();
  }

  private flush(): void {
    addGram(this.sums, this.block, this.block, this.waiting, this.width, this.inputs.length);
    this.waiting = 0;
  }

  /**
   * T (V, V), null where there is nothing to learn from.
   *
   * @param share c
   * @param popular the outputs' products with popularity, (E)
   * @param strangerRidge in standard errors of a history's mean energy
   */
  map(share: number, popular: Float64Array, strangerRidge: number): Float64Array | null {
    this.flush();
    const { sums, width, inputs, count } = this;
    const V = inputs.length;
    if (count === 0) return null;
    let energy = 0;
    for (let a = 0; a < V; a++) energy += sums[a * (width + 1)] / V;
    const ridge = (strangerRidge * energy) / Math.sqrt(count) + Number.MIN_VALUE;
    const normal = new Float64Array(V * V);
    for (let a = 0; a < V; a++) {
      for (let b = 0; b <= a; b++) normal[a * V + b] = sums[b * width + a];
      normal[a * (V + 1)] += ridge;
    }
    if (!cholesky(normal, V)) return null;
    const map = new Float64Array(V * V);
    for (let e = 0; e < V; e++) {
      const column = inputs.map((input, a) => sums[a * width + V + e] - share * popular[e] * input);
      solveLower(normal, column, V);
      solveLowerTransposed(normal, column, V);
      for (let a = 0; a < V; a++) map[a * V + e] = column[a];
    }
    return map;
  }
}

function addTo(sums: Float64Array, values: Float64Array): void {
  for (let k = 0; k < sums.length; k++) sums[k] += values[k];
}

/** Products of every output column with the last, (E). */
function againstPopularity({ factors: E, output }: Relevance): Float64Array {
  const products = new Float64Array(E);
  for (let at = 0; at < output.length; at += E) {
    for (let e = 0; e < E; e++) products[e] += output[at + e] * output[at + E - 1];
  }
  return products;
}

/** A training user after their first few ratings. */
export interface Start {
  /** Which half of the users they belong to, 0 or 1. */
  readonly half: number;
  /** All of their ratings, of which the first `shown` are known. */
  readonly rows: Int32Array;
  readonly stars: Float32Array;
  readonly shown: number;
  /** Of the known ratings, (E). */
  readonly history: Float64Array;
  /** The output columns' products with y, (E), overwritten by the next start. */
  readonly liked: Float64Array;
}

/** 0 or 1 by turns that follow no period (multiples of the golden ratio), since users may alternate in the data. */
function halfOf(k: number): number {
  return Math.imul(k, 0x9e3779b1) >>> 31;
}

/** @param every takes one user of so many */
function* starts(
  byUser: SparseRows,
  { factors: E, history, output }: Relevance,
  weights: HistoryWeights,
  every = 1,
): Generator<Start> {
  const movies = { history, relevanceCount: E };
  const step = Math.max(1, byUser.rows / MOST_USERS);
  const [sum, liked] = [new Float64Array(E), new Float64Array(E)];
  let longest = 0;
  for (let u = 0; u < byUser.rows; u++) longest = Math.max(longest, byUser.offsets[u + 1] - byUser.offsets[u]);
  const [likedRows, ones] = [new Int32Array(longest), new Float64Array(longest).fill(1)];
  for (let k = 0; k * step < byUser.rows; k += every) {
    const u = Math.floor(k * step);
    const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
    const rows = byUser.indices.subarray(from, to);
    const stars = byUser.values.subarray(from, to);
    sum.fill(0);
    let first = rows.length;
    for (const shown of SHOWN) {
      const later = rows.length - shown;
      if (later < MIN_LATER_SHARE * rows.length) continue;
      let n = 0;
      while (first > shown) if (stars[--first] >= weights.likeFrom) likedRows[n++] = rows[first];
      addRows(sum, output, likedRows.subarray(0, n), ones);
      for (let e = 0; e < E; e++) liked[e] = sum[e] / Math.sqrt(later);
      const rated = { rows: rows.subarray(0, shown), stars: stars.subarray(0, shown) };
      yield { half: halfOf(k), rows, stars, shown, history: historyVector(movies, weights, rated), liked };
    }
  }
}
