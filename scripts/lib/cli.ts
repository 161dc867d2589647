import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { MarqueeError } from '../../shared/errors.ts';
import { endProgress } from './progress.ts';

/**
 * Runs a command: its answer goes to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failed (the message
 * says how to mend it), 2 wrong flags (followed by one line of usage).
 *
 * @example
 * await run(command('models', 'lists the published versions'), async ({ remote }) => { … });
 */
export async function run<Options>(
  program: Command,
  action: (options: Options, ...args: string[]) => Promise<void>,
): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader);
  program.showHelpAfterError(usageOf(program));
  try {
    refuseTakenFlags(program);
    // Commander hands over (…args, options, command): options come last here.
    program.action(async (...args: unknown[]) => {
      const options = args.at(-2) as Options;
      try {
        await action(options, ...(args.slice(0, -2) as string[]));
      } finally {
        endProgress();
      }
    });
    await program.parseAsync();
  } catch (error) {
    process.exitCode = explain(error, program);
  }
}

function explain(error: unknown, program: Command): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof MarqueeError) {
    console.error(`\nerror: ${error.message}`);
    if (error.fix) console.error(error.fix);
    if (error.code !== 'bad-flag') return 1;
    console.error(usageOf(program));
    return 2;
  }
  if (isSystemError(error)) {
    console.error(
      `\nerror: ${error.message}\n${FIXES[error.code ?? ''] ?? 'Check that the path is right and that you may use it.'}`,
    );
    return 1;
  }
  console.error(error);
  return 1;
}

/** Ends quietly when nobody reads on, as after `| head`. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

function usageOf(program: Command): string {
  return `Usage: ${program.name()} ${program.usage()}\n--help lists the flags.`;
}

/**
 * Refuses flags that npm took for its own because the `--` before them was forgotten: the command would run without
 * them. npm hands them over in the environment.
 */
function refuseTakenFlags(program: Command): void {
  const given = new Set(process.argv.slice(2).map((word) => word.split('=')[0]));
  const taken = program.options.find(
    ({ long }) => long && !given.has(long) && process.env[`npm_config_${long.slice(2).replaceAll('-', '_')}`],
  );
  if (!taken) return;
  throw new MarqueeError('bad-flag', `npm took ${taken.long} for a flag of its own`, {
    fix: `Put -- before the flags: ${program.name()} ${taken.flags.replace(/^-\w, /, '')}`,
  });
}

/** How to mend what the system refused, by its code. */
const FIXES: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on that disk, and run the command again.',
  EDQUOT: 'Make room within your quota on that disk, and run the command again.',
  EISDIR: 'Name a file: that is a folder.',
  EROFS: 'Name a place that can be written to.',
};

/** A path that a flag named, or a write to it, that the system refused. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'code' in error && 'syscall' in error && ('path' in error || FULL.has(`${error.code}`))
  );
}

/** A full disk names no path. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Names a flag that does not exist before one that is missing: the former is often the latter, misspelt. */
class MistypedFirst extends Command {
  override parseOptions(words: string[]) {
    const parsed = super.parseOptions(words);
    const { unknown } = parsed;
    const asksForHelp = unknown.includes('--help') || unknown.includes('-h');
    if (unknown.length > 0 && !asksForHelp && this.options.some(({ mandatory }) => mandatory)) {
      (this as unknown as { unknownOption(flag: string): never }).unknownOption(unknown[0]);
    }
    return parsed;
  }
}

export function command(name: string, summary: string): Command {
  return new MistypedFirst(`npm run ${name} --`)
    .description(summary)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/\.?\n\(Did you mean (.*)\?\)/, ', did you mean $1?')),
    });
}

/** A flag's number; bounds are checked where the number is used. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('expected a number.');
  return value;
}

/** Gathers the values of a flag that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** An integer flag with bounds. Throws `bad-flag` naming flag, bound and what came. */
export function bounded(value: number, flag: string, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new MarqueeError('bad-flag', `${flag}: got ${value}, expected a whole number from ${min} to ${max}`);
  }
  return value;
}

/** A flag between two bounds, both inclusive. Throws `bad-flag` naming flag, bounds and what came. */
export function between(value: number, flag: string, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new MarqueeError('bad-flag', `${flag}: got ${value}, expected a number from ${min} to ${max}`);
}

/** A flag that may not be negative. Throws `bad-flag`. */
export function atLeastZero(value: number, flag: string): number {
  if (value >= 0) return value;
  throw new MarqueeError('bad-flag', `${flag}: got ${value}, expected a number from 0 on`);
}

/** The last line of stdout: one JSON object, or what people read. */
export function answer(json: boolean | undefined, object: unknown, text: string): void {
  endProgress();
  console.log(json ? JSON.stringify(object) : text);
}
