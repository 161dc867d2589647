import type { Manifest } from '../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { ResponseFunction } from '../../shared/model/response.ts';
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

  /** Link of the users: a prior vector for each movie, then the three constants. */
  readonly userPriorWeights: FloatArray; // (M + 3, D)

  /** Prior mean of a movie that the data know nothing of. */
  readonly newMovie: Float64Array; // (D)

  /** Link of the movies' features, what genres and years add to that. */
  readonly movieKinds: Float64Array; // (P, D)
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

/** A dot product that gradients trained, as the artifact takes it. */
export interface DotModel {
  readonly factorization: Factorization;
  readonly response: ResponseFunction;
  readonly range: Manifest['range'];
  readonly epochs: readonly Epoch[];
  /** Error on the held-out ratings; on the others where none were held out. */
  readonly metrics: Manifest['metrics'];
  readonly device: string;
}
