import { type Command, InvalidArgumentError, Option } from 'commander';
import { MarqueeError } from '../../shared/errors.ts';
import {
  BACKENDS,
  type GradientOptions,
  gradientSchema,
  OPTIMIZERS,
  SCHEDULES,
} from '../../trainer/options/gradient.ts';
import {
  type GivenOptions,
  MODELS,
  type ModelName,
  modelsWith,
  OF_VARIATIONAL,
} from '../../trainer/options/training.ts';
import { number, trainingFlags } from './cli.ts';

type Flags = Readonly<Record<string, unknown>>;

/** Adds `--model`, and what belongs to the models that gradients train. */
export function addModelFlags(program: Command): Command {
  const help = Object.fromEntries(
    Object.entries(gradientSchema.shape).map(([name, field]) => [name, `${field.description ?? name} (dot, neural)`]),
  );
  return program
    .addOption(
      new Option('--model <name>', 'vb (variational), or dot or neural (by gradients)').choices(MODELS).default('vb'),
    )
    .addOption(new Option('--backend <name>', help.backend).choices(BACKENDS))
    .option('--batch-size <number>', help.batchSize, number)
    .option('--epochs <number>', help.epochs, number)
    .option('--lr <number>', help.lr, number)
    .option('--wd <number>', help.wd, number)
    .addOption(new Option('--optimizer <name>', help.optimizer).choices(OPTIMIZERS))
    .addOption(new Option('--schedule <name>', help.schedule).choices(SCHEDULES))
    .option('--valid <share>', help.valid, number)
    .option('--patience <number>', help.patience, number)
    .option('--range <lo,hi>', 'stars that a sigmoid keeps predictions between, or none (dot, neural)', range)
    .option('--no-bias', 'no biases beside the dot product (dot)')
    .option('--layers <list>', 'widths of the hidden layers, such as 100,50 (neural)', layers)
    .option('--dropout <share>', 'share of each hidden layer left out in training (neural)', number);
}

const GRADIENT = Object.keys(gradientSchema.shape) as (keyof GradientOptions)[];

/**
 * Every training setting among a command's options, the model's own included.
 *
 * @param variational further flags that only the variational model has
 * @throws `bad-flag` naming a flag that does not belong to the chosen model
 */
export function modelFlags(options: Flags, variational: readonly string[] = []): GivenOptions {
  const model = options.model as ModelName;
  const given = trainingFlags(options);
  // Commander sets `bias` whether or not --no-bias was given.
  const names = GRADIENT.filter((name) => options[name] !== undefined && (name !== 'bias' || options.bias === false));
  for (const name of names) if (!modelsWith(name).includes(model)) throw foreign(name, modelsWith(name), model);
  if (model === 'dot') {
    for (const name of [...OF_VARIATIONAL, ...variational]) {
      if (options[name] !== undefined) throw foreign(name, ['vb', 'neural'], model);
    }
  }
  const gradient = Object.fromEntries(names.map((name) => [name, options[name] === 'none' ? null : options[name]]));
  return { ...given, model, ...(model !== 'vb' && { gradient }) };
}

/** Refuses flags that belong to models that gradients train alone. */
function foreign(name: string, owners: readonly ModelName[], model: ModelName): MarqueeError {
  const flag = name === 'bias' ? 'no-bias' : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new MarqueeError('bad-flag', `--${flag} belongs to --model ${owners.join(' and ')}, not to ${model}`);
}

/** 'none' stays a text: commander makes an empty one of null. */
function range(text: string): { min: number; max: number } | 'none' {
  if (text === 'none') return text;
  const [min, max, ...more] = text.split(',').map(Number);
  if (!(min < max) || more.length > 0) throw new InvalidArgumentError('expected two numbers, such as 0,5.5, or none.');
  return { min, max };
}

function layers(text: string): number[] {
  const widths = text.split(',').map(Number);
  if (!widths.every((width) => Number.isInteger(width) && width > 0)) {
    throw new InvalidArgumentError('expected whole numbers, such as 100,50.');
  }
  return widths;
}
