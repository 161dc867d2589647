import { solveSymmetric } from '../../../shared/math/linalg.ts';
import { type Engine, paddedWidth, type SideTensors, type Tensor } from '../../engines/engine.ts';
import { random, STREAMS } from '../../math/random.ts';
import { type SparseRows, transpose } from '../../math/sparse.ts';
import type { Ranker } from './core.ts';

export interface IalsOptions {
  readonly factors: number; // E
  readonly sweeps: number;
  /** α₀, weight of every (user, movie) pair as one that was not liked. */
  readonly unobserved: number;
  /** λ. */
  readonly ridge: number;
  readonly seed: number;
}

/** Rendle, Krichene, Zhang & Koren start from N(0, (0.1/√E)²). */
const INIT_DEVIATION = 0.1;

/** Precision of the bias slot, which iALS does not use: its value stays below 1e-5. */
const NO_BIAS = 1e9;

interface IalsSide extends SideTensors {
  readonly likes: ReturnType<Engine['sparse']>;
}

/**
 * Implicit ALS (Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008) with the
 * regularisation and settings of Rendle, Krichene, Zhang & Koren ("Revisiting the performance of iALS on item
 * recommendation benchmarks", RecSys 2022). Each side in turn minimises
 *   Σ_liked (1 − p_u·q_i)² + α₀ Σ_all (p_u·q_i)² + λ Σ_u (n_u + α₀ C) ‖p_u‖² + λ Σ_i (n_i + α₀ U) ‖q_i‖²
 * so A_u = Σ_liked (q qᵀ + λI) + α₀ (QᵀQ + λ C I): the engine's half sweep with τ = 1, variances λ, and the rest as Λ.
 *
 * @param likes users × C, every entry a like
 */
export async function fitIals(engine: Engine, likes: SparseRows, options: IalsOptions): Promise<Ranker> {
  const { factors: E, seed } = options;
  const S = paddedWidth(E + 1);
  const users = startSide(engine, likes, S);
  const movies = startSide(engine, transpose(likes), S);
  const source = random(seed, STREAMS.movieFactors);
  const start = new Float32Array(movies.rows * S);
  for (let r = 0; r < movies.rows; r++) {
    for (let x = 0; x < E; x++) start[r * S + x] = (INIT_DEVIATION / Math.sqrt(E)) * source.normal();
  }
  engine.write(movies.means, start);
  for (let sweep = 0; sweep < options.sweeps; sweep++) {
    for (const [side, other] of [
      [users, movies],
      [movies, users],
    ]) {
      engine.write(side.precision, await commonPrecision(engine, other, options));
      const constant = engine.tensor(other.rows * S, new Float32Array(other.rows * S).fill(options.ridge));
      engine.solveRows({ ratings: side.likes, side, other: { ...other, variances: constant }, tau: 1 });
      engine.free(constant);
    }
  }
  const q = columns(await engine.read(movies.means), S, E);
  const common = await commonPrecision(engine, movies, options);
  for (const side of [users, movies]) {
    engine.free(side.means, side.variances, side.priorMeans, side.precision);
    engine.freeSparse(side.likes);
  }
  return ials(q, firstSquare(common, S, E), E, options.ridge);
}

function startSide(engine: Engine, likes: SparseRows, S: number): IalsSide {
  const R = likes.rows;
  const ones = { ...likes, values: new Float32Array(likes.indices.length).fill(1) };
  const [means, variances, priorMeans] = [0, 1, 2].map((): Tensor => engine.tensor(R * S));
  return {
    rows: R,
    width: S,
    means,
    variances,
    priorMeans,
    precision: engine.tensor(S * S),
    likes: engine.sparse(ones),
  };
}

/** α₀ (GᵀG + λ R I) of the other side's factors G (R, S); padding stays 0 and the bias slot next to 0. */
async function commonPrecision(
  engine: Engine,
  { means, rows: R, width: S }: SideTensors,
  { factors: E, unobserved, ridge }: IalsOptions,
): Promise<Float64Array> {
  const gram = engine.tensor(S * S);
  engine.multiply(means, means, gram, S, R, S, true);
  const precision = Float64Array.from(await engine.read(gram), (value) => unobserved * value);
  engine.free(gram);
  for (let x = 0; x < S; x++) precision[x * S + x] += x < E ? unobserved * ridge * R : NO_BIAS;
  return precision;
}

/** @param q (C, E)   @param common α₀ (QᵀQ + λ C I), (E, E) */
function ials(q: Float64Array, common: Float64Array, E: number, ridge: number): Ranker {
  const C = q.length / E;
  return {
    async score(histories) {
      const scores = new Float32Array(histories.rows * C);
      for (let u = 0; u < histories.rows; u++) {
        const [from, to] = [histories.offsets[u], histories.offsets[u + 1]];
        const p = solveUser(
          q,
          common,
          histories.indices.subarray(from, to),
          histories.values.subarray(from, to),
          ridge,
        );
        for (let i = 0; i < C; i++) {
          let sum = 0;
          for (let x = 0, at = i * E; x < E; x++, at++) sum += p[x] * q[at];
          scores[u * C + i] = sum;
        }
      }
      return scores;
    },
    close: () => {},
  };
}

/**
 * p = (Σ w (q qᵀ + λI) + common)⁻¹ Σ w q over the movies of positive weight. Weights are scaled to a mean of 1: recent
 * movies weigh more, but the history as a whole weighs as much as in training.
 */
function solveUser(q: Float64Array, common: Float64Array, movies: Int32Array, weights: Float32Array, ridge: number) {
  const E = Math.sqrt(common.length);
  const normal = common.slice();
  const p = new Float64Array(E);
  const total = weights.reduce((sum, w) => sum + Math.max(0, w), 0);
  const count = weights.reduce((sum, w) => sum + (w > 0 ? 1 : 0), 0);
  for (let k = 0; k < movies.length; k++) {
    if (!(weights[k] > 0)) continue;
    const w = (weights[k] * count) / total;
    const f = q.subarray(movies[k] * E, (movies[k] + 1) * E);
    for (let x = 0; x < E; x++) {
      p[x] += w * f[x];
      normal[x * E + x] += w * ridge;
      for (let y = 0; y <= x; y++) normal[x * E + y] += w * f[x] * f[y];
    }
  }
  solveSymmetric(normal, p, E);
  return p;
}

/** (R, S) → (R, E): the first E columns. */
function columns(rows: ArrayLike<number>, S: number, E: number): Float64Array {
  return Float64Array.from({ length: (rows.length / S) * E }, (_, at) => rows[Math.floor(at / E) * S + (at % E)]);
}

function firstSquare(square: Float64Array, S: number, E: number): Float64Array {
  return columns(square.subarray(0, E * S), S, E);
}
