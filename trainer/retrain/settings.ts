import type { Manifest } from '../../shared/artifact/manifest.ts';
import { relevanceDefaults } from '../models/relevance/settings.ts';
import { ratingDefaults } from '../models/variational/settings.ts';
import { WARM_DEFAULTS } from '../models/variational/warm-start.ts';
import { resolveOptions, type TrainingOptions, trainingSchema } from '../options/training.ts';

/** How the trainings of a night are set. */
export interface RetrainPlan {
  /** The challenger starts from the model in service. */
  readonly warm: boolean;
  readonly options: TrainingOptions;
  /** Of the model in service when it is trained anew, cold, without the hold-out. */
  readonly twin: TrainingOptions;
}

/**
 * The settings are those of the model in service, so that what was tuned stays tuned; flags change them. Training starts
 * warm unless `cold` is asked for or the factors differ in number: then, or with nothing in service, it starts cold, as does
 * a dot product that gradients train.
 *
 * @throws `bad-flag` when a setting is out of bounds
 */
export function planTraining(served: Manifest | null, given: Partial<TrainingOptions>, cold: boolean): RetrainPlan {
  const inherited = served ? inheritedSettings(served) : {};
  const asked = resolveOptions({ ...inherited, ...given });
  const warm = served !== null && !cold && asked.model !== 'dot' && asked.factors === served.factors;
  // The sweeps of a model that itself started warm say nothing about those of a cold start.
  const sweeps = served && !('from' in served.config) ? { sweeps: served.config.sweeps as number } : {};
  return {
    warm,
    options: warm ? resolveOptions({ ...inherited, ...WARM_DEFAULTS, ...given }) : asked,
    twin: resolveOptions({ ...inherited, ...sweeps }),
  };
}

/** How long to train depends on where it starts; these are not handed on. */
const OF_THE_START = new Set(Object.keys(WARM_DEFAULTS));

/** A model's settings but for those that belong to its start, and for those that only followed from its size. */
function inheritedSettings({ config, dataset }: Manifest): Partial<TrainingOptions> {
  const defaults = resolveOptions();
  const bySize: Partial<Record<string, unknown>> = {
    ...ratingDefaults(dataset.ratings, defaults),
    ...relevanceDefaults(dataset.ratings, defaults),
  };
  const names = Object.keys(trainingSchema.shape).filter(
    (name) => config[name] !== undefined && !OF_THE_START.has(name) && config[name] !== bySize[name],
  );
  return Object.fromEntries(names.map((name) => [name, config[name]]));
}
