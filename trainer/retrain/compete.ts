import type { Manifest } from '../../shared/artifact/manifest.ts';
import { type Artifact, openArtifact } from '../artifact/artifact.ts';
import type { Dataset, Ratings } from '../data/dataset.ts';
import { withRatings } from '../data/ratings.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { TrainingStep } from '../models/run.ts';
import { train } from '../train/train.ts';
import { type Comparison, compareModels } from './compare.ts';
import { marked, markNewest, markRandom, unseenBy } from './holdout.ts';
import type { RetrainPlan } from './settings.ts';
import type { EnterStep } from './steps.ts';

/** What the comparison of a night found. */
export interface Competition {
  /** On the newest ratings, against the very model in service; null when it has seen them all. */
  readonly newest: Comparison | null;
  /** On the standard hold-out, against the twin of the model in service. */
  readonly holdOut: Comparison;
  /** Ratings that the model in service has not seen. */
  readonly unseen: number;
}

/** Share of all ratings in the standard hold-out, drawn by seed. */
const HOLD_OUT_SHARE = 0.1;

/** Trains as the night's model will be trained, but on other ratings and from another start. */
type Train = (ratings: Ratings, options: TrainingOptions, from?: Artifact) => Promise<Artifact>;

/** Trains challengers without the ratings that are asked for and compares them with the model in service. */
export async function compete(
  engine: Engine,
  data: Dataset,
  served: Artifact,
  plan: RetrainPlan,
  enter: EnterStep,
  onTraining: (step: TrainingStep) => void,
): Promise<Competition> {
  const trainOn: Train = (ratings, options, from) =>
    train(engine, withRatings(data, ratings), options, onTraining, { from });
  const unseen = await unseenBy(served, data.ratings);
  await enter('newest');
  const newest = await onNewest(trainOn, data, served, unseen, plan);
  await enter('hold-out');
  const holdOut = await onHoldOut(trainOn, data, unseen, plan);
  return { newest, holdOut, unseen: unseen.reduce((sum, mark) => sum + mark, 0) };
}

/** The model in service has seen none of these, nor has what starts from it. */
async function onNewest(
  trainOn: Train,
  data: Dataset,
  served: Artifact,
  unseen: Uint8Array,
  { options, warm }: RetrainPlan,
): Promise<Comparison | null> {
  const newest = markNewest(data.ratings, unseen);
  const [rest, asked] = [0, 1].map((value) => marked(data.ratings, newest, value));
  if (asked.count === 0) return null;
  const challenger = await trainOn(rest, options, warm ? served : undefined);
  return compareModels(rest, asked, openArtifact(served), openArtifact(challenger));
}

/**
 * The model in service has learned from most of these, and would pass that on to what starts from it. So a twin stands
 * for it, trained cold on the same ratings without the hold-out, and the challenger starts from the twin.
 */
async function onHoldOut(
  trainOn: Train,
  data: Dataset,
  unseen: Uint8Array,
  { options, twin: settings, warm }: RetrainPlan,
): Promise<Comparison> {
  const heldOut = markRandom(data.ratings, HOLD_OUT_SHARE, settings.seed);
  const [rest, asked] = [0, 1].map((value) => marked(data.ratings, heldOut, value));
  const known = marked(
    data.ratings,
    heldOut.map((held, i) => held | unseen[i]),
    0,
  );
  const twin = await trainOn(known, settings);
  const challenger = await trainOn(rest, options, warm ? twin : undefined);
  return compareModels(rest, asked, openArtifact(twin), openArtifact(challenger));
}

/** The challenger's quality as its manifest states it: that of the same training with the held-out ratings added. */
export function statedMetrics({ holdOut }: Competition): Manifest['metrics'] {
  return {
    protocol: `random:${HOLD_OUT_SHARE}; folded in from the rest, clipped to the scale; full ranking`,
    ...holdOut.challenger,
  };
}
