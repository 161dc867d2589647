import type { Database, DatabaseSession } from '../storage/database.ts';
import { everyShard, type Seen, Shards } from './shards.ts';
import { placeIn } from './tables/shard-map.ts';

/** Databases in sessions of their own, for one reading or writing. */
export interface Sessions {
  readonly db: Database;
  /** How new what somebody read or wrote is: the number of their database and its bookmark; null where that is not told. */
  seenBy(userId: number): Promise<Seen | null>;
}

/** @param from what the session of a database begins with (`Database.withSession`) */
export function inSessions(db: Database, from: (shard: number) => string): Sessions {
  const sessions = everyShard(db).map((each, shard) => each.withSession?.(from(shard)) ?? null);
  if (sessions.some((session) => session === null)) return { db, seenBy: async () => null };
  const all = sessions as DatabaseSession[];
  const seenIn = (shard: number): Seen | null => {
    const bookmark = all[shard]?.getBookmark() ?? null;
    return bookmark === null ? null : { shard, bookmark };
  };
  if (!(db instanceof Shards)) return { db: all[0], seenBy: async () => seenIn(0) };
  const seenBy = async (userId: number) => seenIn(placeIn(await db.known.of(db.all[0]), userId));
  return { db: new Shards(all, db.known, undefined, db.all), seenBy };
}

/**
 * Databases of which each is read as new as all of these people have seen it: by its copies, where there are any.
 *
 * @param seen null for people who wrote nothing lately
 */
export function asNewAs(db: Database, seen: readonly (Seen | null)[]): Database {
  const told = seen.filter((each) => each !== null);
  return inSessions(db, (shard) => {
    if (told.some((each) => each.shard !== shard)) return 'first-primary'; // they have moved since
    return told.reduce((latest, { bookmark }) => (bookmark > latest ? bookmark : latest), '') || 'first-unconstrained';
  }).db;
}
