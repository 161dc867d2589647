import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import { replayLetters } from '../shared/ratings/dead-letters.ts';
import type { Bucket } from '../shared/storage/bucket.ts';
import { writeArtifact } from '../trainer/artifact/artifact.ts';
import {
  refuseOtherFilms,
  rememberFilms,
  servedFilms,
  titlesOfArtifact,
  titlesOfDataset,
} from '../trainer/artifact/catalogue.ts';
import { ensureServable, type PublishedModel, publish, publishedModels } from '../trainer/artifact/publish.ts';
import { EMBEDDED_DATASET } from '../trainer/data/index.ts';
import { resolveOptions } from '../trainer/models/options.ts';
import { attachReport } from '../trainer/report/attach.ts';
import { train } from '../trainer/train/train.ts';
import { type Bindings, withBindings } from './lib/bindings.ts';
import { bounded, command, number, run } from './lib/cli.ts';
import { requireWritable } from './lib/local-stores.ts';
import { type LongServer, serveLong } from './lib/long-server.ts';
import { migrate } from './lib/migrations.ts';
import { addModelFlags, modelFlags } from './lib/model-flags.ts';
import { claimState, refuseSecondServer } from './lib/one-server.ts';
import { addCatalogueFlags, type CatalogueFlags, loadAsked } from './lib/own-catalogue.ts';
import { trainingProgress } from './lib/progress.ts';
import { endOnSignals, makeSecrets, SIGNALS } from './lib/server.ts';
import { type Place, placeOf, STATE } from './lib/state.ts';
import { addEngineFlags, type EngineFlags, withEngine, withTitles } from './lib/training-flags.ts';

interface Flags extends EngineFlags, CatalogueFlags {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly fresh?: boolean;
}

const ROOT = join(import.meta.dirname, '..');

const WHERE =
  'MARQUEE_STATE names a folder for everything that is kept: R2, D1 and models. Without it, R2 and D1 are in\n' +
  '.wrangler/state and models in models, and those of another --data in .wrangler/sets/NAME.';

const program = addCatalogueFlags(
  addModelFlags(addEngineFlags(command('start', 'trains if need be, then serves page and API on this machine'))),
)
  .option('--port <number>', 'port to serve on', number, Number(process.env.PORT ?? 8787))
  .option('--host <address>', 'address to listen on: this machine alone, unless another is named', 'localhost')
  .option('--data <set>', 'what to train on and serve; each set is kept beside the others', EMBEDDED_DATASET)
  .option('--fresh', 'train even if a model is published')
  .addHelpText('after', `\n${WHERE}`);

await run<Flags>(program, async (flags) => {
  const port = bounded(flags.port, '--port', 1, 65535);
  const data = existsSync(flags.data) ? resolve(flags.data) : flags.data; // a path is meant from here
  const catalogue = flags.catalogue && resolve(flags.catalogue);
  process.chdir(ROOT);
  const place = placeOf(data);
  const { state } = place;
  await refuseSecondServer(state);
  await refuseTakenPort(port, flags.host);
  await requireWritable(state);
  await claimState(state, `http://${flags.host}:${port}`);
  await makeSecrets();
  const isNamed = program.getOptionValueSource('data') === 'cli';
  await prepare({ ...flags, data, catalogue }, place, isNamed);
  await serve({ state, host: flags.host, port });
});
// A start that failed has said why; processes of the runtime would keep this one from its end.
if (process.exitCode) process.exit();

/** Says so when another program listens there: a dev server would quietly move elsewhere. */
async function refuseTakenPort(port: number, address: string): Promise<void> {
  for (const host of address === 'localhost' ? ['127.0.0.1', '::1'] : [address]) {
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
async function prepare(flags: Flags, { state, models }: Place, dataIsNamed: boolean): Promise<void> {
  const look = async ({ MODELS, DB }: Bindings) => {
    await migrate(DB);
    const { written } = await replayLetters(MODELS, DB);
    if (written > 0) console.error(`changes that waited in the queue when the server ended, now in D1: ${written}`);
    const model = flags.fresh ? undefined : await servableModel(MODELS);
    const films = model && (await servedFilms(MODELS));
    if (films) await refuseOtherFilms({ bucket: MODELS, db: DB }, films);
    return model;
  };
  const held = await withBindings(false, look, state);
  if (state !== STATE)
    console.error(`ratings and models are in ${state}; other commands: MARQUEE_STATE=${state} npm run …`);
  if (held) {
    if (dataIsNamed) refuseOtherData(held, flags.data, state);
    console.error(`serving ${held.version}, trained before (npm start -- --fresh trains anew)`);
    return;
  }
  const options = resolveOptions(modelFlags({ ...flags }));
  const dataset = withTitles(await loadAsked(flags.data, flags));
  const refuse = ({ MODELS, DB }: Bindings) => refuseOtherFilms({ bucket: MODELS, db: DB }, titlesOfDataset(dataset));
  await withBindings(false, refuse, state);
  console.error(`training on ${dataset.name}: ${dataset.ratings.count} ratings`);
  const artifact = await interruptible(async () =>
    attachReport(await withEngine(flags, (engine) => train(engine, dataset, options, trainingProgress()))),
  );
  const { version, seconds } = artifact.manifest;
  await writeArtifact(join(models, version), artifact);
  const publishIt = async ({ MODELS, DB }: Bindings) => {
    await publish(MODELS, artifact);
    await rememberFilms(DB, titlesOfArtifact(artifact));
  };
  await withBindings(false, publishIt, state);
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

/** A model of another data set than the one asked for, in a folder that was named for everything. */
function refuseOtherData({ version, manifest }: PublishedModel, data: string, state: string): void {
  const [base] = manifest.dataset.name.split(' + ');
  if (base === basename(data)) return;
  throw new MarqueeError('bad-data', `${state} serves ${version}, trained on ${base}, not on ${basename(data)}`, {
    fix: `Name another folder (MARQUEE_STATE), leave --data out, or train anew: npm start -- --data ${data} --fresh`,
  });
}

/** The version to serve, saying what is damaged. None when there is none that this release can read. */
async function servableModel(bucket: Bucket): Promise<PublishedModel | undefined> {
  const { version, flaws } = await ensureServable(bucket);
  for (const { error } of flaws) console.error(`damaged: ${error.message}`);
  if (version && flaws.length > 0) console.error(`${version} is in service now`);
  return (await publishedModels(bucket)).models.find((model) => model.version === version);
}

async function serve(server: LongServer): Promise<void> {
  const at = await serveLong(server);
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
