import { randomUUID } from 'node:crypto';
import { MarqueeError } from '../../../shared/errors.ts';
import { readWatermark } from '../../../shared/ratings/log-partitions.ts';
import { continues, readMark, type StoreMark, writeMark } from '../../../shared/ratings/store-mark.ts';
import { lastPerson } from '../../../shared/ratings/tables/person.ts';
import { readStore, type Store, writeStore } from '../../../shared/ratings/tables/store.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { answerOf, type Database } from '../../../shared/storage/database.ts';
import { type ComparedLogs, compareLogs, goesOn } from './compare-logs.ts';

/** A database that cannot go on, and its log beside R2's. */
export interface Restored {
  /** `other`: it is not the database that R2's log is of. */
  readonly kind: 'restored' | 'other';
  readonly store: Store;
  readonly mark: StoreMark | null;
  readonly logs: ComparedLogs;
}

/** How D1 stands to what R2 has of it. */
export type Standing = { readonly kind: 'sound'; readonly store: Store } | Restored;

/**
 * Whether D1 is the database that R2's log is of, and not older than that log. Where an earlier release left no mark, the
 * logs say so, and the mark is written now.
 */
export async function standingOf(bucket: Bucket, db: Database, shard = 0): Promise<Standing> {
  const [store, mark] = [await readStore(db), await readMark(bucket, shard)];
  if (mark ? continues(store, mark) : (await readWatermark(bucket, shard)) === 0) return { kind: 'sound', store };
  const logs = await compareLogs(bucket, db, shard);
  if (!mark && goesOn(logs)) return { kind: 'sound', store: await markPull(bucket, db, shard) };
  // Restored to a time before it had an id, a database still shares rows with R2; an empty one contradicts nothing.
  const isOther = mark?.store !== store.id && logs.held.length > 0 && logs.shared.size === 0;
  return { kind: isOther ? 'other' : 'restored', store, mark, logs };
}

/** The database, if a retrain may read on in its log. Throws `bad-data` when it was restored, or is another one. */
export async function soundStore(bucket: Bucket, db: Database, shard = 0): Promise<Store> {
  const standing = await standingOf(bucket, db, shard);
  if (standing.kind === 'sound') return standing.store;
  if (standing.kind === 'other') throw otherDatabase(standing.store, standing.mark);
  const { last, watermark } = standing.logs;
  throw new MarqueeError(
    'bad-data',
    `D1 or R2 was restored to an earlier time: R2 has D1's rating log up to ${watermark}, and D1 agrees with it up to ${last}`,
    {
      fix: '`npm run heal -- --dry-run` says what is to be mended, `npm run heal` does it. Nothing that D1 or R2 holds is lost.',
    },
  );
}

export function otherDatabase(store: Store, mark: StoreMark | null): MarqueeError {
  const whose = mark ? `database ${mark.store}` : 'another database';
  return new MarqueeError('bad-data', `R2's rating log is of ${whose}, but D1 is ${store.id}; they share no row`, {
    fix:
      'Their people have the same ids, so they cannot be joined. Use the bucket and the database that belong together ' +
      '(wrangler.toml, MARQUEE_STATE), or give this database a bucket of its own.',
  });
}

/** Names a pull in D1, then in R2, before rows are copied there. */
export async function markPull(bucket: Bucket, db: Database, shard = 0): Promise<Store> {
  const before = await readMark(bucket, shard);
  const { id, epoch } = await readStore(db);
  const store = { id, epoch, pull: randomUUID(), pullBefore: before?.pull ?? '' };
  await answerOf(writeStore(db, store).run());
  const { pull } = store;
  const mark = { store: id, epoch, pull, lastPerson: await lastPerson(db), epochs: before?.epochs ?? [] };
  await writeMark(bucket, mark, shard);
  return store;
}
