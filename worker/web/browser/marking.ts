import { shortTitle } from '../parts/film/title.tsx';
import type { MarkActions } from '../parts/marks/mark-actions.ts';
import { SAYINGS } from '../parts/marks/marks.tsx';
import type { Api, Mark, Marked, Movie } from '../state/api.ts';
import { type Marks, withMark } from '../state/marks.ts';
import { troubleOf } from '../state/state.ts';
import type { Lists } from './lists.ts';
import type { Store } from './store.ts';

/** What another tab of this browser stored. */
interface Told {
  readonly movieId: number;
  readonly marked: Marked | null;
  readonly said: string;
}

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
}

/** Marks films. A mark shows at once; one that cannot be stored is taken back, and says so. Other tabs hear of it. */
export class Marking implements MarkActions {
  readonly #api: Api;
  readonly #store: Store;
  readonly #lists: Lists;
  readonly #channel = new BroadcastChannel('marquee-marks');

  constructor({ api, store, lists }: Services) {
    this.#api = api;
    this.#store = store;
    this.#lists = lists;
  }

  start(): void {
    this.#channel.addEventListener('message', ({ data }) => void this.#takeUp(data as Told));
    if (!this.#store.state.marks.hasAll) void this.readAll();
  }

  mark = (movie: Movie, mark: Mark | null): void => {
    const { title, year, movieId } = movie;
    const marked = mark && { movieId, mark, title, year, timestamp: Math.floor(Date.now() / 1000) };
    const { marks } = this.#store.state;
    const before = { ...marks.before, [movieId]: this.#heldOf(movieId) };
    void this.#change(movie, marked, before);
  };

  unmark = (movie: Movie): void => {
    const { [movie.movieId]: marked, ...before } = this.#store.state.marks.before;
    void this.#change(movie, marked && { ...marked, timestamp: Math.floor(Date.now() / 1000) }, before);
  };

  /** All marks anew, after many changed. */
  async readAll(): Promise<void> {
    const held = await this.#api.marks().catch(() => null);
    if (held) this.#set({ held, hasAll: true });
  }

  async #change(movie: Movie, marked: Marked | null, before: Marks['before']): Promise<void> {
    const { movieId } = movie;
    const { marks } = this.#store.state;
    const was = this.#heldOf(movieId);
    this.#set({ ...withMark(marks, movieId, marked), before });
    try {
      await this.#api.mark(movieId, marked?.mark ?? null);
    } catch (error) {
      const { unstored } = this.#store.state.marks;
      const trouble = { ...troubleOf(error), mark: marked?.mark ?? null };
      this.#set({ ...withMark(this.#store.state.marks, movieId, was), before: marks.before });
      this.#set({ unstored: { ...unstored, [movieId]: trouble } });
      return;
    }
    const said = `${shortTitle(movie.title)}: ${(marked ? SAYINGS[marked.mark].after : 'Removed').toLowerCase()}.`;
    this.#channel.postMessage({ movieId, marked, said } satisfies Told);
    await this.#lists.refresh(said, false);
  }

  async #takeUp({ movieId, marked, said }: Told): Promise<void> {
    this.#set(withMark(this.#store.state.marks, movieId, marked));
    await this.#lists.refresh(said, false);
  }

  #heldOf(movieId: number): Marked | null {
    return this.#store.state.marks.held.find((held) => held.movieId === movieId) ?? null;
  }

  #set(change: Partial<Marks>): void {
    this.#store.set({ marks: { ...this.#store.state.marks, ...change } });
  }
}
