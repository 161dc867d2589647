import { LISTS_AT_A_TIME, type ListShown, writeLists } from '../../shared/ratings/tables/list-shown.ts';
import type { Database } from '../../shared/storage/database.ts';

/** Lists that wait at most, when D1 takes fewer than are shown; further ones are not logged. */
const MOST_WAITING = 1000;
/** Seconds after which a statement belongs to a request that was cancelled. */
const ABANDONED = 30;

/**
 * Logs lists after they were answered. While a statement is under way further lists wait, and go together with the next
 * one. What D1 does not take is lost: the log is a sample.
 */
export class ListLog {
  #waiting: ListShown[] = [];
  /** When the statements under way began, seconds since the epoch; undefined: there are none. */
  #since: number | undefined;

  /** @param background of the request whose list it is */
  add(db: Database, list: ListShown, background: Pick<ExecutionContext, 'waitUntil'>): void {
    if (this.#waiting.length >= MOST_WAITING) return;
    this.#waiting.push(list);
    if (this.#since !== undefined && list.shownAt - this.#since < ABANDONED) return;
    this.#since = list.shownAt;
    background.waitUntil(this.#write(db));
  }

  async #write(db: Database): Promise<void> {
    while (this.#waiting.length > 0) {
      const lists = this.#waiting.splice(0, LISTS_AT_A_TIME);
      try {
        await writeLists(db, lists);
      } catch (error) {
        console.error(`${lists.length} lists that were shown are not logged:`, error);
      }
    }
    this.#since = undefined;
  }
}
