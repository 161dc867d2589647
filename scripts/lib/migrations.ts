import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { everyShard } from '../../shared/ratings/shards.ts';
import { answerOf, type Database } from '../../shared/storage/database.ts';

const FOLDER = join(import.meta.dirname, '../../worker/migrations');

/**
 * Brings a local D1, each of its databases, up to the newest of `worker/migrations`. Keeps the record that `wrangler d1
 * migrations apply` keeps, so that the two may take turns; a process of wrangler's own would want the database files
 * for itself.
 */
export async function migrate(db: Database): Promise<void> {
  for (const shard of everyShard(db)) await migrateShard(shard);
}

async function migrateShard(db: Database): Promise<void> {
  const { unstable_splitSqlQuery: statementsOf } = await import('wrangler');
  await db
    .prepare(
      `CREATE TABLE IF NOT EXISTS d1_migrations (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         name TEXT UNIQUE,
         applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
       )`,
    )
    .run();
  for (const name of await missingMigrations(db)) {
    const statements = statementsOf(await readFile(join(FOLDER, name), 'utf8')).map((sql) => db.prepare(sql));
    // A batch is one transaction: the record and what it records.
    await db.batch([...statements, db.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name)]);
  }
}

/** Names of the migrations that a database lacks, in their order. Throws `store-unavailable`. */
export async function missingMigrations(db: Database): Promise<string[]> {
  const record = db.prepare("SELECT name FROM sqlite_master WHERE name = 'd1_migrations'").first();
  const applied = (await answerOf(record))
    ? await answerOf(db.prepare('SELECT name FROM d1_migrations').raw<[string]>())
    : [];
  const names = new Set(applied.map(([name]) => name));
  return (await readdir(FOLDER)).sort().filter((name) => !names.has(name));
}
