import { ISOLATE, megabytes, mostMemory } from '../../../shared/artifact/worker-memory.ts';
import { waitingLetters } from '../../../shared/ratings/dead-letters.ts';
import { logPrefix, partitionRange, readWatermark } from '../../../shared/ratings/log-partitions.ts';
import { everyShard } from '../../../shared/ratings/shards.ts';
import { continues, readMark } from '../../../shared/ratings/store-mark.ts';
import { ALL_IN_DB, digitOf, readShardMap } from '../../../shared/ratings/tables/shard-map.ts';
import { readStore } from '../../../shared/ratings/tables/store.ts';
import { type Bucket, listObjects } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { publishedModels } from '../../../trainer/artifact/publish.ts';
import { verifyVersion } from '../../../trainer/artifact/versions.ts';
import type { Bindings } from '../bindings.ts';
import { missingMigrations } from '../migrations.ts';
import { type Finding, find, type Look } from './finding.ts';

/** How to mend things where these stores are. */
export interface Mends {
  /** Stands behind each command: ' -- --remote', or nothing. */
  readonly flag: string;
  readonly migrate: string;
  readonly publish: string;
  /** Hours after which a model is old; 0: never. */
  readonly maxAge: number;
}

/** What R2 and D1 hold. Nothing is written. */
export async function storeFindings({ MODELS, DB }: Bindings, mends: Mends, now: number): Promise<Finding[]> {
  const shards = everyShard(DB);
  /** Looks at each database, the further ones by their names. */
  const each = (topic: string, look: (db: Database, shard: number) => Promise<Look>) =>
    Promise.all(
      shards.map((db, shard) => find(shard === 0 ? topic : `${topic} of DB_${shard}`, () => look(db, shard))),
    );
  return [
    ...(await each('tables', (db) => tables(db, mends))),
    ...(shards.length > 1 ? [await find('people', () => people(shards, mends))] : []),
    await find('model', () => model(MODELS, mends, now)),
    ...(await each('rating log', (_, shard) => ratingLog(MODELS, shard))),
    ...(await each('D1 beside R2', (db, shard) => identity(MODELS, db, mends, shard))),
    await find('given-up writes', () => letters(MODELS, mends)),
  ];
}

async function tables(db: Database, { migrate }: Mends) {
  const missing = await missingMigrations(db);
  if (missing.length === 0) return 'up to date';
  return { says: `migrations not applied: ${missing.join(', ')}`, mend: migrate };
}

/** How people are spread over several databases. */
async function people(shards: readonly Database[], { flag }: Mends) {
  const maps = (await Promise.all(shards.map(readShardMap))).map((map) => map ?? ALL_IN_DB);
  const { places, version } = maps[0];
  const reshard = (to: number) => `npm run reshard -- --to ${to}${flag.replace(' --', '')}`;
  const used = shards.filter((_, shard) => places.includes(digitOf(shard))).length;
  if (maps.some((map) => map.next !== map.places || map.version !== version)) {
    return {
      says: 'a reshard is under way, or broke off',
      mend: `if none is running: ${reshard(used)}; if that says that they do not agree, npm run heal${flag}`,
    };
  }
  const says = `in ${used} of ${shards.length} databases`;
  return used === shards.length ? says : { says, mend: `${reshard(shards.length)}, or unbind what is not used` };
}

async function model(bucket: Bucket, { flag, publish, maxAge }: Mends, now: number) {
  const { models, damaged } = await publishedModels(bucket);
  const served = models.find(({ current }) => current);
  if (damaged.length > 0) {
    const says = damaged.map(({ error }) => error.message).join('; ');
    return { says, mend: served ? `delete or publish it again: npm run models${flag}` : `npm run rollback${flag}` };
  }
  if (!served) return { says: 'none is in service', mend: publish };
  await verifyVersion(bucket, served.version);
  const { createdAt, formatVersion, dataset } = served.manifest;
  const hours = Math.floor((now - Date.parse(createdAt)) / 3_600_000);
  const most = bucket.workerBytes ?? ISOLATE;
  const { worker, bytes } = mostMemory(served.manifest);
  const takes = `${worker} takes ${megabytes(bytes)} of ${megabytes(most)}`;
  const says = `${served.version} of ${dataset.name}, format ${formatVersion}, every file as published; ${takes}; ${hours} h old`;
  if (bytes > most) return { says, mend: `npm run publish -- --model DIR --parts K${flag.replace(' -- ', ' ')}` };
  return maxAge > 0 && hours > maxAge ? { says: `${says}, more than ${maxAge}`, mend: `npm run retrain${flag}` } : says;
}

async function ratingLog(bucket: Bucket, shard: number) {
  const ranges = (await listObjects(bucket, logPrefix(shard))).flatMap(({ key }) => partitionRange(key) ?? []);
  let end = 0;
  const gaps: string[] = [];
  for (const { from, to } of ranges) {
    if (from > end + 1) gaps.push(`${end + 1} to ${from - 1}`);
    end = Math.max(end, to);
  }
  if (gaps.length === 0) return end === 0 ? 'not copied to R2 yet' : `in R2 up to ${end}, without a gap`;
  return {
    says: `R2 lacks the numbers ${gaps.join(', ')}`,
    mend: `put the files back from a backup (${logPrefix(shard)})`,
  };
}

async function identity(bucket: Bucket, db: Database, { flag }: Mends, shard: number) {
  const [store, mark] = [await readStore(db), await readMark(bucket, shard)];
  if (!mark) {
    if ((await readWatermark(bucket, shard)) === 0) return 'no retrain has copied the log yet';
    return { says: 'R2 has a log, but not of which database', mend: `npm run heal${flag}` };
  }
  if (continues(store, mark)) return `one history, epoch ${store.epoch}`;
  return { says: 'one of them was restored to an earlier time, or replaced', mend: `npm run heal${flag}` };
}

async function letters(bucket: Bucket, { flag }: Mends) {
  const { length } = await waitingLetters(bucket);
  return length === 0 ? 'none' : { says: `${length} wait in R2`, mend: `npm run replay${flag}` };
}
