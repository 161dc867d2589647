import type { Artifact } from '../artifact/artifact.ts';
import type { Dataset } from '../data/dataset.ts';
import { attachReport } from '../report/attach.ts';
import { train } from '../train/train.ts';
import { compareWithServed, type ServedComparison, statedMetrics } from './compare-with-served.ts';
import type { RetrainSettings, RetrainTools } from './contract.ts';
import { countStored } from './deletions.ts';
import type { ServedModel } from './served-model.ts';
import { planTraining } from './settings.ts';
import type { EnterStep } from './steps.ts';
import { objections } from './verdict.ts';

/** The outcome of a night. */
interface Decision {
  /** The model to put into service; null keeps the present one. */
  readonly artifact: Artifact | null;
  readonly reason: string;
  readonly comparison: ServedComparison | null;
  readonly start: 'warm' | 'cold' | null;
  /** Deleted people whom the model in service still holds. It must then be replaced, even by a worse model. */
  readonly forgotten: number;
}

/** The ratings of a night. */
interface JoinedRatings {
  readonly data: Dataset;
  /** Ids of all deleted people. */
  readonly deleted: ReadonlySet<number>;
}

/** Trains when there are new ratings, compares, and decides what goes into service. */
export async function decide(
  tools: RetrainTools,
  settings: RetrainSettings,
  { artifact: served }: ServedModel,
  { data, deleted }: JoinedRatings,
  enter: EnterStep,
): Promise<Decision> {
  const plan = planTraining(served?.manifest ?? null, settings.given, settings.cold);
  const start = plan.warm ? 'warm' : 'cold';
  const forgotten = served ? await countStored(served, deleted) : 0;
  const mustPublish = settings.force || forgotten > 0;
  if (served?.manifest.dataset.sha256 === data.sha256 && !mustPublish) {
    return { artifact: null, reason: 'there are no new ratings', comparison: null, start: null, forgotten };
  }
  return tools.withEngine(async (engine) => {
    const comparison = served && (await compareWithServed(engine, data, served, plan, enter, tools.onTraining));
    const worse = comparison
      ? objections({ 'newest ratings': comparison.newest, 'hold-out': comparison.holdOut }, settings.margins)
      : [];
    if (worse.length > 0 && !mustPublish) {
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

function reasonToPublish(comparison: ServedComparison | null, worse: readonly string[], forgotten: number): string {
  if (!comparison) return 'no model that can be served was in service';
  if (worse.length === 0) return 'the challenger is not worse';
  return `${forgotten > 0 ? 'deleted people must leave the model' : 'forced'}, though worse; ${worse.join('; ')}`;
}
