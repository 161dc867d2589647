import { MarqueeError } from '../errors.ts';
import type { Database, Statement } from '../storage/database.ts';
import { Home } from './home.ts';
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

/** How often a person who moves is looked for. */
const ATTEMPTS = 12;
/** Milliseconds between two looks: 1.2 s in all, as D1 may take 2. */
const PAUSE = 100;

/** Where people are, as far as an isolate knows. It may be out of date: each database says whom it still has. */
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
 * The databases `DB`, `DB_1` and so on as one. All rows of one person are in one of them; rows of no person are in the
 * first. As a `Database` it is the first; `homeOf` gives the one where a person is.
 */
export class Shards implements Database {
  readonly all: readonly Database[];
  readonly known: KnownPlaces;
  readonly #pause: number;
  /** Read on the second attempt, when a copy may be older than the move. */
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

/** How new what somebody has seen is. */
export interface Seen {
  /** Number of the database. */
  readonly shard: number;
  readonly bookmark: string;
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
 * Refuses a reading of everybody while people move: somebody could be read twice or not at all.
 *
 * @param before what this returned before the reading, to ask again after it
 * @returns where people are
 * @throws `store-unavailable` while a reshard is under way or broken off, or where there was one since `before`
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
