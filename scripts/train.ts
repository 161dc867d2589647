import { join } from 'node:path';
import { writeArtifact } from '../trainer/artifact.ts';
import type { Dataset } from '../trainer/dataset.ts';
import { loadDataset } from '../trainer/datasets/index.ts';
import type { Engine } from '../trainer/engines/engine.ts';
import { evaluate, manifestMetrics } from '../trainer/evaluate.ts';
import { resolveOptions, type TrainingOptions } from '../trainer/options.ts';
import { parseSplit, type SplitSpec, splitDataset } from '../trainer/split.ts';
import { train } from '../trainer/train.ts';
import { answer, command, run, trainingFlags } from './cli.ts';
import { addEngineFlags, type EngineFlags, trainingProgress, withEngine } from './training.ts';

interface Flags extends EngineFlags {
  readonly data: string;
  readonly out?: string;
  readonly evaluate?: string;
  readonly json?: boolean;
}

const program = addEngineFlags(command('train', 'trains on all ratings and writes an artifact folder'))
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--out <folder>', 'where to write; default models/<version>')
  .option('--evaluate <split>', 'first measure on a split (random:0.1, users:0.1, …) and state that in the manifest')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  const options = resolveOptions(trainingFlags({ ...flags }));
  const dataset = await loadDataset(flags.data);
  const split = flags.evaluate ? parseSplit(flags.evaluate) : null;
  const artifact = await withEngine(flags, async (engine) => {
    const metrics = split && (await heldOut(engine, dataset, split, options));
    return train(engine, dataset, options, trainingProgress(), { metrics: metrics ?? undefined });
  });
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

async function heldOut(engine: Engine, dataset: Dataset, split: SplitSpec, options: TrainingOptions) {
  const cut = splitDataset(dataset, split.kind, split.share, options.seed);
  return manifestMetrics(await evaluate(engine, dataset, cut, options, trainingProgress()));
}
