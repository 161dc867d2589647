import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Evaluation } from '../../../trainer/evaluate/evaluate.ts';
import type { RivalFigures } from '../../../trainer/experiments/rivals/index.ts';

/** What `npm run evaluate` measures. */
export type Result = Evaluation & { readonly rivals?: readonly RivalFigures[] };

/** One evaluation a seed, one after the other. */
export async function evaluations(data: string, seeds: readonly number[], flags: readonly string[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const seed of seeds) results.push(await outputOf('evaluate', ['--data', data, '--seed', `${seed}`, ...flags]));
  return results;
}

/** Runs a command as a process of its own: the object that it prints with `--json`. */
export async function outputOf<T>(name: string, flags: readonly string[]): Promise<T> {
  console.error(`${name} ${flags.join(' ')}`);
  const file = join(import.meta.dirname, `../../../scripts/${name}.ts`);
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...flags, '--json'], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}
