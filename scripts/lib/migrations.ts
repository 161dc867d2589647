import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../shared/storage/database.ts';

const FOLDER = join(import.meta.dirname, '../../worker/migrations');

/**
 * Brings a local D1 up to the newest of `worker/migrations`. Keeps the record that `wrangler d1 migrations apply`
 * keeps, so that the two may take turns; a process of wrangler's own would want the database files for itself.
 */
export async function migrate(db: Database): Promise<void> {
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
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  for (const name of (await readdir(FOLDER)).sort()) {
    if (applied.has(name)) continue;
    const statements = statementsOf(await readFile(join(FOLDER, name), 'utf8')).map((sql) => db.prepare(sql));
    // A batch is one transaction: the record and what it records.
    await db.batch([...statements, db.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name)]);
  }
}
