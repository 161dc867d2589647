import { cholesky, solveFactored } from '../../../shared/math/linalg.ts';
import { likedFrom, weightsOfScales } from '../../../shared/model/history.ts';
import type { HistoryWeights, RelevancePrior } from '../../../shared/model/model.ts';
import { type Engine, paddedWidth, type Tensor } from '../../engines/engine.ts';
import { withColumns } from '../../math/dense.ts';
import { type AnyRows, SparseBuilder } from '../../math/sparse.ts';
import { laterVector } from './later-likes.ts';
import { fitNewcomerShares } from './newcomer-shares.ts';
import { newcomerStarts, trialUsers } from './newcomer-starts.ts';
import type { Relevance } from './next-watch.ts';
import { againstPopularity } from './popularity.ts';

export interface NewcomerSettings {
  readonly history: readonly HistoryWeights[]; // (S)
  /** Ridge of the map, in standard errors of a history's mean energy. */
  readonly strangerRidge: number;
  /** `NewcomerShares.favouritesShare` */
  readonly favouritesShare: number;
}

/** Later likes of the starts whose moments are summed at a time. */
const BATCH_LIKES = 1 << 18;

/**
 * The map by which newcomers get recommendations, (E + 1, E): from the history h of their first few ratings, and a constant, to
 * what they will like later. Next-watch regression predicts what comes right after a long history, and after three ratings it
 * only continues these three. The later taste of users who began alike is the better answer.
 *
 * The constant is popularity p, the last factor; from the first rating on, `laterVector` shares its place. The rest is a ridge
 * regression over training users, from h to what popularity does not explain of their later likes y, over √count:
 *   c = argmin Σ ‖y − c p‖²,   T = argmin Σ ‖y − c p − V Tᵀh‖² + λ ‖T‖²
 * V (M, E − 1) are the other factors, whose columns are orthonormal. How much one, two, three ratings count is learned from users
 * whom the map has not seen: each half of the users has a map, which is tried on the other half (`newcomer-shares.ts`).
 *
 * @param relevance with popularity as its last factor (`withPopularity`)
 */
export async function fitNewcomers(
  engine: Engine,
  byUser: AnyRows,
  relevance: Relevance,
  { history, strangerRidge, favouritesShare }: NewcomerSettings,
): Promise<Pick<RelevancePrior, 'newcomer' | 'newcomerShares'>> {
  const E = relevance.factors;
  const V = E - 1;
  const likeFrom = likedFrom(history);
  const halves = await momentsOfHalves(engine, byUser, relevance, history);
  const all = halves[0].plus(halves[1]);
  const popular = againstPopularity(relevance);
  const liking = popular[V] > 0 && all.count > 0 ? all.target(V) / (all.count * popular[V]) : 0; // c
  const share = liking > 0 ? liking : 1;
  const newcomer = new Float32Array((E + 1) * E);
  newcomer[E * E + V] = share;
  const residual = (moments: NewcomerMoments) => moments.map(liking, popular, strangerRidge);
  const map = residual(all);
  // Where there is nothing to learn from, newcomers are treated like everybody.
  for (let a = 0; a < V; a++) for (let e = 0; e < V; e++) newcomer[a * E + e] = map ? map[a * V + e] : Number(a === e);
  const later = laterVector(byUser, relevance, popular, share, likeFrom);
  const [first, second] = halves.map(residual);
  if (!later || !first || !second) return { newcomer };
  return {
    newcomer,
    newcomerShares: {
      later,
      favouritesShare,
      ...fitNewcomerShares(
        relevance,
        { share, later },
        [second, first],
        trialUsers(byUser, relevance, history),
        likeFrom,
      ),
    },
  };
}

/** Moments of newcomer starts, summed over batches by the engine. S = `paddedWidth(E)`, V = E − 1. */
class NewcomerMoments {
  readonly inputs: Float64Array; // (S, S) Σ [h, 1] [h, 1]ᵀ, the 1 in slot V, where no history has anything
  readonly targets: Float64Array; // (S, S) Σ [h, 1] (output · y)ᵀ
  readonly #V: number;
  readonly #S: number;

  constructor(E: number, inputs: Float64Array, targets: Float64Array) {
    this.#V = E - 1;
    this.#S = paddedWidth(E);
    this.inputs = inputs;
    this.targets = targets;
  }

  get count(): number {
    return this.inputs[this.#V * (this.#S + 1)];
  }

  /** Σ (output · y) of one factor. */
  target(e: number): number {
    return this.targets[this.#V * this.#S + e];
  }

  plus({ inputs, targets }: NewcomerMoments): NewcomerMoments {
    const sum = (a: Float64Array, b: Float64Array) => a.map((value, k) => value + b[k]);
    return new NewcomerMoments(this.#V + 1, sum(this.inputs, inputs), sum(this.targets, targets));
  }

  /**
   * T (V, V); null where there is nothing to learn from.
   *
   * @param share c
   * @param popular the outputs' products with popularity, (E)
   * @param strangerRidge in standard errors of a history's mean energy
   */
  map(share: number, popular: Float64Array, strangerRidge: number): Float64Array | null {
    const { inputs, targets, count } = this;
    const [V, S] = [this.#V, this.#S];
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
      solveFactored(normal, column, V);
      for (let a = 0; a < V; a++) map[a * V + e] = column[a];
    }
    return map;
  }
}

/** The moments of the starts in each half of the users. */
async function momentsOfHalves(
  engine: Engine,
  byUser: AnyRows,
  { factors: E, history, output }: Relevance,
  scales: readonly HistoryWeights[],
): Promise<[NewcomerMoments, NewcomerMoments]> {
  const S = paddedWidth(E);
  const M = byUser.columns;
  const likeFrom = likedFrom(scales);
  const N = M * scales.length; // a row for each scale of a movie
  const inputs = new Float32Array((N + 1) * S); // history vectors, and the constant in the last row
  inputs.set(withColumns(history, E, S));
  inputs[N * S + E - 1] = 1;
  const tables = [engine.tensor((N + 1) * S, inputs), engine.tensor(M * S, withColumns(output, E, S))];
  const sums = [0, 1].map(() => tables.map(() => engine.tensor(S * S)));
  const batches = [0, 1].map(() => [new SparseBuilder(N + 1), new SparseBuilder(M)]);
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
  for (const { half, rows, stars, known } of newcomerStarts(byUser)) {
    const [first, later] = batches[half];
    weightsOfScales(stars.subarray(0, known), scales).forEach((weight, k) => {
      first.add(rows[Math.floor(k / scales.length)] * scales.length + (k % scales.length), weight);
    });
    first.add(N, 1);
    first.endRow();
    const liked = 1 / Math.sqrt(rows.length - known);
    for (let k = known; k < rows.length; k++) if (stars[k] >= likeFrom) later.add(rows[k], liked);
    later.endRow();
    if (later.entries >= BATCH_LIKES) flush(half);
  }
  for (const half of [0, 1]) flush(half);
  const read = async (tensors: Tensor[]) => {
    const [first, second] = [await engine.read(tensors[0]), await engine.read(tensors[1])];
    return new NewcomerMoments(E, Float64Array.from(first), Float64Array.from(second));
  };
  const halves: [NewcomerMoments, NewcomerMoments] = [await read(sums[0]), await read(sums[1])];
  engine.free(...tables, ...sums.flat());
  return halves;
}
