import { artifactKey } from '../../shared/artifact/schema.ts';
import { publish } from '../artifact/publish.ts';
import { challenge } from './challenge.ts';
import type { LeaseHeld, RetrainReport, RetrainSettings, RetrainTools } from './contract.ts';
import { forgetDeleted, mayHold } from './deletions.ts';
import { guardLog, NOTHING_LEFT_OUT } from './guard.ts';
import { joinLog } from './join.ts';
import { takeLease } from './lease.ts';
import { pullLog } from './log.ts';
import { pruneVersions } from './prune.ts';
import { baseDataset, readServed } from './served-model.ts';
import { stepping } from './steps.ts';
import { LAST_REPORT_KEY, REPORT_FILE } from './store.ts';

/**
 * One night: lease, log into partitions, join, challenger against the model in service, publish, prune.
 *
 * Nothing is kept between runs but the partitions and the published versions, each of which appears whole or not at
 * all, and who was deleted is in neither once a run has ended; what is new follows from the digest that a version states
 * of its data. A run that is killed anywhere therefore leaves nothing to mend: the next one comes to the same model.
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
  const watermark = await pullLog(bucket, db);
  await enter('join');
  const served = await readServed(bucket);
  const base = await tools.loadDataset(baseDataset(settings.data, served));
  const { log, deleted: people } = await forgetDeleted(bucket);
  const guarded = settings.guard ? guardLog(base.ratings, log, settings.guard) : { log, leftOut: NOTHING_LEFT_OUT };
  const data = joinLog(base, guarded.log);
  const { artifact, start, ...decided } = await challenge(tools, settings, served, { data, people }, enter);
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
    watermark,
    forgotten: decided.forgotten,
    leftOut: guarded.leftOut,
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
  // Who still reads the version that was in service until now shall find it; the next run deletes it.
  const holdsDeleted = async (version: string) => version !== served.version && mayHold(bucket, version, people);
  const deleted = await pruneVersions(bucket, settings.keep, settings.lease.now(), holdsDeleted);
  return { ...report(), deleted };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
