import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { TRAINING_FIT } from '../../math/metrics.ts';
import { asStored } from '../as-stored.ts';
import type { Learned } from '../learned.ts';
import type { MovieFeatures } from '../movie-features.ts';
import { movieFeatures } from '../movie-features.ts';
import type { ModelRun, SpilledData } from '../rating-model.ts';
import { commonSettings } from '../settings.ts';
import type { TrainingIdentity } from '../state-file.ts';
import { keepCheckpoints } from './checkpoint.ts';
import { type FactorizationRun, factorize } from './factorize.ts';
import { ratingDefaults, type VariationalOptions, variationalSettings } from './settings.ts';
import { type WarmStart, warmStart } from './warm-start.ts';

/** Trains the variational factorisation, from where an interrupted run left it. Ratings may be in memory or on a disk. */
export async function trainVariational(
  { engine, onStep, from, checkpoint, signal }: ModelRun,
  data: SpilledData,
  options: VariationalOptions,
): Promise<Learned> {
  const { dataset, matrix } = data;
  const start = from && warmStart(from, matrix.movieIds, options);
  const features = movieFeatures(matrix.movieIds, dataset.movies);
  const keeper =
    checkpoint && (await keepCheckpoints(checkpoint, identify(engine.name, data, features, options, start)));
  const resume = keeper?.resume;
  if (resume) onStep({ step: 'resume', sweep: resume.sweep, sweeps: options.sweeps });
  const onSweep: FactorizationRun['onSweep'] = async (report, state) => {
    onStep({ step: 'rating', ...report });
    if (signal) await setImmediate(); // whoever aborts needs a turn of the event loop
    await keeper?.keep(state, report.sweep === report.sweeps || signal?.aborted === true);
    signal?.throwIfAborted();
  };
  const settings = { ...options, ...ratingDefaults(dataset.ratings.count, options) };
  const run = { start, resume, round: asStored, onSweep };
  const { fit, ...factorization } = await factorize(engine, matrix, features, settings, run);
  signal?.throwIfAborted();
  return { factorization, metrics: { protocol: TRAINING_FIT, ...fit } };
}

/** All that decides about the bytes of the rating model. */
function identify(
  engine: string,
  { dataset: { ratings, sha256 }, matrix: { userIds, movieIds } }: SpilledData,
  features: MovieFeatures,
  settings: VariationalOptions,
  start: WarmStart | undefined,
): TrainingIdentity {
  // Of the settings, those that have a say: the network beside this model, whatever it is, has none.
  const options = { ...commonSettings.omit({ model: true }).parse(settings), ...variationalSettings.parse(settings) };
  return {
    ...options,
    engine,
    'data sha256': sha256,
    ratings: ratings.count,
    users: userIds.length,
    movies: movieIds.length,
    'movies sha256': createHash('sha256').update(movieIds).update(features.values).digest('hex'),
    from: start?.version ?? null,
  };
}
