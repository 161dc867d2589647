import { shortTitle } from '../parts/film/title.tsx';
import type { MarkActions } from '../parts/marks/mark-actions.ts';
import { SAYINGS } from '../parts/marks/marks.tsx';
import type { Mark, Marked, Movie } from '../state/api.ts';
import { type Marks, withMark } from '../state/marks.ts';
import { secondsOf } from './offline/clock.ts';
import type { Keeping } from './offline/keeping.ts';
import type { Store } from './store.ts';

interface Services {
  readonly store: Store;
  /** Loaded later. */
  readonly keeping: Promise<Keeping>;
}

/** Marks films. A mark shows at once, and waits until it is stored. */
export class Marking implements MarkActions {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  mark = (movie: Movie, mark: Mark | null): void => {
    const { title, year, movieId } = movie;
    const marked = mark && { movieId, mark, title, year, timestamp: secondsOf(Date.now()) };
    this.#change(movie, marked, { ...this.#marks.before, [movieId]: this.#heldOf(movieId) });
  };

  unmark = (movie: Movie): void => {
    const { [movie.movieId]: marked, ...before } = this.#marks.before;
    this.#change(movie, marked && { ...marked, timestamp: secondsOf(Date.now()) }, before);
  };

  #change({ movieId, title }: Movie, marked: Marked | null, before: Marks['before']): void {
    const { store, keeping } = this.#services;
    const what = (marked ? SAYINGS[marked.mark].after : 'Removed').toLowerCase();
    const name = shortTitle(title);
    const change = { marked, before: this.#heldOf(movieId), said: `${name}: ${what}.` };
    store.set({ marks: { ...withMark(this.#marks, movieId, marked), before } });
    void keeping.then(({ changes }) => changes.add({ kind: 'mark', movieId, title: name, what, change }));
  }

  get #marks(): Marks {
    return this.#services.store.state.marks;
  }

  #heldOf(movieId: number): Marked | null {
    return this.#marks.held.find((held) => held.movieId === movieId) ?? null;
  }
}
