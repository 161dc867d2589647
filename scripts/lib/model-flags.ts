import { type Command, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { MODELS } from '../../trainer/models/index.ts';
import { type GivenOptions, modelNamed, requireOwner } from '../../trainer/models/options.ts';
import type { RatingModel } from '../../trainer/models/rating-model.ts';
import { allSettings, flagOf, innermost, modelsWith, type Setting } from '../../trainer/models/setting-fields.ts';
import { number } from './cli.ts';

type Flags = Readonly<Record<string, unknown>>;

/** Adds a flag for every setting of trainings that is no part of a group: `--relevance-factors`, `--seed`, … */
export function addTrainingFlags(program: Command): Command {
  for (const setting of plainSettings()) program.addOption(optionOf(setting));
  return program;
}

/** Adds `--model`, and the settings in the groups of its models. */
export function addModelFlags(program: Command): Command {
  const names = MODELS.map(({ name }) => name);
  const help = MODELS.map(({ name, title }) => `${name} (${title})`).join(', ');
  program.addOption(new Option('--model <name>', help).choices(names).default(names[0]));
  for (const setting of allSettings().filter(({ group }) => group)) program.addOption(optionOf(setting));
  return program;
}

/** The settings among a command's options that are no part of a group. */
export function trainingFlags(options: Flags): GivenOptions {
  return valuesOf(plainSettings(), options);
}

/**
 * Every training setting among a command's options, those of groups and the model's name included.
 *
 * @param others further flags of the command that only some models know, and which
 * @throws `bad-flag` naming a flag that does not belong to the chosen model
 */
export function modelFlags(
  options: Flags,
  others: Readonly<Record<string, (model: RatingModel) => boolean>> = {},
): GivenOptions {
  const model = modelNamed(options.model);
  for (const [name, knows] of Object.entries(others)) {
    if (options[name]) requireOwner(model, MODELS.filter(knows), name);
  }
  return { ...valuesOf(allSettings(), options), model: model.name };
}

/** Settings whose values have commas themselves. */
export function hasCommas({ field }: Setting): boolean {
  const inner = innermost(field);
  return inner instanceof z.ZodArray || inner instanceof z.ZodObject;
}

function plainSettings(): readonly Setting[] {
  return allSettings().filter(({ group }) => !group);
}

/** Commander sets a flag that switches off whether or not it was given; 'none' stands for null. */
function valuesOf(settings: readonly Setting[], options: Flags): Record<string, unknown> {
  const given = settings.filter(({ name, field }) =>
    innermost(field) instanceof z.ZodBoolean ? options[name] === false : options[name] !== undefined,
  );
  return Object.fromEntries(given.map(({ name }) => [name, options[name] === 'none' ? null : options[name]]));
}

/** The flag of a setting, read by the kind of its field. */
function optionOf({ name, field }: Setting): Option {
  const flag = `--${flagOf(name)}`;
  const inner = innermost(field);
  const help = helpOf({ name, field });
  if (inner instanceof z.ZodBoolean) return new Option(flag, help);
  if (inner instanceof z.ZodEnum) return new Option(`${flag} <name>`, help).choices(inner.options.map(String));
  if (inner instanceof z.ZodObject) return new Option(`${flag} <lo,hi>`, help).argParser(range);
  if (inner instanceof z.ZodArray) return new Option(`${flag} <list>`, help).argParser(list);
  return new Option(`${flag} <${field.meta()?.value ?? 'number'}>`, help).argParser(number);
}

/** What a setting is for: its default where the default model has it, else the models that have it. */
function helpOf({ name, field }: Setting): string {
  const owners = modelsWith(name);
  const { description = name, no = description } = field.meta() ?? {};
  if (!owners.includes(MODELS[0])) return `${no} (${owners.map((model) => model.name).join(', ')})`;
  const { data } = field.safeParse(undefined);
  return data === undefined ? `${no}` : `${no} (default ${data})`;
}

/** 'none' stays a text: commander makes an empty one of null. */
function range(text: string): { min: number; max: number } | 'none' {
  if (text === 'none') return text;
  const [min, max, ...more] = text.split(',').map(Number);
  if (!(min < max) || more.length > 0) throw new InvalidArgumentError('expected two numbers, such as 0,5.5, or none.');
  return { min, max };
}

function list(text: string): number[] {
  const widths = text.split(',').map(Number);
  if (!widths.every((width) => Number.isInteger(width) && width > 0)) {
    throw new InvalidArgumentError('expected whole numbers, such as 100,50.');
  }
  return widths;
}
