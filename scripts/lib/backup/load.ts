import { answerOf, type Database, type Statement } from '../../../shared/storage/database.ts';
import { SEQUENCES, tableNames } from './dump.ts';
import { type BackupDatabase, type BackupTable, readBackupFile } from './manifest.ts';

/** Characters of one parameter: D1 takes 2 MB. */
const LONGEST = 500_000;
/**
 * Tables that are filled last. `store` says which database this is: without its row a half-filled database is not taken for
 * a whole one. `shard_map` says whose rows may be written there.
 */
const LAST = ['shard_map', 'store'];

/** Replaces all tables of a database by those of a backup, which has been checked. */
export async function loadDatabase(db: Database, folder: string, { schema, tables }: BackupDatabase): Promise<void> {
  const drops = (await tableNames(db)).map((name) => db.prepare(`DROP TABLE ${name}`));
  await answerOf(db.batch([...drops, ...schema.map((sql) => db.prepare(sql))]));
  const ordered = [...tables].sort((a, b) => LAST.indexOf(a.name) - LAST.indexOf(b.name));
  for (const table of ordered) {
    // Rows count sequences up themselves: only then are these what they were.
    if (table.name !== SEQUENCES) await loadTable(db, folder, table);
  }
  await answerOf(db.prepare(`DELETE FROM ${SEQUENCES}`).run());
  for (const table of tables) if (table.name === SEQUENCES) await loadTable(db, folder, table);
}

/** Deletes all tables of a database. */
export async function emptyDatabase(db: Database): Promise<void> {
  const drops = (await tableNames(db)).map((name) => db.prepare(`DROP TABLE ${name}`));
  if (drops.length > 0) await answerOf(db.batch(drops));
}

async function loadTable(db: Database, folder: string, table: BackupTable): Promise<void> {
  for (const file of table.files) {
    const text = new TextDecoder().decode(await readBackupFile(folder, file));
    await answerOf(db.batch(portions(text).map((rows) => insert(db, table, rows))));
  }
}

/** JSON arrays of lines, each short enough for a parameter. */
function portions(text: string): string[] {
  const lists: string[][] = [[]];
  let length = 0;
  for (const line of text.trimEnd().split('\n')) {
    if (length + line.length > LONGEST && length > 0) {
      lists.push([]);
      length = 0;
    }
    lists[lists.length - 1].push(line);
    length += line.length;
  }
  return lists.map((lines) => `[${lines.join()}]`);
}

function insert(db: Database, { name, columns }: BackupTable, rows: string): Statement {
  const values = columns.map((_, index) => `value ->> ${index}`);
  const sql = `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM json_each(?1)`;
  return db.prepare(sql).bind(rows);
}
