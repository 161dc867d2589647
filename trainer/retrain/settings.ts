import type { Manifest } from '../../shared/artifact/manifest.ts';
import {
  type GivenOptions,
  modelNamed,
  optionsOf,
  resolveOptions,
  sizedOptions,
  startsFrom,
  type TrainingOptions,
} from '../models/options.ts';

/** How the trainings of a night are set. */
export interface RetrainPlan {
  /** The challenger starts from the model in service. */
  readonly warm: boolean;
  readonly options: TrainingOptions;
  /** Settings of the twin of the model in service: trained cold, without the hold-out. */
  readonly twin: TrainingOptions;
}

/**
 * The settings are those of the model in service, so that what was tuned stays tuned; flags change them. Training starts
 * warm where the model can, unless `cold` is asked for or the factors differ in number.
 *
 * @throws `bad-flag` when a setting is out of bounds, or one that the model lacks
 */
export function planTraining(served: Manifest | null, given: GivenOptions, cold: boolean): RetrainPlan {
  const inherited = served ? inheritedSettings(served) : {};
  const asked = resolveOptions({ ...inherited, ...given });
  const model = modelNamed(asked.model);
  const warm = served !== null && !cold && asked.factors === served.factors && startsFrom(model, served) === true;
  return {
    warm,
    options: warm ? resolveOptions({ ...inherited, ...model.warm, ...given }) : asked,
    twin: resolveOptions({ ...inherited, ...(served && settingsOfStart(served)) }),
  };
}

/** A version's settings but for those that belong to its start, and for those that only followed from its size. */
function inheritedSettings(served: Manifest): GivenOptions {
  const { model } = optionsOf(served);
  const bySize = sizedOptions(served.dataset.ratings, resolveOptions({ model }));
  const settings = Object.entries(optionsOf(served));
  return Object.fromEntries(settings.filter(([name, value]) => !isOfStart(served, name) && value !== bySize[name]));
}

/** How long a version was trained, which says nothing about a cold training where it started warm itself. */
function settingsOfStart(served: Manifest): GivenOptions {
  if ('from' in served.config) return {};
  return Object.fromEntries(Object.entries(optionsOf(served)).filter(([name]) => isOfStart(served, name)));
}

/** Whether a setting depends on where a training starts: it is not handed on. */
function isOfStart({ config }: Manifest, setting: string): boolean {
  return setting in (modelNamed(config.model).warm ?? {});
}
