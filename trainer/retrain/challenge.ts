import type { Artifact } from '../artifact/artifact.ts';
import type { Dataset } from '../data/dataset.ts';
import { attachReport } from '../report/attach.ts';
import { train } from '../train/train.ts';
import { type Competition, compete, statedMetrics } from './compete.ts';
import type { RetrainSettings, RetrainTools } from './contract.ts';
import { countHeld } from './deletions.ts';
import type { ServedModel } from './served-model.ts';
import { planTraining } from './settings.ts';
import type { EnterStep } from './steps.ts';
import { objections } from './verdict.ts';

/** What a night decided. */
interface Challenge {
  /** The model to put into service, null to keep what is there. */
  readonly artifact: Artifact | null;
  readonly reason: string;
  readonly comparison: Competition | null;
  readonly start: 'warm' | 'cold' | null;
  /** People in the model in service who were deleted since. It may not stay, whatever takes its place. */
  readonly forgotten: number;
}

/** What a night trains on. */
interface Joined {
  readonly data: Dataset;
  /** Everybody who was deleted. */
  readonly people: ReadonlySet<number>;
}

/** Trains, where there is something new, and decides. */
export async function challenge(
  tools: RetrainTools,
  settings: RetrainSettings,
  { artifact: served }: ServedModel,
  { data, people }: Joined,
  enter: EnterStep,
): Promise<Challenge> {
  const plan = planTraining(served?.manifest ?? null, settings.given, settings.cold);
  const start = plan.warm ? 'warm' : 'cold';
  const forgotten = served ? await countHeld(served, people) : 0;
  const must = settings.force || forgotten > 0;
  if (served?.manifest.dataset.sha256 === data.sha256 && !must) {
    return { artifact: null, reason: 'there are no new ratings', comparison: null, start: null, forgotten };
  }
  return tools.withEngine(async (engine) => {
    const comparison = served && (await compete(engine, data, served, plan, enter, tools.onTraining));
    const worse = comparison
      ? objections({ 'newest ratings': comparison.newest, 'hold-out': comparison.holdOut }, settings.margins)
      : [];
    if (worse.length > 0 && !must) {
      return { artifact: null, reason: `the challenger is worse; ${worse.join('; ')}`, comparison, start, forgotten };
    }
    await enter('train');
    const trained = await train(engine, data, plan.options, tools.onTraining, {
      from: plan.warm ? served! : undefined,
      metrics: comparison ? statedMetrics(comparison) : undefined,
    });
    const artifact = await attachReport(trained);
    return { artifact, reason: reasonToPublish(comparison, worse, forgotten), comparison, start, forgotten };
  });
}

function reasonToPublish(comparison: Competition | null, worse: readonly string[], forgotten: number): string {
  if (!comparison) return 'no model that can be served was in service';
  if (worse.length === 0) return 'the challenger is not worse';
  return `${forgotten > 0 ? 'deleted people must leave the model' : 'forced'}, though worse; ${worse.join('; ')}`;
}
