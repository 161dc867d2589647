import { join } from 'node:path';
import type { Manifest } from '../shared/artifact/manifest.ts';
import { MarqueeError } from '../shared/errors.ts';
import { type Artifact, readArtifact, writeArtifact } from '../trainer/artifact/artifact.ts';
import { requireArtifactPlace } from '../trainer/artifact/write-folder.ts';
import { withRatings } from '../trainer/data/ratings.ts';
import { SPILL_SIZES } from '../trainer/data/spill/spill-dataset.ts';
import { cutDataset, parseSplit } from '../trainer/data/split-spec.ts';
import { type Evaluation, evaluate, manifestMetrics } from '../trainer/evaluate/evaluate.ts';
import { isTunable } from '../trainer/experiments/tuning/ladders.ts';
import { MODELS } from '../trainer/models/index.ts';
import { listed, modelNamed, resolveOptions, type TrainingOptions } from '../trainer/models/options.ts';
import type { RatingModel } from '../trainer/models/rating-model.ts';
import type { TrainingRun, TrainingStep } from '../trainer/models/run.ts';
import { flagsOf } from '../trainer/models/setting-fields.ts';
import { attachReport } from '../trainer/report/attach.ts';
import { train } from '../trainer/train/train.ts';
import { trainSpilled } from '../trainer/train/train-spilled.ts';
import { answer, collect, command, run } from './lib/cli.ts';
import { addDiskFlags, type DiskFlags, readsFromDisk, withRatingsOnDisk } from './lib/from-disk.ts';
import { addModelFlags, modelFlags } from './lib/model-flags.ts';
import { addCatalogueFlags, type CatalogueFlags, loadAsked } from './lib/own-catalogue.ts';
import { endProgress, trainingProgress } from './lib/progress.ts';
import {
  addEngineFlags,
  catchInterruption,
  type EngineFlags,
  EXTRA_HELP,
  TUNE_HELP,
  tuned,
  withEngine,
  withExtra,
  withTitles,
} from './lib/training-flags.ts';

interface Flags extends EngineFlags, CatalogueFlags, DiskFlags {
  readonly model: string;
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

const startsWarm = ({ warm }: RatingModel) => warm !== undefined;
const keepsState = ({ resumes }: RatingModel) => resumes !== 'never';
const resumed = (how: RatingModel['resumes']) => MODELS.filter(({ resumes }) => resumes === how);

/** The models that go on from a checkpoint when asked. */
const ASKED = listed(resumed('when-asked'), 'and');

/** What a warm start of the default model is trained for. */
const WARM_FLAGS = flagsOf(MODELS[0].warm ?? {});

const program = addDiskFlags(
  addCatalogueFlags(
    addModelFlags(addEngineFlags(command('train', 'trains on all ratings and writes an artifact folder'))),
  ),
)
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--extra <file>', EXTRA_HELP, collect, [])
  .option('--out <folder>', 'where to write; default models/<version>')
  .option('--from <folder>', `starts from an earlier artifact, by default with ${WARM_FLAGS}`)
  .option('--checkpoint <folder>', 'keeps the state here: after Ctrl-C the same command goes on where it stood')
  .option('--resume', `goes on from what --checkpoint holds, for more epochs if --epochs says so (${ASKED})`)
  .option('--tune', TUNE_HELP)
  .option('--evaluate <split>', 'first measure on a split (random:0.1, users:0.1, …) and state that in the manifest')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  const asked = optionsFrom(flags);
  const cut = flags.evaluate ? parseSplit(flags.evaluate) : null;
  if (flags.out) await requireArtifactPlace(flags.out);
  const from = flags.from ? await readArtifact(flags.from) : undefined;
  if (await readsFromDisk(flags, asked)) return fromDisk(flags, asked, from);
  const dataset = withTitles(await withExtra(await loadAsked(flags.data, flags), flags.extra));
  let evaluated: Evaluation | undefined;
  const trained = await withEngine(flags, async (engine) => {
    const split = cut && cutDataset(dataset, cut, asked.seed);
    // The ratings that the manifest's figures are measured on must not have chosen the settings.
    const seen = split ? withRatings(dataset, split.train) : dataset;
    const options = flags.tune ? await tuned(engine, seen, asked, flags) : asked;
    const evaluation = split && (await evaluate(engine, dataset, split, options, trainingProgress()));
    const metrics = evaluation ? manifestMetrics(evaluation) : undefined;
    evaluated = evaluation ?? undefined;
    return kept(options, flags, (onStep, run) => train(engine, dataset, options, onStep, { ...run, metrics, from }));
  });
  if (!trained) return;
  const artifact = await attachReport(trained, evaluated);
  await writeArtifact(folderOf(flags, artifact.manifest.version), artifact);
  await finish(artifact.manifest, flags);
});

/** Trains on ratings that lie on a disk, and writes the artifact. */
async function fromDisk(flags: Flags, options: TrainingOptions, from: Artifact | undefined): Promise<void> {
  const destination = { folder: (version: string) => folderOf(flags, version), attach: attachReport };
  const held = SPILL_SIZES.blockRatings;
  const artifact = await withRatingsOnDisk(flags, (dataset) =>
    withEngine({ ...flags, engine: 'wasm' }, (engine) =>
      kept(options, flags, (onStep, run) =>
        trainSpilled(engine, dataset, options, held, destination, onStep, { ...run, from }),
      ),
    ),
  );
  if (artifact) await finish(artifact.manifest, flags);
}

function folderOf({ out }: Flags, version: string): string {
  return out ?? join('models', version);
}

/** Removes the checkpoint of a training that is written, and says what it was. */
async function finish(manifest: Manifest, flags: Flags): Promise<void> {
  const { checkpoint, model, json } = flags;
  if (checkpoint) await modelNamed(model).removeCheckpoint?.(checkpoint);
  const folder = folderOf(flags, manifest.version);
  const { ratings, users, movies } = manifest.dataset;
  answer(
    json,
    { folder, ...manifest },
    `${folder}: ${ratings} ratings, ${users} users, ${movies} movies, trained in ${manifest.seconds.toFixed(1)} s`,
  );
}

/** The training's settings, once the flags beside them are known to make sense with its model. */
function optionsFrom(flags: Flags): TrainingOptions {
  const given = modelFlags({ ...flags }, { from: startsWarm, tune: isTunable, checkpoint: keepsState });
  const model = modelNamed(given.model);
  if (flags.resume && model.resumes !== 'when-asked') {
    const alone = resumed('by-itself');
    throw new MarqueeError(
      'bad-flag',
      `--resume belongs to --model ${ASKED}; ${listed(alone, 'and')} goes on by itself from what --checkpoint holds`,
    );
  }
  if (flags.resume && !flags.checkpoint) throw new MarqueeError('bad-flag', '--resume needs --checkpoint');
  return resolveOptions({ ...(flags.from && model.warm), ...given });
}

/** Trains; null, the exit code set, when it was interrupted and `folder` has its state. */
async function kept(
  options: TrainingOptions,
  { checkpoint: folder, resume }: Pick<Flags, 'checkpoint' | 'resume'>,
  work: (onStep: (step: TrainingStep) => void, run: TrainingRun) => Promise<Artifact>,
): Promise<Artifact | null> {
  const progress = trainingProgress();
  const asked = modelNamed(options.model).resumes === 'when-asked' ? ' with --resume' : '';
  if (!folder) return work(progress, {});
  const { signal, stop } = catchInterruption();
  console.error(`rating model     kept in ${folder}: Ctrl-C ends it after the sweep or epoch, to go on later`);
  const onStep = (step: TrainingStep) => {
    // The rating model is kept whole by now, and what follows leaves the event loop few turns.
    if (step.step === 'relevance') stop();
    progress(step);
  };
  try {
    return await work(onStep, { checkpoint: { folder, resume }, signal });
  } catch (error) {
    if (error !== signal.reason) throw error;
    endProgress();
    console.error(`\ninterrupted; what was learned is in ${folder}\nTo go on, give the same command again${asked}.`);
    process.exitCode = 130;
    return null;
  } finally {
    stop();
  }
}
