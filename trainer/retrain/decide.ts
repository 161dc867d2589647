import type { Manifest } from '../../shared/artifact/manifest.ts';
import { type Artifact, openArtifact } from '../artifact/artifact.ts';
import { idAsTitle } from '../data/titled.ts';
import { attachReport } from '../report/attach.ts';
import type { RetrainSettings, RetrainTools } from './contract.ts';
import { countStored } from './log/deletions.ts';
import type { NightRatings, Without } from './night-ratings.ts';
import type { ServedModel } from './served-model.ts';
import type { RetrainPlan } from './settings.ts';
import type { EnterStep } from './steps.ts';
import { compareWithServed, type ServedComparison, statedMetrics } from './verdict/compare-with-served.ts';
import { unseenBy } from './verdict/holdout.ts';
import { jumpsOf } from './verdict/jumps.ts';
import { objections } from './verdict/verdict.ts';

/** The outcome of a night. */
export interface Decision {
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
  readonly data: NightRatings;
  /** Ids of all deleted people. */
  readonly deleted: ReadonlySet<number>;
}

/** Trains when there are new ratings, compares, and decides what goes into service. */
export async function decide(
  tools: RetrainTools,
  settings: RetrainSettings,
  { artifact: served }: ServedModel,
  { data, deleted }: JoinedRatings,
  plan: RetrainPlan,
  enter: EnterStep,
): Promise<Decision> {
  const start = plan.warm ? 'warm' : 'cold';
  const forgotten = served ? await countStored(served, deleted) : 0;
  const mustPublish = settings.force || forgotten > 0;
  if (served && !mustPublish && isOf(served, data)) {
    return { artifact: null, reason: 'there are no new ratings', comparison: null, start: null, forgotten };
  }
  return tools.withEngine(async (engine) => {
    const comparison = served && (await compareWithServed(engine, data, served, plan, enter, tools));
    const objected = comparison
      ? objections({ 'newest ratings': comparison.newest, 'hold-out': comparison.holdOut }, settings.margins)
      : [];
    const kept = (reason: string) => ({ artifact: null, reason, comparison, start, forgotten }) as const;
    if (objected.length > 0 && !mustPublish) return kept(`the challenger is worse; ${objected.join('; ')}`);
    await enter('train');
    const [from, signal] = [plan.warm ? served! : undefined, tools.stop];
    const trainOn = (metrics?: Manifest['metrics'], without?: Without) =>
      data.train({ engine, options: plan.options, onStep: tools.onTraining, run: { from, metrics, signal } }, without);
    let trained = await trainOn(comparison ? statedMetrics(comparison) : undefined);
    const jumps = served && !hasUntitled(served, data) ? jumpsOf(served.manifest, trained.manifest) : [];
    if (jumps.length > 0 && !mustPublish) return kept(`the model jumps; ${jumps.join('; ')}; --force publishes it`);
    const against = [...objected, ...jumps];
    // The deleted leave in any case. What the others gave meanwhile waits for another night.
    if (served && against.length > 0 && !settings.force) {
      trained = await trainOn(undefined, { marks: await unseenBy(served, data), isSet: true });
    }
    const artifact = await attachReport(trained);
    return { artifact, reason: reasonToPublish(comparison, against, settings.force), comparison, start, forgotten };
  });
}

/** Whether a model was trained on these ratings and of these films. */
function isOf(served: Artifact, data: NightRatings): boolean {
  if (served.manifest.dataset.sha256 !== data.sha256) return false;
  const films = data.films();
  const { movieIds } = openArtifact(served).movies;
  return movieIds.length === films.size && movieIds.every((movieId) => films.has(movieId));
}

/** Whether an earlier release trained a model on films that nobody names: that they leave is no jump. */
function hasUntitled(served: Artifact, data: NightRatings): boolean {
  const films = data.films();
  const { movieIds, title } = openArtifact(served).movies;
  return movieIds.some((movieId, row) => !films.has(movieId) && title(row) === idAsTitle(movieId));
}

function reasonToPublish(comparison: ServedComparison | null, against: readonly string[], forced: boolean): string {
  if (!comparison) return 'no model that can be served was in service';
  if (against.length === 0) return 'the challenger is not worse';
  const why = against.join('; ');
  return forced
    ? `forced, though worse; ${why}`
    : `deleted people must leave the model, though worse; ${why}; new ratings wait`;
}
