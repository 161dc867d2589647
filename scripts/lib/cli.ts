import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { MarqueeError } from '../../shared/errors.ts';
import { endProgress } from './progress.ts';

/**
 * Runs a command: its answer goes to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failed (the message
 * says how to mend it), 2 wrong flags (followed by the usage).
 *
 * @example
 * await run(command('models', 'lists the published versions'), async ({ remote }) => { … });
 */
export async function run<Options>(
  program: Command,
  action: (options: Options, ...args: string[]) => Promise<void>,
): Promise<void> {
  try {
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
    console.error(`\n${program.helpInformation()}`);
    return 2;
  }
  if (isFileError(error)) {
    console.error(`\nerror: ${error.message}\nCheck that the path is right and that you may use it.`);
    return 1;
  }
  console.error(error);
  return 1;
}

/** A path that a flag named and that the system refused. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'path' in error && 'syscall' in error;
}

export function command(name: string, summary: string): Command {
  return new Command(`npm run ${name} --`).description(summary).exitOverride().showHelpAfterError();
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
