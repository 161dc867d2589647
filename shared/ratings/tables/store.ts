import { answerOf, type Database, type Statement } from '../../storage/database.ts';

/**
 * D1's table `store`: what this database is. It has one row.
 *
 * | column      |                                                                        |
 * |-------------|------------------------------------------------------------------------|
 * | one         | key, 1                                                                 |
 * | id          | random, made by the migration                                          |
 * | epoch       | counts up whenever a restore is healed                                 |
 * | pull        | random, new whenever a retrain begins to copy the log                  |
 * | pull_before | the pull that R2 was marked with at that time; empty: with none        |
 * | catalogue   | JSON, the films that the ratings are of; null while that is not known  |
 */
export interface Store {
  readonly id: string;
  readonly epoch: number;
  readonly pull: string;
  readonly pullBefore: string;
}

const UNREADABLE = {
  message: 'the database could not say which one it is',
  fix: 'On Cloudflare: npm run deploy, which makes the tables that are missing, then try again.',
};

const COLUMNS = 'id, epoch, pull, pull_before AS pullBefore';

/** Throws `store-unavailable`, also when the migration is missing. */
export async function readStore(db: Database): Promise<Store> {
  return (await answerOf(db.prepare(`SELECT ${COLUMNS} FROM store`).first<Store>(), UNREADABLE))!;
}

export function writeStore(db: Database, { id, epoch, pull, pullBefore }: Store): Statement {
  return db
    .prepare('UPDATE store SET id = ?1, epoch = ?2, pull = ?3, pull_before = ?4')
    .bind(id, epoch, pull, pullBefore);
}

/** The JSON that `writeCatalogue` wrote. Throws `store-unavailable`. */
export async function readCatalogue(db: Database): Promise<string | null> {
  const row = await answerOf(
    db.prepare('SELECT catalogue FROM store').first<{ catalogue: string | null }>(),
    UNREADABLE,
  );
  return row!.catalogue;
}

/** Throws `store-unavailable`. */
export async function writeCatalogue(db: Database, catalogue: string | null): Promise<void> {
  await answerOf(db.prepare('UPDATE store SET catalogue = ?1').bind(catalogue).run(), UNREADABLE);
}
