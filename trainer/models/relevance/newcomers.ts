import { historyVector, historyWeights } from '../../../shared/model/history.ts';
import { cholesky, solveLower, solveLowerTransposed } from '../../../shared/math/linalg.ts';
import type { HistoryWeights, RelevancePrior } from '../../../shared/model/model.ts';
import { withColumns } from '../../math/dense.ts';
import type { Engine, Tensor } from '../../engines/engine.ts';
import { laterVector } from './later-likes.ts';
import type { SparseRows } from '../../data/rating-matrix.ts';
import type { Relevance } from './next-watch.ts';
import { SparseBuilder } from '../../math/sparse-builder.ts';
import { fitShares } from './newcomer-shares.ts';

export interface StrangerOptions {
  readonly history: HistoryWeights;
  /** Ridge of the map, in standard errors of a history's mean energy. */
  readonly strangerRidge: number;
}

/** First ratings of a training user that stand for a stranger's. */
const SHOWN = [15, 10, 5, 3, 2, 1];
/** Training users looked at: more change nothing. */
const MOST_USERS = 20_000;
/** Share of a user's ratings that must come later for them to tell about taste. */
const MIN_LATER_SHARE = 0.4;
/** Of them on whom the shares are learned, which are few numbers. */
const SHARE_USERS = 2000;
/** Later likes of the starts whose moments are summed at once. */
const BATCH = 1 << 18;

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
export async function fitStrangers(
  engine: Engine,
  byUser: SparseRows,
  relevance: Relevance,
  { history, strangerRidge }: StrangerOptions,
): Promise<Pick<RelevancePrior, 'stranger' | 'strangerShares'>> {
  const E = relevance.factors;
  const V = E - 1;
  const halves = await momentsOfHalves(engine, byUser, relevance, history);
  const all = halves[0].plus(halves[1]);
  const popular = againstPopularity(relevance);
  const liking = popular[V] > 0 && all.count > 0 ? all.target(V) / (all.count * popular[V]) : 0; // c
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
  return {
    stranger,
    strangerShares: {
      later,
      ...fitShares(relevance, { share, later }, [second, first], judges(byUser, relevance, history), history.likeFrom),
    },
  };
}

/** Moments of starts, summed over batches by the engine; S = E rounded up to a multiple of 8, V = E − 1. */
class Moments {
  readonly inputs: Float64Array; // (S, S) Σ [h, 1] [h, 1]ᵀ, the 1 in slot V: no history feeds the last factor
  readonly targets: Float64Array; // (S, S) Σ [h, 1] (output · y)ᵀ
  private readonly V: number;
  private readonly S: number;

  constructor(E: number, inputs: Float64Array, targets: Float64Array) {
    this.V = E - 1;
    this.S = evenWidth(E);
    this.inputs = inputs;
    this.targets = targets;
  }

  get count(): number {
    return this.inputs[this.V * (this.S + 1)];
  }

  /** Σ (output · y) of one factor. */
  target(e: number): number {
    return this.targets[this.V * this.S + e];
  }

  plus({ inputs, targets }: Moments): Moments {
    const sum = (a: Float64Array, b: Float64Array) => a.map((value, k) => value + b[k]);
    return new Moments(this.V + 1, sum(this.inputs, inputs), sum(this.targets, targets));
  }

  /**
   * T (V, V), null where there is nothing to learn from.
   *
   * @param share c
   * @param popular the outputs' products with popularity, (E)
   * @param strangerRidge in standard errors of a history's mean energy
   */
  map(share: number, popular: Float64Array, strangerRidge: number): Float64Array | null {
    const { inputs, targets, V, S, count } = this;
    if (count === 0) return null;
    let energy = 0;
    for (let a = 0; a < V; a++) energy += inputs[a * (S + 1)] / V;
    const ridge = (strangerRidge * energy) / Math.sqrt(count) + Number.MIN_VALUE;
    const normal = new Float64Array(V * V);
    for (let a = 0; a < V; a++) {
      for (let b = 0; b <= a; b++) normal[a * V + b] = inputs[a * S + b];
      normal[a * (V + 1)] += ridge;
    }
    if (!cholesky(normal, V)) return null;
    const map = new Float64Array(V * V);
    const column = new Float64Array(V);
    for (let e = 0; e < V; e++) {
      for (let a = 0; a < V; a++) column[a] = targets[a * S + e] - share * popular[e] * inputs[a * S + V];
      solveLower(normal, column, V);
      solveLowerTransposed(normal, column, V);
      for (let a = 0; a < V; a++) map[a * V + e] = column[a];
    }
    return map;
  }
}

/** The moments of each half's starts. */
async function momentsOfHalves(
  engine: Engine,
  byUser: SparseRows,
  { factors: E, history, output }: Relevance,
  weights: HistoryWeights,
): Promise<[Moments, Moments]> {
  const S = evenWidth(E);
  const M = byUser.columns;
  const known = new Float32Array((M + 1) * S); // the constant behind the movies
  known.set(withColumns(history, E, S));
  known[M * S + E - 1] = 1;
  const tables = [engine.tensor((M + 1) * S, known), engine.tensor(M * S, withColumns(output, E, S))];
  const sums = [0, 1].map(() => tables.map(() => engine.tensor(S * S)));
  const batches = [0, 1].map(() => [new SparseBuilder(M + 1), new SparseBuilder(M)]);
  const flush = (half: number) => {
    const matrices = batches[half].map((batch) => batch.take());
    const { rows } = matrices[0];
    if (rows === 0) return;
    const product = engine.tensor(S * S);
    const parts = matrices.map((matrix, k) => {
      const part = engine.tensor(rows * S);
      engine.multiplySparse(matrix, tables[k], part, S);
      return part;
    });
    for (const [k, part] of parts.entries()) {
      engine.multiply(parts[0], part, product, S, rows, S, true);
      engine.add(sums[half][k], 1, product, S * S);
    }
    engine.free(product, ...parts);
  };
  for (const { half, rows, stars, shown } of starts(byUser)) {
    const [first, later] = batches[half];
    historyWeights(stars.subarray(0, shown), weights).forEach((weight, j) => {
      first.add(rows[j], weight);
    });
    first.add(M, 1);
    first.endRow();
    const liked = 1 / Math.sqrt(rows.length - shown);
    for (let k = shown; k < rows.length; k++) if (stars[k] >= weights.likeFrom) later.add(rows[k], liked);
    later.endRow();
    if (later.entries >= BATCH) flush(half);
  }
  for (const half of [0, 1]) flush(half);
  const read = async ([inputs, targets]: Tensor[]) =>
    new Moments(E, Float64Array.from(await engine.read(inputs)), Float64Array.from(await engine.read(targets)));
  const halves: [Moments, Moments] = [await read(sums[0]), await read(sums[1])];
  engine.free(...tables, ...sums.flat());
  return halves;
}

/** Columns that `multiplySparse` takes for E factors. */
const evenWidth = (E: number): number => Math.ceil(E / 8) * 8;

/** Products of every output column with the last, (E). */
function againstPopularity({ factors: E, output }: Relevance): Float64Array {
  const products = new Float64Array(E);
  for (let at = 0; at < output.length; at += E) {
    for (let e = 0; e < E; e++) products[e] += output[at + e] * output[at + E - 1];
  }
  return products;
}

/** A training user after their first few ratings. */
interface Start {
  /** Which half of the users they belong to, 0 or 1. */
  readonly half: number;
  /** All of their ratings, of which the first `shown` are known. */
  readonly rows: Int32Array;
  readonly stars: Float32Array;
  readonly shown: number;
}

/** One by whom the shares are judged. */
export interface Judge extends Start {
  /** Of the known ratings, (E). */
  readonly history: Float64Array;
}

/** 0 or 1 by turns that follow no period (multiples of the golden ratio), since users may alternate in the data. */
function halfOf(k: number): number {
  return Math.imul(k, 0x9e3779b1) >>> 31;
}

/** @param every takes one user of so many */
function* starts(byUser: SparseRows, every = 1): Generator<Start> {
  const step = Math.max(1, byUser.rows / MOST_USERS);
  for (let k = 0; k * step < byUser.rows; k += every) {
    const u = Math.floor(k * step);
    const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
    const rows = byUser.indices.subarray(from, to);
    const stars = byUser.values.subarray(from, to);
    for (const shown of SHOWN) {
      if (rows.length - shown >= MIN_LATER_SHARE * rows.length) yield { half: halfOf(k), rows, stars, shown };
    }
  }
}

function* judges(byUser: SparseRows, { factors: E, history }: Relevance, weights: HistoryWeights): Generator<Judge> {
  const every = Math.max(1, Math.floor(Math.min(byUser.rows, MOST_USERS) / SHARE_USERS));
  for (const start of starts(byUser, every)) {
    const rated = { rows: start.rows.subarray(0, start.shown), stars: start.stars.subarray(0, start.shown) };
    yield { ...start, history: historyVector({ history, relevanceCount: E }, weights, rated) };
  }
}
