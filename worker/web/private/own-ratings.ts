import { type NewRating, requireSound } from '../../../shared/ratings/new-rating.ts';
import { parseRatings, type Written } from '../../../shared/ratings/rating-store.ts';
import type { UserChange } from '../../../shared/ratings/user-change.ts';

type Row = Extract<UserChange, { kind: 'ratings' }>['ratings'][number];

/** What the browser keeps texts in: `localStorage`, which its tabs share. */
export type Texts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export const RATINGS_KEY = 'marquee.ratings';

/** The ratings of a person who keeps them in this browser: what D1 does for the others. */
export class OwnRatings {
  readonly #texts: Texts;
  #known: { readonly text: string; readonly list: readonly NewRating[] } = { text: '[]', list: [] };

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /** Oldest first; the same list again while it does not change. */
  read(): readonly NewRating[] {
    const text = this.#texts.getItem(RATINGS_KEY) ?? '[]';
    if (text !== this.#known.text) this.#known = { text, list: parseRatings(text) };
    return this.#known.list;
  }

  /** Takes a change as D1 does: the latest timestamp wins, of equal ones the last. Throws where the browser has no room. */
  take = (change: UserChange): Written => {
    const written = { stored: 0, held: 0, older: 0 };
    if (change.kind === 'deletion') {
      this.forget();
      return written;
    }
    const kept = new Map(this.read().map((rating) => [rating.movieId, rating]));
    for (const [movieId, rating, timestamp] of change.ratings) {
      const before = kept.get(movieId);
      const outcome = outcomeOf(before, { movieId, rating, timestamp });
      written[outcome]++;
      if (outcome !== 'stored') continue;
      kept.delete(movieId); // of equal times the newest goes last
      kept.set(movieId, { movieId, rating, timestamp });
    }
    this.#keep([...kept.values()]);
    return written;
  };

  forget(): void {
    this.#texts.removeItem(RATINGS_KEY);
  }

  #keep(ratings: NewRating[]): void {
    requireSound(ratings);
    const rows = ratings
      .sort((a, b) => a.timestamp - b.timestamp)
      .map(({ movieId, rating, timestamp }): Row => [movieId, rating && 2 * rating, timestamp]);
    this.#texts.setItem(RATINGS_KEY, JSON.stringify(rows));
  }
}

function outcomeOf(before: NewRating | undefined, { rating, timestamp }: NewRating): keyof Written {
  if (!before || before.timestamp < timestamp) return 'stored';
  if (before.timestamp > timestamp) return 'older';
  return before.rating === rating ? 'held' : 'stored';
}
