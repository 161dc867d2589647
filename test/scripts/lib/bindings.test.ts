import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { holdingStatements } from '../../../scripts/lib/bindings.ts';
import type { Database, Statement } from '../../../shared/storage/database.ts';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Collects garbage once no job of V8 keeps what it has looked at. */
async function collectGarbage(): Promise<void> {
  await new Promise(setImmediate);
  gc();
}

/** A database that answers when it is told to and, as wrangler's proxy, keeps no statement itself. */
function forgetfulDatabase() {
  const seen: WeakRef<object>[] = [];
  const { promise, resolve } = Promise.withResolvers<never>();
  const call = (...statements: object[]) => {
    seen.push(...statements.map((statement) => new WeakRef(statement)));
    return promise;
  };
  const statement = (): Statement => {
    const own: Statement = { bind: statement, ...{ all: read, raw: read, first: read, run: read } };
    function read() {
      return call(own);
    }
    return own;
  };
  const db: Database = { prepare: statement, batch: (statements) => call(...statements) };
  return { db, answer: () => resolve([] as never), alive: () => seen.filter((ref) => ref.deref()).length };
}

it.each<[string, number, (db: Database) => Promise<unknown>]>([
  ['batch', 2, (db) => db.batch([db.prepare('a').bind(1), db.prepare('b')])],
  ['all', 1, (db) => db.prepare('a').bind(1).all()],
  ['raw', 1, (db) => db.prepare('a').bind(1).raw()],
  ['first', 1, (db) => db.prepare('a').bind(1).first()],
  ['run', 1, (db) => db.prepare('a').bind(1).run()],
])('statements of %s live until they are answered, and no longer', async (_, statements, call) => {
  const plain = forgetfulDatabase();
  void call(plain.db);
  await collectGarbage();
  expect(plain.alive()).toBe(0); // what is mended

  const { db, answer, alive } = forgetfulDatabase();
  const answered = call(holdingStatements(db));
  await collectGarbage();
  expect(alive()).toBe(statements);
  answer();
  await answered;
  await collectGarbage();
  expect(alive()).toBe(0);
});
