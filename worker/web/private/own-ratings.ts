import { MarqueeError } from '../../../shared/errors.ts';
import type { HeldMark, Mark } from '../../../shared/ratings/mark.ts';
import { parseMarks } from '../../../shared/ratings/mark-store.ts';
import { parseRatings, type Written } from '../../../shared/ratings/rating-store.ts';
import type { Undone } from '../../../shared/ratings/undo-import.ts';
import type { UserChange } from '../../../shared/ratings/user-change.ts';
import type { Newer } from '../../ratings/reader.ts';
import { type Change, KeptRows } from './kept-rows.ts';
import type { Texts } from './texts.ts';

/** Rows of `parseRatings`. */
export const RATINGS_KEY = 'marquee.ratings';
/** The same of marks; null where one was taken back. */
export const MARKS_KEY = 'marquee.marks';

/** What an import changed. */
interface Imported {
  readonly ratings: Change<number>[];
  readonly marks: Change<Mark>[];
}

/** The ratings and marks of a person who keeps them in this browser: what D1 does for the others. */
export class OwnRatings {
  readonly #ratings: KeptRows<number>;
  readonly #marks: KeptRows<Mark>;
  /** By `acceptedAt`. They can be taken back while the page is open. */
  readonly #imports = new Map<number, Imported>();
  readonly #parseRatings = remembered(parseRatings);
  readonly #parseMarks = remembered(parseHeldMarks);

  constructor(texts: Texts) {
    this.#ratings = new KeptRows(texts, RATINGS_KEY);
    this.#marks = new KeptRows(texts, MARKS_KEY);
  }

  /** Each oldest first; the same lists again while they do not change. */
  read(): Newer {
    return { ratings: this.#parseRatings(this.#ratings.text), marks: this.#parseMarks(this.#marks.text) };
  }

  /** Takes a change as D1 does. Throws `store-unavailable` where the browser has no room. */
  take = (change: UserChange): Written => {
    if (change.kind === 'deletion') {
      this.forget();
      return { stored: 0, held: 0, older: 0 };
    }
    const imported = change.source === 'import' ? this.#importAt(change.acceptedAt) : undefined;
    if (change.kind === 'marks') {
      const { written, changes } = this.#marks.take(change.marks);
      imported?.marks.push(...changes);
      return written;
    }
    const rows = change.ratings.map(([movieId, rating, time]) => [movieId, rating && 2 * rating, time] as const);
    const { written, changes } = this.#ratings.take(rows);
    imported?.ratings.push(...changes);
    return written;
  };

  /** Takes an import back. What was rated or marked again since stays. Throws `not-found`. */
  undo = (at: number): Undone => {
    const imported = this.#imports.get(at);
    if (!imported) {
      throw new MarqueeError('not-found', `there is no import ${at} that could be taken back`, {
        fix: 'In private mode an import can be taken back until the page is loaded anew.',
      });
    }
    this.#imports.set(at, { ratings: [], marks: [] });
    const [a, b] = [this.#ratings.takeBack(imported.ratings), this.#marks.takeBack(imported.marks)];
    return { removed: a.removed + b.removed, restored: a.restored + b.restored, kept: a.kept + b.kept };
  };

  #importAt(acceptedAt: number): Imported {
    const imported = this.#imports.get(acceptedAt) ?? { ratings: [], marks: [] };
    this.#imports.set(acceptedAt, imported);
    return imported;
  }

  forget(): void {
    this.#ratings.forget();
    this.#marks.forget();
    this.#imports.clear();
  }
}

function parseHeldMarks(text: string): HeldMark[] {
  return parseMarks(text).filter(({ mark }) => mark !== null);
}

/** Reads a text anew only when it is another one. */
function remembered<T>(read: (text: string) => T): (text: string) => T {
  let known: { readonly text: string; readonly value: T } | undefined;
  return (text) => {
    if (known?.text !== text) known = { text, value: read(text) };
    return known.value;
  };
}
