import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { type Artifact, openArtifact } from '../../artifact/artifact.ts';
import type { Engine } from '../../engines/engine.ts';
import type { TrainingOptions } from '../../models/options.ts';
import type { TrainingStep } from '../../models/run.ts';
import { cutBlocks, type NightRatings } from '../night-ratings.ts';
import type { RetrainPlan } from '../settings.ts';
import type { EnterStep } from '../steps.ts';
import { baselinesOn } from './baselines.ts';
import { type Comparison, compareModels } from './compare.ts';
import { markNewest, markRandom, ofFilmsIn, unseenBy } from './holdout.ts';

/** The challenger compared with the model in service. */
export interface ServedComparison {
  /** On the newest ratings, with the model in service itself; null when it has seen all of them. */
  readonly newest: Comparison | null;
  /** On the random hold-out, with a twin of the model in service. */
  readonly holdOut: Comparison;
  /** What any model must beat on the same hold-out. */
  readonly baselines: NonNullable<Manifest['metrics']['baselines']>;
  /** Ratings that the model in service was not trained on. */
  readonly unseen: number;
}

/** Share of all ratings in the random hold-out, drawn by seed. */
const HOLD_OUT_SHARE = 0.1;

/** Trains as the night's model will be trained, but without marked ratings or from another start. */
type Train = (without: Uint8Array, options: TrainingOptions, from?: Artifact) => Promise<Artifact>;

/** Trains challengers without the test ratings and compares them with the model in service. */
export async function compareWithServed(
  engine: Engine,
  data: NightRatings,
  served: Artifact,
  plan: RetrainPlan,
  enter: EnterStep,
  { onTraining: onStep, stop: signal }: { onTraining(step: TrainingStep): void; readonly stop?: AbortSignal },
): Promise<ServedComparison> {
  const trainOn: Train = (marks, options, from) =>
    data.train({ engine, options, onStep, run: { from, signal } }, { marks });
  const unseen = await unseenBy(served, data);
  await enter('newest');
  const newest = await onNewest(trainOn, data, served, unseen, plan);
  await enter('hold-out');
  const holdOut = await onHoldOut(trainOn, data, unseen, plan);
  return { newest, ...holdOut, unseen: unseen.reduce((sum, mark) => sum + mark, 0) };
}

/**
 * On the newest ratings, which neither the model in service nor a challenger that starts from it has seen. Only films that
 * the model in service has are asked for: it is not blamed for those that it cannot know.
 */
async function onNewest(
  trainOn: Train,
  data: NightRatings,
  served: Artifact,
  unseen: Uint8Array,
  { options, warm }: RetrainPlan,
): Promise<Comparison | null> {
  const champion = openArtifact(served);
  const newest = markNewest(data, ofFilmsIn(champion, data, unseen));
  if (!newest.includes(1)) return null;
  const challenger = await trainOn(newest, options, warm ? served : undefined);
  return compareModels(cutBlocks(data, newest), champion, openArtifact(challenger));
}

/**
 * The model in service has learned from most of these ratings, and a challenger that starts from it would inherit that. So
 * a twin takes its place: trained cold on the same ratings without the hold-out. The challenger starts from the twin.
 */
async function onHoldOut(
  trainOn: Train,
  data: NightRatings,
  unseen: Uint8Array,
  { options, twin: settings, warm }: RetrainPlan,
): Promise<Pick<ServedComparison, 'holdOut' | 'baselines'>> {
  const heldOut = markRandom(data, HOLD_OUT_SHARE, settings.seed);
  const unknown = heldOut.map((mark, i) => mark | unseen[i]);
  const twin = await trainOn(unknown, settings);
  const challenger = openArtifact(await trainOn(heldOut, options, warm ? twin : undefined));
  const cuts = () => cutBlocks(data, heldOut);
  const holdOut = compareModels(cuts(), openArtifact(twin), challenger);
  return { holdOut, baselines: baselinesOn(cuts, challenger) };
}

/** The challenger's quality for the manifest of the published model, which is trained the same way on all ratings. */
export function statedMetrics({ holdOut, baselines }: ServedComparison): Manifest['metrics'] {
  return {
    protocol: `random:${HOLD_OUT_SHARE}; folded in from the rest, clipped to the scale; full ranking`,
    ...holdOut.challenger,
    baselines,
  };
}
