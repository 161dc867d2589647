import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Argument } from 'commander';
import { MarqueeError } from '../shared/errors.ts';
import { answer, command, run } from './lib/cli.ts';

/** Files of test/bench: each is a program with flags of its own. */
const BENCHES: Readonly<Record<string, string>> = {
  train: 'training by engine and size, and against known recipes',
  disk: 'training on ratings that are read from a disk, beside the same in memory',
  engine: 'one sweep and the dense algebra of the wasm engine, piece by piece',
  flood: 'how far floods of ratings move the recommendations of other users, without and with the guard',
  serve: 'the Worker end to end: answers per second, the first answer, memory while versions change',
  faults: 'what people notice while R2, D1 and the queue fail, and whether an accepted rating is lost',
  writes: 'ratings a second that one, two and four databases take beside each other',
  cpu: 'processor time of a request, by route',
  soak: 'minutes of even load below capacity: memory, times and errors',
  score: 'one pass over all movies in workerd, by kernel and size',
  quality: 'errors and lists on held-out ratings, beside baselines and other methods',
  map: "frames a second of the page's map while it moves, in this machine's Chromium",
  parts: 'a catalogue that is cut over several Workers, beside one Worker that has all of it',
};

const descriptions = Object.entries(BENCHES).map(([name, sentence]) => `${name} (${sentence})`);

const program = command('bench', 'runs a bench, or all of them in turn')
  .addArgument(
    new Argument('[name]', `${descriptions.join('; ')}; without a name all of them`).choices(Object.keys(BENCHES)),
  )
  .argument('[flags...]', "the bench's own flags; `npm run bench -- NAME --help` lists them")
  .option('--json', 'print one JSON object')
  .option('--markdown', 'print the tables of test/bench/README.md')
  .helpOption('-h, --help')
  .allowUnknownOption()
  .passThroughOptions();

await run<{ json?: boolean; markdown?: boolean }>(program, async ({ json, markdown }, ...args) => {
  const [name, flags] = args as unknown as [string | undefined, string[]];
  const output = json ? ['--json'] : markdown ? ['--markdown'] : [];
  if (name !== undefined) {
    process.exitCode = await bench(name, [...flags, ...output]);
    return;
  }
  const results: Record<string, unknown> = {};
  for (const each of Object.keys(BENCHES)) {
    console.error(`\n${each}: ${BENCHES[each]}`);
    if (json) results[each] = JSON.parse(await benchOutput(each));
    else if ((await bench(each, output)) !== 0) throw failed(each);
  }
  if (json) answer(json, results, '');
});

function start(name: string, flags: readonly string[], stdout: 'inherit' | 'pipe') {
  const file = join(import.meta.dirname, `../test/bench/${name}.ts`);
  return spawn(process.execPath, [file, ...flags], { stdio: ['ignore', stdout, 'inherit'] });
}

/** Runs a bench that prints to the terminal; returns its exit code. */
async function bench(name: string, flags: readonly string[]): Promise<number> {
  const [code] = await once(start(name, flags, 'inherit'), 'close');
  return code ?? 1;
}

/** The output of a bench with `--json`. */
async function benchOutput(name: string): Promise<string> {
  const child = start(name, ['--json'], 'pipe');
  const [output, [code]] = await Promise.all([text(child.stdout!), once(child, 'close')]);
  if (code !== 0) throw failed(name);
  return output;
}

function failed(name: string): MarqueeError {
  return new MarqueeError('internal', `the bench ${name} failed`, { fix: 'Its output above says why.' });
}
