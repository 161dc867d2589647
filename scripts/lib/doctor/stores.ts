import { ISOLATE, megabytes, mostMemory } from '../../../shared/artifact/worker-memory.ts';
import { waitingLetters } from '../../../shared/ratings/dead-letters.ts';
import { LOG_PREFIX, partitionRange, readWatermark } from '../../../shared/ratings/log-partitions.ts';
import { continues, readMark } from '../../../shared/ratings/store-mark.ts';
import { readStore } from '../../../shared/ratings/tables/store.ts';
import { type Bucket, listObjects } from '../../../shared/storage/bucket.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { publishedModels } from '../../../trainer/artifact/publish.ts';
import { verifyVersion } from '../../../trainer/artifact/versions.ts';
import type { Bindings } from '../bindings.ts';
import { missingMigrations } from '../migrations.ts';
import { type Finding, find } from './finding.ts';

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
  return [
    await find('tables', () => tables(DB, mends)),
    await find('model', () => model(MODELS, mends, now)),
    await find('rating log', () => ratingLog(MODELS)),
    await find('D1 beside R2', () => identity(MODELS, DB, mends)),
    await find('given-up writes', () => letters(MODELS, mends)),
  ];
}

async function tables(db: Database, { migrate }: Mends) {
  const missing = await missingMigrations(db);
  if (missing.length === 0) return 'up to date';
  return { says: `migrations not applied: ${missing.join(', ')}`, mend: migrate };
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
  const says = `${served.version} of ${dataset.name}, format ${formatVersion}, every file as published, ${hours} h old; ${takes}`;
  if (bytes > most) return { says, mend: `npm run publish -- --model DIR --parts K${flag.replace(' -- ', ' ')}` };
  return maxAge > 0 && hours > maxAge ? { says: `${says}, more than ${maxAge}`, mend: `npm run retrain${flag}` } : says;
}

async function ratingLog(bucket: Bucket) {
  const ranges = (await listObjects(bucket, LOG_PREFIX)).flatMap(({ key }) => partitionRange(key) ?? []);
  let end = 0;
  const gaps: string[] = [];
  for (const { from, to } of ranges) {
    if (from > end + 1) gaps.push(`${end + 1} to ${from - 1}`);
    end = Math.max(end, to);
  }
  if (gaps.length === 0) return end === 0 ? 'not copied to R2 yet' : `in R2 up to ${end}, without a gap`;
  return { says: `R2 lacks the numbers ${gaps.join(', ')}`, mend: `put the files back from a backup (${LOG_PREFIX})` };
}

async function identity(bucket: Bucket, db: Database, { flag }: Mends) {
  const [store, mark] = [await readStore(db), await readMark(bucket)];
  if (!mark) {
    if ((await readWatermark(bucket)) === 0) return 'no retrain has copied the log yet';
    return { says: 'R2 has a log, but not of which database', mend: `npm run heal${flag}` };
  }
  if (continues(store, mark)) return `one history, epoch ${store.epoch}`;
  return { says: 'one of them was restored to an earlier time, or replaced', mend: `npm run heal${flag}` };
}

async function letters(bucket: Bucket, { flag }: Mends) {
  const { length } = await waitingLetters(bucket);
  return length === 0 ? 'none' : { says: `${length} wait in R2`, mend: `npm run replay${flag}` };
}
