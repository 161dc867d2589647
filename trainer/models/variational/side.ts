import { MarqueeError } from '../../../shared/errors.ts';
import { constantFeatures, implicitWeight } from '../../../shared/model/posterior.ts';
import {
  covarianceLength,
  type Engine,
  type ImplicitPrior,
  type SideTensors,
  type Sparse,
  type Tensor,
} from '../../engines/engine.ts';
import type { FloatArray } from '../../math/dense.ts';
import type { AnyRows } from '../../math/sparse.ts';
import type { Side } from '../learned.ts';
import type { MovieFeatures } from '../movie-features.ts';

/** How many constant features every row has (`constantFeatures`). */
export const CONSTANTS = 3;

/** One side of the factorisation on the engine while it is trained. */
export interface WorkingSide extends SideTensors {
  readonly ratings: Sparse; // (R, C)
  readonly implicitPrior: ImplicitPrior;
  readonly weights: Tensor; // (C + P, S)
  readonly ridge: number;
}

const INIT_VARIANCE = 0.001;
const INIT_PRECISION = 10;
export const INIT_BIAS_PRECISION = 3;

/** What a side starts from. */
export interface SideStart {
  readonly rows: AnyRows; // (R, C), who rated what
  readonly ratings: Sparse; // (R, C) centred, on the engine
  readonly transposed: Sparse; // (C, R)
  readonly width: number; // S
  readonly ridge: number;
  readonly fullCovariance: boolean;
  /** Features beside the constants. */
  readonly features: MovieFeatures;
}

/** A side before the first sweep, when nothing is known but who rated what. */
export function startSide(engine: Engine, start: SideStart): WorkingSide {
  const { rows, ratings, transposed, width: S, ridge, fullCovariance, features: more } = start;
  const R = rows.rows;
  const P = CONSTANTS + more.count;
  const scale = new Float64Array(R);
  const features = new Float64Array(R * P);
  for (let r = 0; r < R; r++) {
    const n = rows.offsets[r + 1] - rows.offsets[r];
    scale[r] = implicitWeight(n);
    features.set(constantFeatures(n), r * P);
    features.set(more.values.subarray(r * more.count, (r + 1) * more.count), r * P + CONSTANTS);
  }
  return {
    rows: R,
    width: S,
    ratings,
    means: engine.tensor(R * S),
    variances: engine.tensor(R * S, new Float32Array(R * S).fill(INIT_VARIANCE)),
    covariances: fullCovariance ? engine.tensor(R * covarianceLength(S), initialCovariances(R, S)) : undefined,
    priorMeans: engine.tensor(R * S),
    precision: engine.tensor(S * S, initialPrecision(S)),
    weights: engine.tensor((rows.columns + P) * S),
    ridge,
    implicitPrior: {
      pattern: ratings,
      transposed,
      scale: engine.tensor(R, scale),
      features: engine.tensor(R * P, features),
      featureCount: P,
      width: S,
    },
  };
}

/** Λ of a side before anything is known of it, (S, S). */
export function initialPrecision(S: number): Float64Array {
  const precision = new Float64Array(S * S);
  for (let x = 0; x < S; x++) precision[x * S + x] = x === S - 1 ? INIT_BIAS_PRECISION : INIT_PRECISION;
  return precision;
}

function initialCovariances(rows: number, S: number): Float32Array {
  return diagonalCovariances(new Float32Array(rows * S).fill(INIT_VARIANCE), S);
}

/** The side with whole covariances, which are its variances on the diagonal and zeros elsewhere. */
export async function withCovariances(engine: Engine, side: WorkingSide): Promise<WorkingSide> {
  const variances = await engine.read(side.variances);
  const length = side.rows * covarianceLength(side.width);
  return { ...side, covariances: engine.tensor(length, diagonalCovariances(variances, side.width)) };
}

/** Packed covariances (R, covarianceLength(S)) with these diagonals (R, S) and zeros elsewhere. */
export function diagonalCovariances(variances: ArrayLike<number>, S: number): Float32Array {
  const length = covarianceLength(S);
  const rows = variances.length / S;
  const covariances = new Float32Array(rows * length);
  for (let x = 0, at = 0; x < S; at += S - (x & ~3), x++) {
    for (let r = 0; r < rows; r++) covariances[r * length + at + (x & 3)] = variances[r * S + x];
  }
  return covariances;
}

/** Tensors of a side that sweeps change. */
const STATE = ['means', 'variances', 'covariances', 'priorMeans', 'precision', 'weights'] as const;
type StateName = (typeof STATE)[number];

/** All that the next sweep needs of one side, padded and as precise as on the engine. */
export type SideState = Readonly<Partial<Record<StateName, Float32Array | Float64Array>>>;

/** Reads what `writeSideState` writes. */
export async function readSideState(engine: Engine, side: WorkingSide): Promise<SideState> {
  const state: Partial<Record<StateName, Float32Array | Float64Array>> = {};
  for (const name of STATE) {
    const tensor = side[name];
    if (tensor) state[name] = await engine.read(tensor);
  }
  return state;
}

/** Writes what `readSideState` read to a side of the same shape. */
export function writeSideState(engine: Engine, side: WorkingSide, state: SideState): void {
  for (const name of STATE) {
    const [tensor, values] = [side[name], state[name]];
    if (tensor?.length !== values?.length) {
      throw new MarqueeError('internal', `${name}: got ${values?.length} values, expected ${tensor?.length}`);
    }
    if (tensor && values) engine.write(tensor, values);
  }
}

/** Frees all that a side has on the engine. */
export function freeSide(engine: Engine, side: WorkingSide): void {
  const { scale, features } = side.implicitPrior;
  for (const name of STATE) if (side[name]) engine.free(side[name]);
  engine.free(scale, features);
  engine.freeSparse(side.ratings);
}

/** Reads a side without padding. */
export async function readSide(engine: Engine, side: WorkingSide, K: number): Promise<Side> {
  const S = side.width;
  return {
    rows: side.rows,
    means: unpadRows(await engine.read(side.means), K, S),
    variances: unpadRows(await engine.read(side.variances), K, S),
  };
}

/** (R, S) with padding before the bias → (R, D). */
export function unpadRows<T extends FloatArray>(padded: T, K: number, S: number): T {
  const D = K + 1;
  const out = new (padded.constructor as new (length: number) => T)((padded.length / S) * D);
  for (let from = 0, to = 0; from < padded.length; from += S, to += D) {
    out.set(padded.subarray(from, from + K), to);
    out[to + K] = padded[from + S - 1];
  }
  return out;
}

/** (R, D) → (R, S) with zeros before the bias. */
export function padRows(rows: ArrayLike<number>, K: number, S: number): Float64Array {
  const D = K + 1;
  const out = new Float64Array((rows.length / D) * S);
  for (let r = 0; r < rows.length / D; r++) {
    for (let x = 0; x < K; x++) out[r * S + x] = rows[r * D + x];
    out[r * S + S - 1] = rows[r * D + K];
  }
  return out;
}

/** (S, S) → (D, D). */
export function unpadSquare(padded: ArrayLike<number>, K: number, S: number): Float64Array {
  const slot = (x: number) => (x === K ? S - 1 : x);
  const D = K + 1;
  return Float64Array.from({ length: D * D }, (_, at) => padded[slot(Math.floor(at / D)) * S + slot(at % D)]);
}
