import type { Database } from '../../shared/rating-store.ts';
import { artifactKey } from '../../shared/schema.ts';
import type { Artifact } from '../artifact.ts';
import type { Dataset } from '../dataset.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../options.ts';
import { publish } from '../publish.ts';
import { type TrainingStep, train } from '../train.ts';
import { type Competition, compete, statedMetrics } from './compete.ts';
import { joinLog } from './join.ts';
import { type LeaseRecord, type LeaseSettings, takeLease } from './lease.ts';
import { pullLog, readLog } from './log.ts';
import { pruneVersions } from './prune.ts';
import { baseDataset, readServed, type Served } from './served.ts';
import { planTraining } from './settings.ts';
import { type EnterStep, type RetrainStep, stepping } from './steps.ts';
import { LAST_REPORT_KEY, REPORT_FILE, type RetrainBucket } from './store.ts';
import { type Margins, objections } from './verdict.ts';

export interface RetrainSettings {
  /** What to join the log with; by default the data set of the model in service. */
  readonly data?: string;
  /** Training settings that differ from those of the model in service. */
  readonly given: Partial<TrainingOptions>;
  readonly cold: boolean;
  /** Trains and publishes whatever the comparison says. */
  readonly force: boolean;
  /** Versions to keep. */
  readonly keep: number;
  readonly margins: Margins;
  readonly lease: LeaseSettings;
}

/** What a retrain works with. */
export interface RetrainTools {
  readonly bucket: RetrainBucket;
  readonly db: Database;
  loadDataset(name: string): Promise<Dataset>;
  /** Opens an engine, only when there is something to train. */
  withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
  onStep(step: RetrainStep): void;
  onTraining(step: TrainingStep): void;
}

/** What a run did, as `retrain/last.json` and, beside a published version, `retrain.json` keep it. */
export interface RetrainReport {
  readonly decision: 'published' | 'kept';
  readonly reason: string;
  /** In service from now on; null when nothing is. */
  readonly version: string | null;
  /** In service before. */
  readonly champion: string | null;
  readonly start: 'warm' | 'cold' | null;
  readonly data: {
    readonly name: string;
    readonly sha256: string;
    /** Ratings of the data set, rows of the log, and ratings of both joined. */
    readonly base: number;
    readonly log: number;
    readonly ratings: number;
  };
  /** Seq of the newest row of the log that took part. */
  readonly watermark: number;
  readonly comparison: Competition | null;
  readonly margins: Margins;
  readonly deleted: readonly string[];
  /** By step, and in total. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Somebody else retrains. */
export interface LeaseHeld {
  readonly decision: 'lease-held';
  readonly heldBy: LeaseRecord;
}

/**
 * One night: lease, log into partitions, join, challenger against the model in service, publish, prune.
 *
 * Nothing is kept between runs but the partitions and the published versions, each of which appears whole or not at
 * all; what is new follows from the digest that a version states of its data. A run that is killed anywhere therefore
 * leaves nothing to mend: the next one comes to the same model.
 *
 * @throws `publish-conflict` when somebody else published meanwhile, or took the lease over; what reading data, training
 *   and publishing throw
 */
export async function retrain(tools: RetrainTools, settings: RetrainSettings): Promise<RetrainReport | LeaseHeld> {
  const taken = await takeLease(tools.bucket, settings.lease);
  if ('heldBy' in taken) return { decision: 'lease-held', heldBy: taken.heldBy };
  const { lease } = taken;
  try {
    const report = await night(tools, settings, stepping(lease, tools.onStep));
    await tools.bucket.put(LAST_REPORT_KEY, json(report));
    await lease.free();
    return report;
  } catch (error) {
    await lease.free().catch(() => undefined); // it expires by itself; why the run failed matters more
    throw error;
  }
}

async function night(
  tools: RetrainTools,
  settings: RetrainSettings,
  { enter, seconds }: ReturnType<typeof stepping>,
): Promise<RetrainReport> {
  const { bucket, db } = tools;
  await enter('pull');
  await pullLog(bucket, db);
  await enter('join');
  const served = await readServed(bucket);
  const base = await tools.loadDataset(baseDataset(settings.data, served));
  const log = await readLog(bucket);
  const data = joinLog(base, log);
  const { artifact, start, ...decided } = await challenge(tools, settings, served, data, enter);
  const report = (): Omit<RetrainReport, 'deleted'> => ({
    decision: artifact ? 'published' : 'kept',
    reason: decided.reason,
    version: artifact?.manifest.version ?? served.version,
    champion: served.version,
    start,
    data: {
      name: data.name,
      sha256: data.sha256,
      base: base.ratings.count,
      log: log.length,
      ratings: data.ratings.count,
    },
    watermark: log.reduce((highest, { seq }) => Math.max(highest, seq), 0),
    comparison: decided.comparison,
    margins: settings.margins,
    seconds: seconds(),
  });
  if (artifact) {
    await enter('publish');
    await bucket.put(artifactKey(artifact.manifest.version, REPORT_FILE), json(report()));
    await publish(bucket, artifact, served.version);
  }
  await enter('prune');
  const deleted = await pruneVersions(bucket, settings.keep, settings.lease.now());
  return { ...report(), deleted };
}

interface Challenge {
  /** The model to put into service, null to keep what is there. */
  readonly artifact: Artifact | null;
  readonly reason: string;
  readonly comparison: Competition | null;
  readonly start: 'warm' | 'cold' | null;
}

/** Trains, where there is something new, and decides. */
async function challenge(
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

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
