import type { Artifact } from '../../artifact/artifact.ts';
import type { Dataset, Ratings } from '../../data/dataset.ts';
import { indexRatings, type RatingMatrix } from '../../data/rating-matrix.ts';
import { withRatings } from '../../data/ratings.ts';
import { type Split, splitDataset } from '../../data/split.ts';
import type { Engine } from '../../engines/engine.ts';
import { measure } from '../../evaluate/evaluate.ts';
import { offsetsOf, type SparseRows } from '../../math/sparse.ts';
import { movieFeatures } from '../../models/movie-features.ts';
import { factorize } from '../../models/variational/factorize.ts';
import { ratingDefaults, type VariationalOptions } from '../../models/variational/settings.ts';
import { train } from '../../train/train.ts';

/** The best number of sweeps is searched up to here. */
const MOST_SWEEPS = 40;
const HOLD_OUT = 0.1;

/** So many users' lists suffice to tell one setting from another. */
const VALIDATION_USERS = 600;

/** Measures a candidate; returns its settings too, with the best number of sweeps where that was found. */
export interface Criterion {
  readonly metric: 'RMSE' | 'NDCG@10';
  measure(candidate: VariationalOptions): Promise<{ score: number; options: VariationalOptions }>;
}

/** RMSE on a random tenth after the best number of sweeps, or after the fixed one. */
export function ratingError(engine: Engine, dataset: Dataset, seed: number, fixedSweeps: boolean): Criterion {
  const split = splitDataset(dataset, 'random', HOLD_OUT, seed);
  const matrix = indexRatings(split.train, dataset.movies);
  const heldOut = restOf(split.test, matrix);
  const features = movieFeatures(matrix.movieIds, dataset.movies);
  return {
    metric: 'RMSE',
    measure: async (candidate) => {
      const errors: number[] = [];
      const sweeps = fixedSweeps ? candidate.sweeps : MOST_SWEEPS;
      const defaults = ratingDefaults(split.train.count, candidate);
      await factorize(
        engine,
        matrix,
        features,
        { ...candidate, ...defaults, sweeps, noLateSweeps: true },
        {
          heldOut,
          onSweep: ({ heldOutError = Number.NaN }) => void errors.push(heldOutError),
        },
      );
      const best = fixedSweeps ? sweeps - 1 : errors.indexOf(Math.min(...errors));
      return { score: errors[best], options: { ...candidate, sweeps: best + 1 } };
    },
  };
}

/** NDCG@10 of unseen users by relevance alone; the rating model is as small as possible. */
export function relevanceQuality(engine: Engine, dataset: Dataset, users: Split): Criterion {
  return {
    metric: 'NDCG@10',
    measure: async (candidate) => {
      const bare = { ...candidate, factors: 1, sweeps: 1, fullCovarianceUpTo: 0, blend: 0 };
      const artifact = await train(engine, withRatings(dataset, users.train), bare);
      return { score: await quality(artifact, users), options: candidate };
    },
  };
}

/** NDCG@10 of unseen users by blend: the settings are trained once. */
export function blendQuality(engine: Engine, dataset: Dataset, users: Split, settings: VariationalOptions): Criterion {
  let trained: Promise<Artifact> | undefined;
  return {
    metric: 'NDCG@10',
    measure: async (candidate) => {
      trained ??= train(engine, withRatings(dataset, users.train), settings);
      const { manifest, files } = await trained;
      const blended = { files, manifest: { ...manifest, blend: candidate.blend } };
      return { score: await quality(blended, users), options: candidate };
    },
  };
}

async function quality(artifact: Artifact, users: Split): Promise<number> {
  return (await measure(artifact, users)).metrics['ndcg@10'];
}

/** Unseen users: a tenth of all, or up to three tenths where a tenth is too few. */
export function validationUsers(dataset: Dataset, seed: number): Split {
  const users = new Set(dataset.ratings.userIds).size;
  const share = Math.min(3 * HOLD_OUT, Math.max(HOLD_OUT, VALIDATION_USERS / users));
  return splitDataset(dataset, 'users', share, seed);
}

/** Held-out ratings as rows and columns of a matrix; users and movies that it lacks are left out. */
function restOf(test: Ratings, { userIds, movieIds, byUser }: RatingMatrix): SparseRows {
  const rowOf = new Map(Array.from(userIds, (userId, row) => [userId, row]));
  const columnOf = new Map(Array.from(movieIds, (movieId, column) => [movieId, column]));
  const byRow: number[][] = Array.from(userIds, () => []);
  for (let i = 0; i < test.count; i++) {
    if (columnOf.has(test.movieIds[i])) byRow[rowOf.get(test.userIds[i]) ?? -1]?.push(i);
  }
  const order = byRow.flat();
  return {
    rows: byUser.rows,
    columns: byUser.columns,
    offsets: offsetsOf(byRow.map(({ length }) => length)),
    indices: Int32Array.from(order, (i) => columnOf.get(test.movieIds[i])!),
    values: Float32Array.from(order, (i) => test.stars[i]),
  };
}
