import { createHash } from 'node:crypto';
import { MarqueeError } from '../../../shared/errors.ts';
import { listed, modelNamed, resolveOptions, type TrainingOptions } from '../../models/options.ts';
import { flagOf, modelsWith } from '../../models/setting-fields.ts';

/** Values to try, by setting: one of every training or of some model, those of groups among them. */
export type Lists = Readonly<Record<string, readonly unknown[]>>;

/** A setting of the grid. */
export interface SweepTrial {
  /** What tells it from the others of its grid: "dot, factors 31, epochs 5". */
  readonly name: string;
  readonly model: string;
  /** The listed settings that the model has. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly options: TrainingOptions;
}

/**
 * Every combination of the lists for every model, each once. A setting that a model lacks is left out of its rows.
 *
 * @throws `bad-flag` for a setting that no model of the grid has, and for values out of bounds
 */
export function expandGrid(models: readonly string[], lists: Lists): SweepTrial[] {
  const chosen = models.map(modelNamed);
  for (const setting of Object.keys(lists)) {
    const owners = modelsWith(setting);
    if (chosen.some((model) => owners.includes(model))) continue;
    throw new MarqueeError(
      'bad-flag',
      `--${flagOf(setting)} belongs to --model ${listed(owners, 'and')}, not to this grid`,
    );
  }
  const trials = chosen.flatMap((model) => {
    const own = Object.entries(lists).filter(([setting]) => modelsWith(setting).includes(model));
    return combinations(own).map((given): SweepTrial => {
      const told = own.filter(([, values]) => values.length > 1).map(([setting]) => setting);
      const name = [model.name, ...told.map((setting) => `${flagOf(setting)} ${shown(given[setting])}`)].join(', ');
      return {
        name,
        model: model.name,
        given,
        options: resolveOptions({ model: model.name, ...model.tested, ...given }),
      };
    });
  });
  return [...new Map(trials.map((trial) => [JSON.stringify(trial.options), trial])).values()];
}

/** The cartesian product, the last list running fastest. */
function combinations(lists: readonly (readonly [string, readonly unknown[]])[]): Record<string, unknown>[] {
  return lists.reduce<Record<string, unknown>[]>(
    (before, [setting, values]) => before.flatMap((given) => values.map((value) => ({ ...given, [setting]: value }))),
    [{}],
  );
}

/** Tells a trial from all others: settings, data and split. */
export function trialId({ options }: SweepTrial, sha256: string, split: string): string {
  const text = JSON.stringify([options, sha256, split]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** A setting's value as its flag takes it. */
export function shown(value: unknown): string {
  if (value === undefined) return '';
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? Object.values(value).join() : String(value);
}
