import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MarqueeError } from '../../../shared/errors.ts';
import { writeEvents } from '../../../shared/ratings/event-store.ts';
import { writeMarks } from '../../../shared/ratings/mark-store.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { writeRatings } from '../../../shared/ratings/rating-store.ts';
import { KnownPlaces, Shards } from '../../../shared/ratings/shards.ts';
import { writeLists } from '../../../shared/ratings/tables/list-shown.ts';
import { createPerson } from '../../../shared/ratings/tables/person.ts';
import type { Database, Statement } from '../../../shared/storage/database.ts';
import { MemoryDatabase } from '../../bench/machines/memory-database.ts';

const FOLDER = join(import.meta.dirname, '../../../worker/migrations');
const MIGRATIONS = readdirSync(FOLDER)
  .sort()
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'));

/** Tables whose rows are of one person, and all columns but the log's number. */
const PERSONAL = {
  rating: 'user_id, movie_id, half_stars, rated_at, accepted_at',
  rating_log: 'user_id, movie_id, half_stars, rated_at, source',
  mark: '*',
  import_change: '*',
  list_shown: '*',
  event: '*',
};

/** Databases with the Worker's tables. */
export function databases(count: number): MemoryDatabase[] {
  return Array.from({ length: count }, () => {
    const db = new MemoryDatabase();
    for (const migration of MIGRATIONS) db.exec(migration);
    return db;
  });
}

/** Remembers a database as it is now; what it returns takes the database back there, as a restore does. */
export function moment(db: MemoryDatabase): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'marquee-moment-'));
  const file = join(folder, 'then.sqlite');
  db.exec(`VACUUM INTO '${file}'`);
  return async () => {
    db.exec(`ATTACH '${file}' AS then_`);
    const named = async (of: string, type: string) => {
      const select = `SELECT name FROM ${of}.sqlite_master WHERE type = '${type}' AND name NOT LIKE 'sqlite_%'`;
      return (await db.prepare(select).raw<[string]>()).map(([name]) => name);
    };
    const triggers = await named('then_', 'trigger');
    for (const name of await named('main', 'trigger')) if (!triggers.includes(name)) db.exec(`DROP TRIGGER ${name}`);
    for (const name of [...(await named('then_', 'table')), 'sqlite_sequence']) {
      db.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM then_.${name}`);
    }
    db.exec('DETACH then_');
    rmSync(folder, { recursive: true });
  };
}

/** Somebody's rating of a movie. */
export function rate(db: Database, user: number, movieId: number, timestamp = movieId): Promise<unknown> {
  return writeRatings(
    db,
    user,
    [{ movieId, rating: ((user + movieId) % 10) / 2 + 0.5, timestamp }],
    'page',
    1000 * timestamp,
  );
}

/** As many people of a data set as visitors, with rows in every table; the third of either is deleted. Returns their ids. */
export async function fillPeople(db: Database, each = 12): Promise<number[]> {
  const visitors = await Promise.all(Array.from({ length: each }, () => createPerson(db, 1)));
  const people = [...Array.from({ length: each }, (_, n) => 3 * n + 1), ...visitors];
  for (const user of people) {
    for (const movieId of [5, 3, 9]) await rate(db, user, movieId, 50);
    await writeRatings(db, user, [{ movieId: 5, rating: null, timestamp: 60 }], 'import', 60_000 + user);
    const mark = { movieId: 7, mark: 'seen', timestamp: 70 } as const;
    await writeMarks(db, [mark], { user, source: 'page', acceptedAt: 70_000 });
    await writeEvents(db, user, [{ id: 'e', kind: 'clicked', movieId: 7, request: null, timestamp: 80 }]);
    const arm = { version: 'v', experiment: null, arm: null, ordering: 'rating', explored: false, probability: null };
    await writeLists(db, [{ userId: user, request: `r${user}`, shownAt: 90, ...arm, first: 0, movieIds: [1, 2] }]);
  }
  for (const user of [people[2], visitors[2]]) await deletePerson(db, user, 100);
  return people;
}

/** Every row of a person, once for each database that has it; and, of each database, who is there. */
export async function everyRow(all: readonly Database[]) {
  const rows: string[] = [];
  const people = all.map(() => new Set<number>());
  for (const [shard, db] of all.entries()) {
    for (const [table, columns] of Object.entries(PERSONAL)) {
      const { results } = await db.prepare(`SELECT ${columns} FROM ${table}`).all<{ user_id: number }>();
      for (const row of results) {
        rows.push(`${table} ${JSON.stringify(row)}`);
        people[shard].add(row.user_id);
      }
    }
  }
  return { rows: rows.sort(), people };
}

/** Why a process that was killed does nothing more. */
export class Killed extends MarqueeError {
  constructor() {
    super('internal', 'killed');
  }
}

/** Databases as a process sees them that is killed at its nth call, before it is done or before it is known to be done. */
export function dyingDatabases(all: readonly Database[], nth: number, when: 'before' | 'after') {
  const calls = { count: 0 };
  const call = async <T>(run: () => Promise<T>): Promise<T> => {
    calls.count++;
    if (calls.count > nth || (calls.count === nth && when === 'before')) throw new Killed();
    const result = await run();
    if (calls.count === nth) throw new Killed();
    return result;
  };
  return { calls, all: all.map((db) => guarded(db, call)) };
}

/** Databases whose every call waits for `before`. */
export function between(all: readonly Database[], before: () => Promise<unknown>): Database[] {
  return all.map((db) =>
    guarded(db, async (run) => {
      await before();
      return run();
    }),
  );
}

type Call = <T>(run: () => Promise<T>) => Promise<T>;

function guarded(db: Database, call: Call): Database {
  const inner = new WeakMap<Statement, Statement>();
  const wrap = (statement: Statement): Statement => {
    const outer: Statement = {
      bind: (...values) => wrap(statement.bind(...values)),
      all: <T>() => call(() => statement.all<T>()),
      raw: <T>() => call(() => statement.raw<T>()),
      first: <T>() => call(() => statement.first<T>()),
      run: () => call(() => statement.run()),
    };
    inner.set(outer, statement);
    return outer;
  };
  return {
    prepare: (sql) => wrap(db.prepare(sql)),
    batch: <T>(statements: Statement[]) => call(() => db.batch<T>(statements.map((each) => inner.get(each) ?? each))),
  };
}

/** Databases as one, for somebody who knows nothing yet of where people are, and does not wait for those on the way. */
export function asOne(all: readonly Database[]): Shards {
  return new Shards(all, new KnownPlaces(), 0);
}
