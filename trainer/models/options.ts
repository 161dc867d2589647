import * as z from 'zod';
import type { Manifest } from '../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { GradientOptions } from './gradient/settings.ts';
import { MODELS } from './index.ts';
import type { OpenSettings, RatingModel } from './rating-model.ts';
import { relevanceDefaults } from './relevance/settings.ts';
import { COMMON_SETTINGS, flagOf, modelsWith, ownSettings } from './setting-fields.ts';
import { commonSettings } from './settings.ts';
import type { VariationalSettings } from './variational/settings.ts';

/** Every setting of a training, resolved. What it resolved to stands in the manifest's `config`. */
export type TrainingOptions = OpenSettings &
  Partial<VariationalSettings> & { readonly gradient?: Partial<GradientOptions> };

/** What may be asked for: the rest are defaults. Fields of a group may stand in it or beside it. */
export type GivenOptions = Partial<TrainingOptions>;

/** The model of that name; the default where none is named. Throws `bad-flag`. */
export function modelNamed(name: unknown = MODELS[0].name): RatingModel {
  const model = MODELS.find((one) => one.name === name);
  if (model) return model;
  throw new MarqueeError('bad-flag', `--model: got ${name}, expected ${listed(MODELS, 'or')}`);
}

/** Names of models as a sentence takes them: "vb, dot and neural". */
export function listed(models: readonly RatingModel[], word: 'and' | 'or'): string {
  return new Intl.ListFormat('en-GB', { type: word === 'and' ? 'conjunction' : 'disjunction' }).format(
    models.map(({ name }) => name),
  );
}

/** Fills in defaults and checks bounds. Throws `bad-flag` naming each setting that is off or that the model lacks. */
export function resolveOptions(given: GivenOptions = {}): TrainingOptions {
  const model = modelNamed(given.model);
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined) requireOwner(model, modelsWith(name), name);
  }
  const parsed = schemaOf(model)
    .strict()
    .safeParse(grouped(model, { ...model.defaults, ...given, model: model.name }));
  if (!parsed.success) throw new MarqueeError('bad-flag', z.prettifyError(parsed.error));
  return parsed.data as TrainingOptions;
}

/**
 * The options that a version was trained with. What its config lacks, as one of an earlier release may, stands at its
 * default; what its model does not have is left out.
 */
export function optionsOf({ config }: Pick<Manifest, 'config'>): TrainingOptions {
  const model = modelNamed(config.model);
  const names = [...COMMON_SETTINGS, ...ownSettings(model)];
  const given: Record<string, unknown> = { model: model.name };
  for (const { name, group } of names) {
    const holder = group ? (config[group] as Record<string, unknown> | undefined) : config;
    if (holder?.[name] !== undefined) given[name] = holder[name];
  }
  return resolveOptions(given);
}

/** Settings whose default follows from the number of ratings N, with what they then are. */
export function sizedOptions(N: number, options: TrainingOptions): Partial<TrainingOptions> {
  return { ...relevanceDefaults(N, options), ...modelNamed(options.model).sized?.(N, options) };
}

/** Whether a training may start from an earlier version: true, or why not. */
export function startsFrom(model: RatingModel, { version, config }: Manifest): true | string {
  const startable = MODELS.filter(({ warm }) => warm);
  if (!model.warm) return `--from ${belongsTo(startable, model)}`;
  const earlier = modelNamed(config.model);
  if (earlier.family === model.family) return true;
  const family = MODELS.filter(({ family }) => family === model.family);
  return `--from: ${version} was trained with --model ${earlier.name} (${earlier.title}), expected ${listed(family, 'or')}`;
}

/** Throws `bad-flag` where a flag or setting belongs to other models only. */
export function requireOwner(model: RatingModel, owners: readonly RatingModel[], name: string): void {
  if (owners.length === 0 || owners.includes(model)) return;
  throw new MarqueeError('bad-flag', `--${flagOf(name)} ${belongsTo(owners, model)}`);
}

function belongsTo(owners: readonly RatingModel[], model: RatingModel): string {
  return `belongs to --model ${listed(owners, 'and')}, not to ${model.name}`;
}

function schemaOf({ settings }: RatingModel): z.ZodObject {
  return commonSettings.extend(settings.shape);
}

/** Puts the settings of groups into them. */
function grouped(model: RatingModel, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = { ...given };
  for (const { name, group } of ownSettings(model)) {
    if (group === undefined || !(name in given)) continue;
    out[group] = { ...(out[group] as object | undefined), [name]: given[name] };
    delete out[name];
  }
  return out;
}
