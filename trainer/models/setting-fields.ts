import * as z from 'zod';
import { MODELS } from './index.ts';
import type { RatingModel } from './rating-model.ts';
import { commonSettings } from './settings.ts';

/** A setting as flags and sweep grids name it. */
export interface Setting {
  readonly name: string;
  readonly field: z.ZodType;
  /** The object of the options that it is part of. */
  readonly group?: string;
}

/** The settings of every training, without the model's name. */
export const COMMON_SETTINGS: readonly Setting[] = fieldsOf(commonSettings.omit({ model: true }));

/** A model's own settings, those of its groups one by one. */
export function ownSettings({ settings }: RatingModel): readonly Setting[] {
  return fieldsOf(settings);
}

/** Every setting of every model, each once. */
export function allSettings(): readonly Setting[] {
  const all = [...COMMON_SETTINGS, ...MODELS.flatMap(ownSettings)];
  return [...new Map(all.map((setting) => [setting.name, setting])).values()];
}

/** Models that have a setting. */
export function modelsWith(setting: string): readonly RatingModel[] {
  const isIt = ({ name }: Setting) => name === setting;
  return COMMON_SETTINGS.some(isIt) ? MODELS : MODELS.filter((model) => ownSettings(model).some(isIt));
}

function fieldsOf({ shape }: z.ZodObject): Setting[] {
  return Object.entries(shape as Record<string, z.ZodType>).flatMap(([name, field]) => {
    const inner = innermost(field);
    if (!(inner instanceof z.ZodObject)) return [{ name, field }];
    return Object.entries(inner.shape as Record<string, z.ZodType>).map(([part, partField]) => ({
      name: part,
      field: partField,
      group: name,
    }));
  });
}

/** A field's type without default, null and the like. */
export function innermost(field: z.ZodType): z.ZodType {
  return 'unwrap' in field && typeof field.unwrap === 'function' && !(field instanceof z.ZodArray)
    ? innermost(field.unwrap())
    : field;
}

/** "batchSize" → "batch-size"; of a flag that switches off what is on: "no-bias". */
export function flagOf(name: string): string {
  const field = allSettings().find((setting) => setting.name === name)?.field;
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return field && innermost(field) instanceof z.ZodBoolean ? `no-${flag}` : flag;
}

/** Settings as a command takes them: "--sweeps 2 --subspace-steps 0". */
export function flagsOf(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `--${flagOf(name)} ${value}`)
    .join(' ');
}
