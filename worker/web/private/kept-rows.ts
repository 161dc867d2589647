import type { Written } from '../../../shared/ratings/rating-store.ts';
import type { Undone } from '../../../shared/ratings/undo-import.ts';
import { type Texts, write } from './texts.ts';

/** What a person said of a movie, null where they took it back. Seconds since the epoch. */
export type Row<T> = readonly [movieId: number, said: T | null, timestamp: number];

/** A row that was taken, and the one whose place it took. */
export interface Change<T> {
  readonly before: Row<T> | undefined;
  readonly after: Row<T>;
}

/** The rows of one kind that a browser keeps as JSON, oldest first. */
export class KeptRows<T> {
  readonly #texts: Texts;
  readonly #key: string;

  constructor(texts: Texts, key: string) {
    this.#texts = texts;
    this.#key = key;
  }

  get text(): string {
    return this.#texts.getItem(this.#key) ?? '[]';
  }

  /** Takes rows as D1 does: the latest timestamp of a movie wins, of equal ones the last. Throws `store-unavailable`. */
  take(rows: readonly Row<T>[]): { readonly written: Written; readonly changes: readonly Change<T>[] } {
    const written = { stored: 0, held: 0, older: 0 };
    const changes: Change<T>[] = [];
    const kept = this.#byMovie();
    for (const after of rows) {
      const [movieId] = after;
      const before = kept.get(movieId);
      const outcome = outcomeOf(before, after);
      written[outcome]++;
      if (outcome !== 'stored') continue;
      changes.push({ before, after });
      kept.delete(movieId); // of equal times the newest goes last
      kept.set(movieId, after);
    }
    if (changes.length > 0) this.#keep(kept);
    return { written, changes };
  }

  /** Undoes changes, but not where something else was said since. */
  takeBack(changes: readonly Change<T>[]): Undone {
    const undone = { removed: 0, restored: 0, kept: 0 };
    const kept = this.#byMovie();
    for (const { before, after } of changes) {
      const [movieId] = after;
      const isSame = JSON.stringify(kept.get(movieId)) === JSON.stringify(after);
      undone[isSame ? (before ? 'restored' : 'removed') : 'kept']++;
      if (!isSame) continue;
      kept.delete(movieId);
      if (before) kept.set(movieId, before);
    }
    this.#keep(kept);
    return undone;
  }

  forget(): void {
    this.#texts.removeItem(this.#key);
  }

  #byMovie(): Map<number, Row<T>> {
    const rows: Row<T>[] = JSON.parse(this.text);
    return new Map(rows.map((row) => [row[0], row]));
  }

  #keep(kept: ReadonlyMap<number, Row<T>>): void {
    const rows = [...kept.values()].sort(([, , a], [, , b]) => a - b);
    write(this.#texts, this.#key, JSON.stringify(rows));
  }
}

function outcomeOf<T>(before: Row<T> | undefined, [, said, timestamp]: Row<T>): keyof Written {
  if (!before || before[2] < timestamp) return 'stored';
  if (before[2] > timestamp) return 'older';
  return before[1] === said ? 'held' : 'stored';
}
