import { join } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import { type Artifact, readArtifact, writeArtifact } from '../trainer/artifact/artifact.ts';
import type { Dataset } from '../trainer/data/dataset.ts';
import { withRatings } from '../trainer/data/ratings.ts';
import { parseSplit, splitDataset } from '../trainer/data/split.ts';
import type { Engine } from '../trainer/engines/engine.ts';
import { type Evaluation, evaluate, manifestMetrics } from '../trainer/evaluate/evaluate.ts';
import type { TrainingRun, TrainingStep } from '../trainer/models/run.ts';
import { removeCheckpoint } from '../trainer/models/variational/checkpoint.ts';
import { WARM_DEFAULTS } from '../trainer/models/variational/warm-start.ts';
import { resolveOptions, type TrainingOptions } from '../trainer/options/training.ts';
import { attachReport } from '../trainer/report/attach.ts';
import { train } from '../trainer/train/train.ts';
import { answer, collect, command, run } from './lib/cli.ts';
import { addModelFlags, modelFlags } from './lib/model-flags.ts';
import { endProgress, loadWithProgress, trainingProgress } from './lib/progress.ts';
import {
  addEngineFlags,
  catchInterruption,
  type EngineFlags,
  EXTRA_HELP,
  TUNE_HELP,
  tuned,
  withEngine,
  withExtra,
} from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly data: string;
  readonly extra: readonly string[];
  readonly out?: string;
  readonly from?: string;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  readonly evaluate?: string;
  readonly tune?: boolean;
  readonly json?: boolean;
}

const RESUME_OF_VB = '--resume belongs to --model dot and neural; vb goes on by itself from what --checkpoint holds';

const program = addModelFlags(addEngineFlags(command('train', 'trains on all ratings and writes an artifact folder')))
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--extra <file>', EXTRA_HELP, collect, [])
  .option('--out <folder>', 'where to write; default models/<version>')
  .option(
    '--from <folder>',
    `starts from an earlier artifact: ${WARM_DEFAULTS.sweeps} sweeps are then enough, and the default`,
  )
  .option('--checkpoint <folder>', 'keeps the state here: after Ctrl-C the same command goes on where it stood')
  .option('--resume', 'goes on from what --checkpoint holds, for more epochs if --epochs says so (dot, neural)')
  .option('--tune', TUNE_HELP)
  .option('--evaluate <split>', 'first measure on a split (random:0.1, users:0.1, …) and state that in the manifest')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  const asked = resolveOptions({ ...(flags.from && WARM_DEFAULTS), ...modelFlags({ ...flags }, ['from', 'tune']) });
  if (flags.resume && asked.model === 'vb') throw new MarqueeError('bad-flag', RESUME_OF_VB);
  if (flags.resume && !flags.checkpoint) throw new MarqueeError('bad-flag', '--resume needs --checkpoint');
  const cut = flags.evaluate ? parseSplit(flags.evaluate) : null;
  const from = flags.from ? await readArtifact(flags.from) : undefined;
  const dataset = await withExtra(await loadWithProgress(flags.data), flags.extra);
  let evaluated: Evaluation | undefined;
  const trained = await withEngine(flags, async (engine) => {
    const split = cut && splitDataset(dataset, cut.kind, cut.share, asked.seed);
    // The ratings that the manifest's figures are measured on must not have chosen the settings.
    const seen = split ? withRatings(dataset, split.train) : dataset;
    const options = flags.tune ? await tuned(engine, seen, asked, flags) : asked;
    const evaluation = split && (await evaluate(engine, dataset, split, options, trainingProgress()));
    const metrics = evaluation ? manifestMetrics(evaluation) : undefined;
    evaluated = evaluation ?? undefined;
    return trainKept(engine, dataset, options, flags, { metrics, from });
  });
  if (!trained) return;
  const artifact = await attachReport(trained, evaluated);
  const { manifest } = artifact;
  const folder = flags.out ?? join('models', manifest.version);
  await writeArtifact(folder, artifact);
  if (flags.checkpoint) await removeCheckpoint(flags.checkpoint);
  const { ratings, users, movies } = manifest.dataset;
  answer(
    flags.json,
    { folder, ...manifest },
    `${folder}: ${ratings} ratings, ${users} users, ${movies} movies, trained in ${manifest.seconds.toFixed(1)} s`,
  );
});

/** Trains; null, the exit code set, when it was interrupted and `folder` has its state. */
async function trainKept(
  engine: Engine,
  dataset: Dataset,
  options: TrainingOptions,
  { checkpoint: folder, resume }: Pick<Flags, 'checkpoint' | 'resume'>,
  run: TrainingRun,
): Promise<Artifact | null> {
  const progress = trainingProgress();
  const again = options.model === 'vb' ? 'give the same command again' : 'give the same command again with --resume';
  if (!folder) return train(engine, dataset, options, progress, run);
  const { signal, stop } = catchInterruption();
  console.error(`rating model     kept in ${folder}: Ctrl-C ends it after the sweep or epoch, to go on later`);
  const onStep = (step: TrainingStep) => {
    // The rating model is kept whole by now, and what follows leaves the event loop few turns.
    if (step.step === 'relevance') stop();
    progress(step);
  };
  try {
    return await train(engine, dataset, options, onStep, { ...run, checkpoint: { folder, resume }, signal });
  } catch (error) {
    if (error !== signal.reason) throw error;
    endProgress();
    console.error(`\ninterrupted; what was learned is in ${folder}\nTo go on, ${again}.`);
    process.exitCode = 130;
    return null;
  } finally {
    stop();
  }
}
