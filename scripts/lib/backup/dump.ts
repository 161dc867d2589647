import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MarqueeError } from '../../../shared/errors.ts';
import { answerOf, type Database } from '../../../shared/storage/database.ts';
import { type BackupFile, type BackupTable, fileOf } from './manifest.ts';

/** Rows of one answer of D1, and of one file. */
const PAGE = 5000;
/** How often a database is read that is written to meanwhile. */
const ATTEMPTS = 3;
/** Where SQLite keeps the last number of each table that counts up. */
export const SEQUENCES = 'sqlite_sequence';

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** What rows are read in the order of. */
  readonly key: readonly string[];
}

export interface Dump {
  readonly schema: string[];
  readonly tables: BackupTable[];
}

/**
 * Writes all tables of a database as they were at one moment: it is read page by page, and again when anybody wrote to it
 * meanwhile.
 *
 * @param shard number of the database
 * @throws `store-unavailable` when somebody always did
 */
export async function dumpDatabase(db: Database, folder: string, shard = 0): Promise<Dump> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const tables = await tablesOf(db);
    const before = await fingerprint(db, tables);
    const dumped: BackupTable[] = [];
    for (const table of tables)
      dumped.push(await dumpTable(db, table, { folder, place: shard === 0 ? 'd1' : `d1-${shard}` }));
    if ((await fingerprint(db, tables)) === before) return { schema: await schemaOf(db), tables: dumped };
    console.error('D1 was written to while it was read: it is read again');
  }
  throw new MarqueeError('store-unavailable', `D1 was written to each of ${ATTEMPTS} times that it was read`, {
    fix: 'Run it again when fewer people rate. Nothing was changed.',
  });
}

/** D1's and SQLite's own tables are none of ours. */
const OURS = "substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 4) <> '_cf_'";

export async function tableNames(db: Database): Promise<string[]> {
  const select = db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND ${OURS} ORDER BY rowid`);
  return (await answerOf(select.raw<[string]>())).map(([name]) => name);
}

/** SQL of tables, then of their indexes. */
async function schemaOf(db: Database): Promise<string[]> {
  const order = "ORDER BY type <> 'table', rowid";
  const select = db.prepare(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND ${OURS} ${order}`);
  return (await answerOf(select.raw<[string]>())).map(([sql]) => sql);
}

async function tablesOf(db: Database): Promise<Table[]> {
  const tables: Table[] = [];
  for (const name of await tableNames(db)) {
    const info = db.prepare(`PRAGMA table_info(${name})`).all<{ name: string; pk: number }>();
    const columns = (await answerOf(info)).results;
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
    tables.push({ name, columns: columns.map((column) => column.name), key: key.map((column) => column.name) });
  }
  return [...tables, { name: SEQUENCES, columns: ['name', 'seq'], key: ['name'] }];
}

/** What any write changes: rows, and sums of numbers and lengths, of every table at one moment. */
async function fingerprint(db: Database, tables: readonly Table[]): Promise<string> {
  const selects = tables.map(({ name, columns }) => {
    const sums = columns.map((column) => `total(${column}), total(length(${column}))`);
    return db.prepare(`SELECT json_array(count(*), ${sums.join(', ')}) AS sums FROM ${name}`);
  });
  const answers = await answerOf(db.batch<{ sums: string }>(selects));
  return answers.map(({ results }) => results[0].sums).join();
}

async function dumpTable(
  db: Database,
  table: Table,
  { folder, place }: { readonly folder: string; readonly place: string },
): Promise<BackupTable> {
  const { name, columns } = table;
  const files: BackupFile[] = [];
  let rows = 0;
  await mkdir(join(folder, place), { recursive: true });
  for await (const page of pagesOf(db, table)) {
    const path = `${place}/${name}-${String(files.length + 1).padStart(5, '0')}.jsonl`;
    const bytes = new TextEncoder().encode(page.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await writeFile(join(folder, path), bytes);
    files.push(fileOf(path, bytes));
    rows += page.length;
  }
  return { name, columns: [...columns], rows, files };
}

async function* pagesOf(db: Database, { name, columns, key }: Table): AsyncGenerator<unknown[][]> {
  const list = key.join(', ');
  const behind = `WHERE (${list}) > (${key.map((_, index) => `?${index + 1}`).join(', ')})`;
  const select = (where: string) =>
    db.prepare(`SELECT ${columns.join(', ')} FROM ${name} ${where} ORDER BY ${list} LIMIT ${PAGE}`);
  let page = await answerOf(select('').raw<unknown[]>());
  while (page.length > 0) {
    yield page;
    if (page.length < PAGE) return;
    const last = page[page.length - 1];
    const values = key.map((column) => last[columns.indexOf(column)]);
    page = await answerOf(
      select(behind)
        .bind(...values)
        .raw<unknown[]>(),
    );
  }
}
