import { expect, it } from 'vitest';
import { holdingStatements } from '../../../scripts/lib/bindings.ts';
import type { Database, Statement } from '../../../shared/storage/database.ts';
import { answerOf } from '../../../shared/storage/database.ts';

/** A database that is busy for its first calls, as SQLite says it when another process writes. */
function busyFor(calls: number): Database & { calls: number } {
  const answer = async () => {
    if (++db.calls <= calls) throw new Error('D1_ERROR: database is locked: SQLITE_BUSY_SNAPSHOT');
    return { results: [1] };
  };
  const statement = { bind: () => statement, all: answer, run: answer } as unknown as Statement;
  const db = { calls: 0, prepare: () => statement, batch: async () => [await answer()] };
  return db as unknown as Database & { calls: number };
}

it('a call waits for a busy database and is made again', async () => {
  const db = busyFor(3);
  expect(await holdingStatements(db).prepare('SELECT 1').bind(1).all()).toEqual({ results: [1] });
  expect(db.calls).toBe(4);
});

it('a batch waits too', async () => {
  const db = busyFor(2);
  const held = holdingStatements(db);
  expect(await held.batch([held.prepare('SELECT 1')])).toEqual([{ results: [1] }]);
});

it('a call gives up on a database that stays busy, and says what to do', async () => {
  const held = holdingStatements(busyFor(1e9), 0);
  await expect(answerOf(held.prepare('SELECT 1').run())).rejects.toMatchObject({
    code: 'store-unavailable',
    message: 'D1 was busy for 0 s: another program writes to it',
    fix: 'Give the command again when the server has less to do. Nothing is lost.',
  });
});

it('another failure is not tried again', async () => {
  const failing = { prepare: () => ({ run: () => Promise.reject(new Error('no such table: rating')) }) } as never;
  await expect(holdingStatements(failing).prepare('x').run()).rejects.toThrow('no such table');
});
