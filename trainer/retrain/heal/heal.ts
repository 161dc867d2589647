import { randomUUID } from 'node:crypto';
import { readWatermark } from '../../../shared/ratings/log-partitions.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { everyShard } from '../../../shared/ratings/shards.ts';
import { writeMark } from '../../../shared/ratings/store-mark.ts';
import { putBackPeople } from '../../../shared/ratings/tables/person.ts';
import { renumberLog } from '../../../shared/ratings/tables/rating-log.ts';
import { isLater, placeIn, readShardMap, type ShardMap } from '../../../shared/ratings/tables/shard-map.ts';
import { type Store, writeStore } from '../../../shared/ratings/tables/store.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { answerOf, type Database } from '../../../shared/storage/database.ts';
import type { LeaseHeld } from '../contract.ts';
import { type LeaseSettings, takeLease } from '../lease.ts';
import { bringHome, type Rewound, strayPeople } from './bring-home.ts';
import { goesOn } from './compare-logs.ts';
import { otherDatabase, type Restored, standingOf } from './identity.ts';
import { type Plan, planHeal } from './plan-heal.ts';
import { giveNewIds, putBack, renamed } from './put-back.ts';

/** What a heal did, or on a dry run would do. */
export interface HealReport {
  /** `joined`: R2 has nothing of its log, but people had left it, or come to it, since what it was restored to. */
  readonly decision: 'sound' | 'joined' | 'healed' | 'dry-run';
  /** Id of the database. */
  readonly store: string;
  /** After the heal. */
  readonly epoch: number;
  /** The last seq on which D1 and R2 agreed; of a sound database, the last seq in R2. */
  readonly agreedUpTo: number;
  /** The last seq in R2. */
  readonly watermark: number;
  /** Rows that D1 took since the restore: they get new seqs behind R2's and go into the next retrain. */
  readonly newRows: number;
  /** Ratings that only R2 has: they go back into D1, unless it has a newer one. */
  readonly lostRatings: number;
  /** People who are missing in D1: their ids are kept from being given out again. */
  readonly lostPeople: number;
  /** Deleted people whom the restore brought back: they are deleted again. */
  readonly deletedAgain: number;
  /** People of whom it had rows though they had left it for another database: both are joined there. */
  readonly strays?: number;
  /** People whose id was given to somebody else since: what R2 has of them goes on under a new id. */
  readonly renamed: number;
}

/**
 * Mends D1 after a restore, losing nothing that D1 or R2 holds. Each step may be repeated, and D1 counts as mended only
 * after the last one: when a heal breaks off, the next one goes on.
 *
 * @throws `bad-data` when D1 is another database than R2's log is of
 */
export async function heal(
  bucket: Bucket,
  db: Database,
  dryRun: boolean,
  lease: LeaseSettings,
): Promise<HealReport | LeaseHeld> {
  const taken = await takeLease(bucket, lease);
  if ('heldBy' in taken) return { decision: 'lease-held', heldBy: taken.heldBy };
  try {
    return await healAll(bucket, db, dryRun);
  } finally {
    await taken.lease.free().catch(() => undefined); // it expires by itself
  }
}

/** Heals each database by what R2 has of its people; the report is of the first that was not sound. */
async function healAll(bucket: Bucket, db: Database, dryRun: boolean): Promise<HealReport> {
  const shards = everyShard(db);
  const map = shards.length > 1 ? await latestMap(shards) : null;
  const reports: HealReport[] = [];
  for (const [shard, each] of shards.entries()) {
    const isHome = (userId: number) => map === null || placeIn(map, userId) === shard;
    const strays = map && (await broughtHome({ bucket, all: shards, map, shard }, dryRun));
    const report = await healLeased(bucket, each, { dryRun, shard, isHome });
    const decision = strays !== null && report.decision === 'sound' ? (dryRun ? 'dry-run' : 'joined') : report.decision;
    reports.push({ ...report, decision, ...(strays && { strays }) });
  }
  return reports.find(({ decision }) => decision !== 'sound') ?? reports[0];
}

/** How many had left the database for another one; null where it knows of the last reshard, and was not restored. */
async function broughtHome(rewound: Rewound, dryRun: boolean): Promise<number | null> {
  const { bucket, all, map, shard } = rewound;
  const own = await readShardMap(all[shard]);
  const isBehind = own === null || isLater(map, own);
  const { kind } = await standingOf(bucket, all[shard], shard);
  if (kind === 'other' || (kind === 'sound' && !isBehind)) return null;
  const strays = await strayPeople(rewound);
  if (!dryRun) await bringHome(rewound);
  return strays.length;
}

/** The latest of what databases say of where people are: no reshard is under way, though one may have broken off. */
async function latestMap(shards: readonly Database[]): Promise<ShardMap | null> {
  const maps = (await Promise.all(shards.map(readShardMap))).filter((map) => map !== null);
  return maps.length === 0 ? null : maps.reduce((a, b) => (isLater(b, a) ? b : a));
}

interface Healed {
  readonly dryRun: boolean;
  /** Number of the database. */
  readonly shard: number;
  /** Whose ratings belong into it: R2 may have older ones of people who have left. */
  readonly isHome: (userId: number) => boolean;
}

async function healLeased(bucket: Bucket, db: Database, { dryRun, shard, isHome }: Healed): Promise<HealReport> {
  const standing = await standingOf(bucket, db, shard);
  if (standing.kind === 'other') throw otherDatabase(standing.store, standing.mark);
  if (standing.kind === 'sound') return soundReport(standing.store, await readWatermark(bucket, shard));
  const copied = standing.logs.copied.filter(({ userId }) => isHome(userId));
  const plan = await planHeal(db, { ...standing, logs: { ...standing.logs, copied } }, shard === 0);
  const healed = nextStore(standing);
  const report = reportOf(healed, standing, plan);
  if (dryRun) return { ...report, decision: 'dry-run' };
  if (!goesOn(standing.logs)) {
    await answerOf(db.batch(renumberLog(db, standing.logs.last, standing.logs.watermark)));
  }
  await answerOf(db.batch(putBackPeople(db, plan.people, plan.lastPerson)));
  const newIds = await giveNewIds(bucket, db, plan);
  for (const { userId, timestamp } of plan.deletions) await deletePerson(db, userId, timestamp);
  await putBack(db, renamed(plan.lost, newIds));
  await beginEpoch({ bucket, db, shard }, healed, standing, plan);
  return report;
}

/** The database after the heal: R2's own, in a new epoch. */
function nextStore({ store, mark }: Restored): Store {
  return {
    id: mark?.store ?? store.id,
    epoch: Math.max(store.epoch, mark?.epoch ?? 0) + 1,
    pull: randomUUID(),
    pullBefore: '',
  };
}

/** R2 first: until D1 has the same pull, it counts as restored, and another heal goes on. */
async function beginEpoch(
  { bucket, db, shard }: { readonly bucket: Bucket; readonly db: Database; readonly shard: number },
  healed: Store,
  { mark, logs }: Restored,
  plan: Plan,
): Promise<void> {
  const { id, epoch, pull } = healed;
  const from = logs.watermark + 1;
  const earlier = (mark?.epochs ?? []).filter((other) => other.from < from);
  const lastPerson = plan.lastPerson + plan.renamed.length;
  await writeMark(bucket, { store: id, epoch, pull, lastPerson, epochs: [...earlier, { epoch, from }] }, shard);
  await answerOf(writeStore(db, healed).run());
}

function reportOf({ id, epoch }: Store, { logs }: Restored, plan: Plan): HealReport {
  return {
    decision: 'healed',
    store: id,
    epoch,
    agreedUpTo: logs.last,
    watermark: logs.watermark,
    newRows: logs.held.filter(({ seq }) => seq > logs.last).length,
    lostRatings: plan.lost.length,
    lostPeople: plan.people.length,
    deletedAgain: plan.deletions.length,
    renamed: plan.renamed.length,
  };
}

function soundReport({ id, epoch }: Store, watermark: number): HealReport {
  const nothing = { newRows: 0, lostRatings: 0, lostPeople: 0, deletedAgain: 0, renamed: 0 };
  return { decision: 'sound', store: id, epoch, agreedUpTo: watermark, watermark, ...nothing };
}
