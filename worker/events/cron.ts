import { parseCurrent, parseManifest } from '../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../shared/artifact/schema.ts';
import { everyShard } from '../../shared/ratings/shards.ts';
import { deleteEventsBefore } from '../../shared/ratings/tables/event.ts';
import { sweepGatherings } from '../../shared/ratings/tables/gathering.ts';
import { deleteImportsBefore, UNDO_DAYS } from '../../shared/ratings/tables/import-change.ts';
import { deleteListsBefore, OUTCOME_DAYS } from '../../shared/ratings/tables/list-shown.ts';
import { answerOf } from '../../shared/storage/database.ts';
import type { Bindings } from '../env.ts';
import { ageWarning } from '../version/age.ts';
import { trimLog } from './trim-log.ts';

/** Milliseconds. */
const DAY = 86_400_000;

/**
 * What the cron trigger does: trims the rating log, forgets what old imports changed, old events and the lists that people
 * were shown, sweeps gatherings, and warns in the Worker's log of an old model.
 */
export async function onSchedule({ scheduledTime }: ScheduledController, env: Bindings): Promise<void> {
  const oldest = Math.floor((scheduledTime - OUTCOME_DAYS * DAY) / 1000);
  for (const [shard, db] of everyShard(env.DB).entries()) {
    console.log(`rating log: ${await trimLog(db, env.MODELS, shard)} superseded rows are gone`);
    await answerOf(deleteImportsBefore(db, scheduledTime - UNDO_DAYS * DAY).run());
    await answerOf(deleteListsBefore(db, oldest).run());
    await answerOf(deleteEventsBefore(db, oldest).run());
  }
  await env.DB.batch(sweepGatherings(env.DB, Math.floor(scheduledTime / 1000)) as D1PreparedStatement[]);
  const current = await env.MODELS.get(CURRENT_KEY);
  if (!current) return;
  const { version } = parseCurrent(await current.text());
  const manifest = await env.MODELS.get(artifactKey(version, FILES.manifest));
  const warning = manifest && ageWarning(parseManifest(await manifest.text()).createdAt, env, scheduledTime);
  if (warning) console.warn(warning);
}
