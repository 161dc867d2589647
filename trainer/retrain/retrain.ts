import { beginNight, endNight } from '../../shared/artifact/retrain-outcomes.ts';
import { artifactKey } from '../../shared/artifact/schema.ts';
import { readFilms } from '../../shared/ratings/tables/film.ts';
import { refuseOtherFilms, rememberFilms, titlesOfArtifact, titlesOfDataset } from '../artifact/catalogue.ts';
import { publish } from '../artifact/publish.ts';
import type { LeaseHeld, RetrainReport, RetrainSettings, RetrainTools } from './contract.ts';
import { decide } from './decide.ts';
import { loadNight } from './join-night.ts';
import { takeLease } from './lease.ts';
import { BadRowList } from './log/bad-rows.ts';
import { forgetDeleted, mayHold } from './log/deletions.ts';
import { type JoinedRatings, outcomeOf, reportOf, troubles } from './night-report.ts';
import { pruneVersions } from './prune.ts';
import { pullLogs } from './pull-logs.ts';
import { baseDataset, readServed, type ServedModel } from './served-model.ts';
import { planTraining, type RetrainPlan } from './settings.ts';
import { noticeClosed, stepping } from './steps.ts';
import { LAST_REPORT_KEY, REPORT_FILE } from './store.ts';

/**
 * One night: take the lease, copy the log into partitions, join, train, compare with the model in service, publish, prune.
 *
 * Only partitions and published versions are kept between runs. Each appears whole or not at all, and neither holds a
 * deleted person once a run has ended. Whether there are new ratings follows from the digest in a version's manifest. So a
 * run may be killed at any point: the next one reaches the same model.
 *
 * @throws `publish-conflict` when another process published meanwhile or took over the lease; what reading data, training
 *   and publishing throw
 */
export async function retrain(tools: RetrainTools, settings: RetrainSettings): Promise<RetrainReport | LeaseHeld> {
  const taken = await takeLease(tools.bucket, settings.lease);
  if ('heldBy' in taken) return { decision: 'lease-held', heldBy: taken.heldBy };
  const { lease } = taken;
  const { bucket } = tools;
  const begun = new Date(settings.lease.now());
  try {
    const noted = await beginNight(bucket, begun.getTime());
    tools.stop?.throwIfAborted(); // a signal that was given tells nobody who listens later
    const report = await unlessStopped(tools.stop, night(tools, settings, stepping(lease, tools.onStep)));
    await bucket.put(LAST_REPORT_KEY, json(report));
    await endNight(bucket, noted, settings.lease.now(), outcomeOf(report));
    await lease.free();
    return report;
  } catch (error) {
    const failed = { state: 'failed', reason: error instanceof Error ? error.message : String(error) } as const;
    // The first error matters more than those of noting it.
    await endNight(bucket, { startedAt: begun.toISOString() }, settings.lease.now(), failed).catch(() => undefined);
    await lease.free().catch(() => undefined); // it expires by itself
    throw error;
  }
}

/** Throws the signal's reason once it is aborted. What the work does then is for nothing: without the lease none publishes. */
function unlessStopped<T>(stop: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!stop) return work;
  const stopped = Promise.withResolvers<never>();
  stop.addEventListener('abort', () => stopped.reject(stop.reason), { once: true });
  return Promise.race([work, stopped.promise]);
}

async function night(
  tools: RetrainTools,
  settings: RetrainSettings,
  { enter, seconds }: ReturnType<typeof stepping>,
): Promise<RetrainReport> {
  const { bucket } = tools;
  await enter('pull');
  const bad = new BadRowList();
  const pulled = await pullLogs(bucket, tools.db, bad);
  await enter('join');
  const served = await readServed(bucket);
  const plan = planTraining(served.artifact?.manifest ?? null, settings.given, settings.cold);
  const ratings = await joined(tools, settings, served, plan, bad);
  const badRows = bad.found;
  for (const text of troubles(badRows, ratings.setAside)) tools.onTrouble(text);
  const decision = await decide(tools, settings, served, ratings, plan, enter);
  const { artifact } = decision;
  const report = () => reportOf({ ...pulled, served, ratings, badRows, decision }, settings, seconds());
  if (artifact) {
    await enter('publish');
    await bucket.put(artifactKey(artifact.manifest.version, REPORT_FILE), json(report()));
    await publish(bucket, artifact, served.version);
    await rememberFilms(tools.db, titlesOfArtifact(artifact));
  }
  await enter('prune');
  // A Worker may still read the version that was in service until now; the next run deletes it.
  const holdsDeleted = async (version: string) =>
    version !== served.version && mayHold(bucket, version, ratings.deleted);
  const pruned = await pruneVersions(bucket, settings.keep, settings.lease.now(), holdsDeleted);
  return { ...report(), deleted: pruned };
}

/** Data set and log as one. What it was made of is not held any longer. */
async function joined(
  tools: RetrainTools,
  settings: RetrainSettings,
  served: ServedModel,
  { options }: RetrainPlan,
  bad: BadRowList,
): Promise<JoinedRatings> {
  const { bucket, db } = tools;
  const { films } = await readFilms(db);
  const loaded = await loadNight(tools, baseDataset(settings.data, served), options, films);
  await noticeClosed();
  await refuseOtherFilms({ bucket, db }, titlesOfDataset(loaded.dataset));
  const { log, ...remembered } = await forgetDeleted(bucket, db, bad);
  return { ...remembered, logged: log.length, ...loaded.join({ log, ...remembered }, settings.guard) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
