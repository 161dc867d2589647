import { join } from 'node:path';
import { writeArtifact } from '../trainer/artifact.ts';
import { loadDataset } from '../trainer/datasets/index.ts';
import { resolveOptions } from '../trainer/options.ts';
import { train } from '../trainer/train.ts';
import { answer, command, run, trainingFlags } from './cli.ts';
import { addEngineFlags, type EngineFlags, trainingProgress, withEngine } from './training.ts';

interface Flags extends EngineFlags {
  readonly data: string;
  readonly out?: string;
  readonly json?: boolean;
}

const program = addEngineFlags(command('train', 'trains on all ratings and writes an artifact folder'))
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--out <folder>', 'where to write; default models/<version>')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  const options = resolveOptions(trainingFlags({ ...flags }));
  const dataset = await loadDataset(flags.data);
  const artifact = await withEngine(flags, (engine) => train(engine, dataset, options, trainingProgress()));
  const { manifest } = artifact;
  const folder = flags.out ?? join('models', manifest.version);
  await writeArtifact(folder, artifact);
  const { ratings, users, movies } = manifest.dataset;
  answer(
    flags.json,
    { folder, ...manifest },
    `${folder}: ${ratings} ratings, ${users} users, ${movies} movies, trained in ${manifest.seconds.toFixed(1)} s`,
  );
});
