import type { RatingModel } from '../rating-model.ts';
import { removeCheckpoint } from './checkpoint.ts';
import { factorizationMemory } from './memory.ts';
import { ratingDefaults, type VariationalOptions, variationalSettings, wholeCovariances } from './settings.ts';
import { trainVariational } from './train.ts';
import { WARM_DEFAULTS } from './warm-start.ts';

/** Variational matrix factorisation with implicit-feedback priors (`factorize.ts`). */
export const variational: RatingModel<VariationalOptions> = {
  name: 'vb',
  title: 'variational factorisation',
  settings: variationalSettings,
  sized(N, settings) {
    const { userRidge, linkPenalty } = ratingDefaults(N, settings);
    return { userRidge, linkPenalty };
  },
  family: 'variational',
  warm: WARM_DEFAULTS,
  resumes: 'by-itself',
  removeCheckpoint,
  makesLists: true,
  memory: ({ settings, ...question }) =>
    factorizationMemory({
      ...question,
      settings,
      covariances: wholeCovariances(question.shape.ratings, settings) !== 'never',
    }),
  savings: (N, settings) => (wholeCovariances(N, settings) === 'never' ? {} : { fullCovarianceUpTo: 0 }),
  train: trainVariational,
  trainSpilled: trainVariational,
};
