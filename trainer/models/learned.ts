import type { Manifest } from '../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { StarRange } from '../../shared/model/response.ts';
import type { FloatArray } from '../math/dense.ts';
import type { Epoch } from './run.ts';

/** One side of a finished factorisation, without padding: rows of D = K + 1, the bias last; as precise as the engine. */
export interface Side {
  readonly rows: number;
  readonly means: FloatArray; // (R, D)
  readonly variances: FloatArray; // (R, D)
}

export interface Factorization {
  readonly factors: number; // K

  /** μ, stars. */
  readonly mean: number;
  readonly tau: number;
  readonly users: Side;
  readonly movies: Side;
  /** Λ of the users. */
  readonly userPrecision: Float64Array; // (D, D)

  /** Weights of the users' implicit prior: a prior vector for each movie, then the three constants. */
  readonly userPriorWeights: FloatArray; // (M + 3, D)

  /** Prior mean of a movie that the data know nothing of. */
  readonly newMovie: Float64Array; // (D)

  /** Weights of the movies' features: what genres and years add to `newMovie`. */
  readonly movieKinds: Float64Array; // (P, D)
}

/** Bytes of a factorisation of R rows, M of them movies: means and variances of both sides, a prior vector a movie. */
export function factorizationBytes(R: number, M: number, K: number): number {
  return Float64Array.BYTES_PER_ELEMENT * (2 * R + M) * (K + 1);
}

/** Throws `training-diverged` naming what is not finite. */
export function requireFinite(what: string, values: ArrayLike<number>): void {
  for (let at = 0; at < values.length; at++) {
    if (Number.isFinite(values[at])) continue;
    throw new MarqueeError('training-diverged', `training diverged: ${what} became ${values[at]}`, {
      fix: 'Look for ratings or options that are far off; another seed or fewer factors may help.',
    });
  }
}

/** What a rating model learned, as the artifact takes it. */
export interface Learned {
  readonly factorization: Factorization;
  /** Stars between which a sigmoid keeps predictions; without it, stars are the score itself. */
  readonly range?: StarRange;
  /** Errors on held-out ratings; on those that it learned from where none were held out. */
  readonly metrics: Manifest['metrics'];
  /** Of models that gradients train. */
  readonly epochs?: readonly Epoch[];
  /** What computed it, where that is not the engine alone. */
  readonly device?: string;
  /** What the artifact gets beside its tables. */
  readonly files?: readonly LearnedFile[];
}

/** A file of a rating model's own, such as a network's. */
export interface LearnedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Rows that it describes, as the manifest states them. */
  readonly rows: number;
}

/** (R, D) → (R, K): rows without their bias, rounded as the artifact keeps them. */
export function factorsOf(rows: FloatArray, K: number): Float32Array {
  const R = rows.length / (K + 1);
  const out = new Float32Array(R * K);
  for (let r = 0; r < R; r++) out.set(rows.subarray(r * (K + 1), r * (K + 1) + K), r * K);
  return out;
}

/** (R, D) → (R): the biases of a side's rows. */
export function biasesOf({ rows, means }: Side, K: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => means[row * (K + 1) + K]);
}
