import { MarqueeError } from '../errors.ts';
import type { Database, DatabaseSession, Statement } from '../storage/database.ts';
import {
  ALL_IN_DB,
  isElsewhere,
  isLater,
  placeIn,
  readShardMap,
  requireHere,
  type ShardMap,
  selectMoved,
} from './tables/shard-map.ts';

/** How often a person is looked for, and asked whether they have arrived. */
const ATTEMPTS = 12;
/** Milliseconds: 1.2 s in all, as D1 may take 2. */
const PAUSE = 100;

/** What is known of where people are; an isolate keeps it. It may be old: the databases themselves say what holds. */
export class KnownPlaces {
  #map: ShardMap | null = null;

  /** @param db which is asked once */
  async of(db: Database): Promise<ShardMap> {
    this.#map ??= (await readShardMap(db)) ?? ALL_IN_DB;
    return this.#map;
  }

  learn(map: ShardMap): void {
    if (!this.#map || isLater(map, this.#map)) this.#map = map;
  }
}

/**
 * Several databases as one, `DB`, `DB_1` and so on. What is of one person is in one of them, what is nobody's is in the
 * first. As a `Database` it is the first; `homeOf` says where a person is.
 */
export class Shards implements Database {
  readonly all: readonly Database[];
  readonly known: KnownPlaces;
  readonly #pause: number;
  /** Where somebody is looked for who is not where they were thought to be. */
  readonly #primaries: readonly Database[];

  /**
   * @param pause milliseconds between two questions about somebody who is on the way
   * @param primaries the databases themselves, where `all` may be read from copies of them
   */
  constructor(all: readonly Database[], known = new KnownPlaces(), pause = PAUSE, primaries = all) {
    this.all = all;
    this.known = known;
    this.#pause = pause;
    this.#primaries = primaries;
  }

  prepare(sql: string): Statement {
    return this.all[0].prepare(sql);
  }

  batch: Database['batch'] = (statements) => this.all[0].batch(statements);

  /** These people by the database in which they are, as far as is known. */
  async groups(userIds: readonly number[]): Promise<number[][]> {
    const map = await this.known.of(this.all[0]);
    return [...Map.groupBy(userIds, (userId) => placeIn(map, userId)).values()];
  }

  /** Runs statements for people of one database where they are, all or none. */
  async write<T>(userIds: readonly number[], statements: (db: Database) => Statement[]) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const place = await this.#placeOf(userIds);
      const db = this.all[place];
      try {
        return (await db.batch<T>([requireHere(db, userIds), ...statements(db)])).slice(1);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        this.known.learn((await readShardMap(db))!);
        if ((await this.#placeOf(userIds)) === place) await new Promise((resolve) => setTimeout(resolve, this.#pause));
      }
    }
    throw onTheWay(userIds);
  }

  /** Reads of people of one database where they are. */
  async read<T>(userIds: readonly number[], statement: (db: Database) => Statement): Promise<T[]> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const db = (attempt === 1 ? this.all : this.#primaries)[await this.#placeOf(userIds)];
      const [moved, { results }] = await db.batch([selectMoved(db, userIds), statement(db)]);
      if (moved.results.length === 0) return results as T[];
      this.known.learn(moved.results[0] as ShardMap);
    }
    throw onTheWay(userIds);
  }

  /** The number of their database. Throws `Apart` when they are in several. */
  async #placeOf(userIds: readonly number[]): Promise<number> {
    const map = await this.known.of(this.all[0]);
    const place = placeIn(map, userIds[0]);
    if (userIds.some((userId) => placeIn(map, userId) !== place)) throw new Apart('they are in several databases');
    if (this.all[place]) return place;
    throw new MarqueeError(
      'store-unavailable',
      `user ${userIds[0]} is in the database DB_${place}, which is not bound`,
      {
        fix: `Add the database DB_${place} to wrangler.toml, for the Worker and the commands alike.`,
      },
    );
  }
}

/** The databases `DB`, `DB_1` and so on of a runtime, as far as they are bound: `DB` itself where it is the only one. */
export function oneOf(env: { readonly DB: Database }, known?: KnownPlaces): Database {
  const further = env as unknown as Readonly<Record<string, Database | undefined>>;
  if (further.DB_1 === undefined || env.DB instanceof Shards) return env.DB;
  const all = [env.DB];
  for (let next: Database | undefined = further.DB_1; next; next = further[`DB_${all.length}`]) all.push(next);
  return new Shards(all, known);
}

/** People who were in one database are in several now. */
class Apart extends Error {}

function onTheWay(userIds: readonly number[]): MarqueeError {
  return new MarqueeError('store-unavailable', `user ${userIds[0]} is on the way to another database`, {
    fix: 'Send it again in a moment. If a reshard broke off, npm run reshard goes on with it.',
  });
}

/** The database of a person: reads and writes there follow them when they move. A batch, and `run`, writes. */
export function homeOf(db: Database, userId: number): Database {
  return db instanceof Shards ? new Home(db, [userId]) : db;
}

/** Every database, `DB` first. */
export function everyShard(db: Database): readonly Database[] {
  return db instanceof Shards ? db.all : [db];
}

/**
 * Lets nobody read everybody while people move, when they could be met twice or not at all.
 *
 * @param before what it said before the reading
 * @returns where people are
 * @throws `store-unavailable` while a reshard is under way, also one that broke off, or where there was one since `before`
 */
export async function requireRest(db: Database, before?: ShardMap): Promise<ShardMap> {
  if (!(db instanceof Shards)) return ALL_IN_DB;
  const maps = await Promise.all(db.all.map((each) => readShardMap(each)));
  const map = maps[0] ?? ALL_IN_DB;
  const rests = map.places === map.next && maps.every((other) => (other ?? ALL_IN_DB).version === map.version);
  if (rests && map.version === (before ?? map).version) return map;
  throw new MarqueeError('store-unavailable', 'people move from one database to another', {
    fix: 'Try again when npm run reshard has ended; where it broke off, run it again.',
  });
}

/** Databases in sessions of their own, for one reading or writing. */
export interface Sessions {
  readonly db: Database;
  /** How new what somebody read or wrote is: the number of their database and its bookmark; null where that is not told. */
  seenBy(userId: number): Promise<Seen | null>;
}

/** How new what somebody has seen is. */
export interface Seen {
  /** Number of the database. */
  readonly shard: number;
  readonly bookmark: string;
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
  return { db: new Shards(all, db.known, PAUSE, db.all), seenBy };
}

/**
 * Databases of which each is read as new as all of these people have seen it: by its copies, where there are any.
 *
 * @param seen null for whoever has written nothing of late
 */
export function asNewAs(db: Database, seen: readonly (Seen | null)[]): Database {
  const told = seen.filter((each) => each !== null);
  return inSessions(db, (shard) => {
    if (told.some((each) => each.shard !== shard)) return 'first-primary'; // they have moved since
    return told.reduce((latest, { bookmark }) => (bookmark > latest ? bookmark : latest), '') || 'first-unconstrained';
  }).db;
}

/** People by the database in which they are: one list where there is one database. */
export async function byHome(db: Database, userIds: readonly number[]): Promise<(readonly number[])[]> {
  return db instanceof Shards ? db.groups(userIds) : [userIds];
}

/** Asks each database for those of these people who are in it. */
export async function atHomes<T>(
  db: Database,
  userIds: readonly number[],
  ask: (home: Database, userIds: readonly number[]) => Promise<T>,
): Promise<T[]> {
  if (!(db instanceof Shards)) return [await ask(db, userIds)];
  const asked = (await db.groups(userIds)).map(async (group) => {
    try {
      return [await ask(new Home(db, group), group)];
    } catch (error) {
      if (!(error instanceof Error && error.cause instanceof Apart)) throw error;
      return atHomes(db, group, ask);
    }
  });
  return (await Promise.all(asked)).flat();
}

/** Where these people are, wherever they move. */
class Home implements Database {
  readonly shards: Shards;
  readonly userIds: readonly number[];

  constructor(shards: Shards, userIds: readonly number[]) {
    this.shards = shards;
    this.userIds = userIds;
  }

  prepare(sql: string): Statement {
    return new HomeStatement(this, sql, []);
  }

  batch<T>(statements: Statement[]) {
    return this.shards.write<T>(this.userIds, (db) => statements.map((each) => (each as HomeStatement).on(db)));
  }
}

/** A statement that is prepared where it runs. */
class HomeStatement implements Statement {
  readonly #home: Home;
  readonly #sql: string;
  readonly #values: readonly unknown[];

  constructor(home: Home, sql: string, values: readonly unknown[]) {
    this.#home = home;
    this.#sql = sql;
    this.#values = values;
  }

  bind(...values: unknown[]): Statement {
    return new HomeStatement(this.#home, this.#sql, values);
  }

  on(db: Database): Statement {
    return db.prepare(this.#sql).bind(...this.#values);
  }

  async all<T>(): Promise<{ results: T[] }> {
    return { results: await this.#read<T>() };
  }

  /** No two columns may have one name. */
  async raw<T>(): Promise<T[]> {
    return (await this.#read<object>()).map((row) => Object.values(row) as T);
  }

  async first<T>(): Promise<T | null> {
    return (await this.#read<T>())[0] ?? null;
  }

  async run(): ReturnType<Statement['run']> {
    const [{ meta }] = await this.#home.batch([this]);
    return { meta };
  }

  #read<T>(): Promise<T[]> {
    return this.#home.shards.read<T>(this.#home.userIds, (db) => this.on(db));
  }
}
