import { setTimeout } from 'node:timers/promises';
import type { Database, Statement } from '../../../shared/storage/database.ts';
import { MemoryDatabase } from './memory-database.ts';

/** SQLite in memory that takes a time for every call, one after the other, as a D1 database does. */
export class PacedDatabase extends MemoryDatabase {
  readonly #milliseconds: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(milliseconds: number) {
    super();
    this.#milliseconds = milliseconds;
  }

  override batch: Database['batch'] = <T>(statements: Statement[]) => {
    const answer = this.#last.then(() => setTimeout(this.#milliseconds)).then(() => super.batch<T>(statements));
    this.#last = answer.catch(() => undefined);
    return answer;
  };
}
