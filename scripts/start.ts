import { createServer } from 'node:net';
import { join } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import type { Bucket } from '../shared/storage/bucket.ts';
import { writeArtifact } from '../trainer/artifact/artifact.ts';
import { ensureServable, publish } from '../trainer/artifact/publish.ts';
import { EMBEDDED_DATASET } from '../trainer/data/index.ts';
import { resolveOptions } from '../trainer/models/options.ts';
import { attachReport } from '../trainer/report/attach.ts';
import { train } from '../trainer/train/train.ts';
import { MODELS, STATE, withBindings } from './lib/bindings.ts';
import { bounded, command, number, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { addModelFlags, modelFlags } from './lib/model-flags.ts';
import { loadWithProgress, trainingProgress } from './lib/progress.ts';
import { endOnSignals, makeSecrets, SIGNALS, startServer } from './lib/server.ts';
import { addEngineFlags, type EngineFlags, withEngine } from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly port: number;
  readonly data: string;
  readonly fresh?: boolean;
}

const ROOT = join(import.meta.dirname, '..');

const WHERE =
  'MARQUEE_STATE names a folder for everything that is kept: R2, D1 and models. Without it, R2 and D1 are in\n' +
  '.wrangler/state and models in models.';

const program = addModelFlags(
  addEngineFlags(command('start', 'trains if need be, then serves page and API on this machine')),
)
  .option('--port <number>', 'port to serve on', number, Number(process.env.PORT ?? 8787))
  .option('--data <set>', 'what to train on when nothing is published yet', EMBEDDED_DATASET)
  .option('--fresh', 'train even if a model is published')
  .addHelpText('after', `\n${WHERE}`);

await run<Flags>(program, async (flags) => {
  const port = bounded(flags.port, '--port', 1, 65535);
  await refuseTakenPort(port);
  process.chdir(ROOT);
  await makeSecrets();
  await prepare(flags);
  await serve(port);
});

/** Says so when another program listens there: a dev server would quietly move elsewhere. */
async function refuseTakenPort(port: number): Promise<void> {
  for (const host of ['127.0.0.1', '::1']) {
    await new Promise<void>((resolve, reject) => {
      const probe = createServer();
      probe.once('error', (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EADDRINUSE' && cause.code !== 'EACCES') return resolve(); // no such address family here
        const why = cause.code === 'EADDRINUSE' ? 'taken by another program' : 'not allowed for this user';
        reject(
          new MarqueeError('bad-data', `port ${port} is ${why}`, {
            fix: `Try: npm start -- --port ${(port + 1) % 65536}`,
            cause,
          }),
        );
      });
      probe.listen(port, host, () => probe.close(() => resolve()));
    });
  }
}

/** Tables for ratings, and a model to serve: the one in service, else one that is trained now. */
async function prepare(flags: Flags): Promise<void> {
  const held = await withBindings(false, async ({ MODELS, DB }) => {
    await migrate(DB);
    return flags.fresh ? null : servableModel(MODELS);
  });
  if (held) {
    console.error(`serving ${held}, trained before (npm start -- --fresh trains anew)`);
    return;
  }
  const options = resolveOptions(modelFlags({ ...flags }));
  const dataset = await loadWithProgress(flags.data);
  console.error(`training on ${dataset.name}: ${dataset.ratings.count} ratings`);
  const artifact = await interruptible(async () =>
    attachReport(await withEngine(flags, (engine) => train(engine, dataset, options, trainingProgress()))),
  );
  const { version, seconds } = artifact.manifest;
  await writeArtifact(join(MODELS, version), artifact);
  await withBindings(false, ({ MODELS }) => publish(MODELS, artifact));
  console.error(`trained in ${seconds.toFixed(1)} s and published as ${version}`);
}

/**
 * Lets Ctrl-C end the process at once during `work` that leaves the event loop no turn: handlers, which wrangler set,
 * would only run after it. To be called when no child process is there to be left behind.
 */
async function interruptible<T>(work: () => Promise<T>): Promise<T> {
  const held = SIGNALS.map((signal) => [signal, process.listeners(signal)] as const);
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  try {
    return await work();
  } finally {
    for (const [signal, listeners] of held) for (const listener of listeners) process.on(signal, listener);
  }
}

/** The version to serve, saying what is damaged. Null when there is none that this release can read. */
async function servableModel(bucket: Bucket): Promise<string | null> {
  const { version, flaws } = await ensureServable(bucket);
  for (const { error } of flaws) console.error(`damaged: ${error.message}`);
  if (version && flaws.length > 0) console.error(`${version} is in service now`);
  return version;
}

async function serve(port: number): Promise<void> {
  const { url: at } = await startServer(STATE, port);
  console.log(
    [
      '',
      `  Marquee is at ${at}`,
      '',
      '  Try:',
      `    ${at}/recommend?user=1`,
      `    ${at}/recommend?user=1&genre=Comedy&yearFrom=1990&k=5`,
      `    ${at}/similar/1`,
      `    ${at}/movies?q=matrix`,
      `    ${at}/openapi.json`,
      '',
      '  Ctrl-C stops it.',
    ].join('\n'),
  );
  endOnSignals(0);
}
