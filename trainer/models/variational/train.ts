import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Dataset } from '../../data/dataset.ts';
import type { RatingMatrix } from '../../data/rating-matrix.ts';
import type { Engine } from '../../engines/engine.ts';
import type { TrainingOptions } from '../../options/training.ts';
import type { MovieFeatures } from '../movie-features.ts';
import { movieFeatures } from '../movie-features.ts';
import type { TrainingRun, TrainingStep } from '../run.ts';
import type { TrainingIdentity } from '../state-file.ts';
import { keepCheckpoints } from './checkpoint.ts';
import { type FactorizationRun, type FittedFactorization, factorize } from './factorize.ts';
import { ratingDefaults } from './settings.ts';
import type { WarmStart } from './warm-start.ts';

/** The rating model, from where an interrupted run left it. */
export async function trainRatings(
  engine: Engine,
  dataset: Dataset,
  matrix: RatingMatrix,
  options: TrainingOptions,
  onStep: (step: TrainingStep) => void,
  { start, checkpoint, signal }: Pick<TrainingRun, 'checkpoint' | 'signal'> & { start?: WarmStart },
): Promise<FittedFactorization> {
  const features = movieFeatures(matrix.movieIds, dataset.movies);
  const keeper =
    checkpoint && (await keepCheckpoints(checkpoint, identify(engine, dataset, matrix, features, options, start)));
  const resume = keeper?.resume;
  if (resume) onStep({ step: 'resume', sweep: resume.sweep, sweeps: options.sweeps });
  const onSweep: FactorizationRun['onSweep'] = async (report, state) => {
    onStep({ step: 'rating', ...report });
    if (signal) await setImmediate(); // whoever aborts needs a turn of the event loop
    await keeper?.keep(state, report.sweep === report.sweeps || signal?.aborted === true);
    signal?.throwIfAborted();
  };
  const settings = { ...options, ...ratingDefaults(dataset.ratings.count, options) };
  const learned = await factorize(engine, matrix, features, settings, { start, resume, onSweep });
  signal?.throwIfAborted();
  return learned;
}

/** All that decides about the bytes of the rating model. */
function identify(
  engine: Engine,
  { ratings, sha256 }: Dataset,
  { userIds, movieIds }: RatingMatrix,
  features: MovieFeatures,
  { model: _, gradient: __, ...options }: TrainingOptions,
  start: WarmStart | undefined,
): TrainingIdentity {
  return {
    ...options,
    engine: engine.name,
    'data sha256': sha256,
    ratings: ratings.count,
    users: userIds.length,
    movies: movieIds.length,
    'movies sha256': createHash('sha256').update(movieIds).update(features.values).digest('hex'),
    from: start?.version ?? null,
  };
}
