import { basename, join } from 'node:path';
import type { Manifest } from '../shared/artifact/manifest.ts';
import { MarqueeError } from '../shared/errors.ts';
import { HALF_STARS } from '../shared/ratings/rating.ts';
import { newVersion, readArtifact, withMetrics, writeArtifact } from '../trainer/artifact/artifact.ts';
import { requireArtifactPlace } from '../trainer/artifact/write-folder.ts';
import { loadRatings } from '../trainer/data/index.ts';
import { loadCatalogue } from '../trainer/import/catalogue.ts';
import type { ImportStep } from '../trainer/import/contract.ts';
import { importFactors } from '../trainer/import/import-factors.ts';
import { measureImported } from '../trainer/import/measure-imported.ts';
import { resolveOptions } from '../trainer/models/options.ts';
import { answer, between, command, number, run } from './lib/cli.ts';
import { trainingFlags } from './lib/model-flags.ts';
import { loadWithProgress, showNote } from './lib/progress.ts';
import { addEngineFlags, type EngineFlags, withEngine } from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly users: string;
  readonly movies: string;
  readonly catalogue: string;
  readonly moments?: string;
  readonly ratings?: string;
  readonly mean?: number;
  readonly test?: string;
  readonly to?: string;
  readonly factors?: number;
  readonly json?: boolean;
}

const HELP = `
Users and movies are Parquet or Arrow files, or folders of such parts: a column id of integers, and a column features
of float arrays, as Spark's ALS writes them into userFactors/ and itemFactors/.
What the artifact can do follows from what is given:
  factors alone   lists by predicted rating; stars of users in the table are the average, nobody knows what they rated
  --ratings       whole, for ratings that fit into memory: biases, uncertainty, lists as after npm run train
  --moments       whole, from tables that trainer/spark wrote, whatever the number of users`;

const program = addEngineFlags(command('import-factors', 'makes an artifact of factors that another system learned'))
  .requiredOption('--users <table>', 'the users’ factors')
  .requiredOption('--movies <table>', 'the movies’ factors')
  .requiredOption('--catalogue <set>', 'titles: a known data set, a folder with a movie file, or the file itself')
  .option('--moments <table>', 'what trainer/spark summed over all people')
  .option('--ratings <set>', 'the ratings that the factors were learned from')
  .option('--mean <stars>', 'what is added to the dot products; without it they are stars themselves', number)
  .option('--test <file>', 'measure on these ratings, which nothing was learned from, and state it in the manifest')
  .option('--to <folder>', 'where to write; default models/<version>')
  .option('--json', 'print one JSON object')
  .addHelpText('after', HELP);

await run<Flags>(program, async (flags) => {
  const { users, movies, moments, ratings, test, json, factors } = flags;
  if (moments && ratings) throw new MarqueeError('bad-flag', '--moments and --ratings exclude each other');
  if (moments && flags.mean !== undefined)
    throw new MarqueeError('bad-flag', '--moments and --mean exclude each other: moments know the mean');
  if (factors !== undefined)
    throw new MarqueeError('bad-flag', '--factors is how many there are in the tables, and no flag here');
  const mean = flags.mean === undefined ? undefined : between(flags.mean, '--mean', HALF_STARS.min, HALF_STARS.max);
  const options = resolveOptions(trainingFlags({ ...flags }));
  if (flags.to) await requireArtifactPlace(flags.to);
  const { name, catalogue } = await loadCatalogue(flags.catalogue, showNote);
  const dataset = ratings === undefined ? undefined : await loadWithProgress(ratings);
  const tested = test === undefined ? undefined : await loadRatings(test, showNote);
  const folder = flags.to ?? join('models', newVersion());
  const sources = { users, movies, moments, catalogue, mean, name: dataset?.name ?? name, ratings: dataset };
  let manifest = await withEngine(flags, (engine) => importFactors(engine, sources, options, folder, showStep));
  if (tested) {
    const artifact = await readArtifact(folder);
    const measured = withMetrics(artifact, await measureImported(artifact, basename(test!), tested));
    await writeArtifact(folder, measured);
    manifest = measured.manifest;
  }
  answer(json, { folder, ...manifest }, `${folder}: ${summaryOf(manifest)}`);
});

function summaryOf({ dataset, factors, metrics, seconds }: Manifest): string {
  const quality =
    metrics.rmse === undefined ? '' : `, RMSE ${metrics.rmse.toFixed(4)}, NDCG@10 ${metrics['ndcg@10']?.toFixed(4)}`;
  return `${dataset.users} users, ${dataset.movies} movies, ${factors} factors, ${dataset.ratings} ratings${quality}, ${seconds.toFixed(1)} s`;
}

function showStep(step: ImportStep): void {
  showNote(textOf(step));
}

function textOf(step: ImportStep): string {
  switch (step.step) {
    case 'movies':
      return `movies           ${step.movies}, ${step.factors} factors`;
    case 'users':
      return `users            ${step.users} read`;
    case 'relevance':
      return 'relevance model';
    case 'written':
      return `users            ${step.users} written`;
    case 'note':
      return step.text;
  }
}
