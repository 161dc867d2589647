import type { Artifact } from '../artifact.ts';
import type { Dataset } from '../dataset.ts';
import { train } from '../train.ts';
import { type Competition, compete, statedMetrics } from './compete.ts';
import type { RetrainSettings, RetrainTools } from './contract.ts';
import type { Served } from './served.ts';
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
}

/** Trains, where there is something new, and decides. */
export async function challenge(
  tools: RetrainTools,
  settings: RetrainSettings,
  { artifact: served }: Served,
  data: Dataset,
  enter: EnterStep,
): Promise<Challenge> {
  const plan = planTraining(served?.manifest ?? null, settings.given, settings.cold);
  const start = plan.warm ? 'warm' : 'cold';
  if (served?.manifest.dataset.sha256 === data.sha256 && !settings.force) {
    return { artifact: null, reason: 'there are no new ratings', comparison: null, start: null };
  }
  return tools.withEngine(async (engine) => {
    const comparison = served && (await compete(engine, data, served, plan, enter, tools.onTraining));
    const worse = comparison
      ? objections({ 'newest ratings': comparison.newest, 'hold-out': comparison.holdOut }, settings.margins)
      : [];
    if (worse.length > 0 && !settings.force) {
      return { artifact: null, reason: `the challenger is worse; ${worse.join('; ')}`, comparison, start };
    }
    await enter('train');
    const artifact = await train(engine, data, plan.options, tools.onTraining, {
      from: plan.warm ? served! : undefined,
      metrics: comparison ? statedMetrics(comparison) : undefined,
    });
    return { artifact, reason: reasonToPublish(comparison, worse), comparison, start };
  });
}

function reasonToPublish(comparison: Competition | null, worse: readonly string[]): string {
  if (!comparison) return 'no model that can be served was in service';
  return worse.length > 0 ? `forced, though worse; ${worse.join('; ')}` : 'the challenger is not worse';
}
