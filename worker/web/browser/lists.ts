import type { Api } from '../state/api.ts';
import { NO_BRING } from '../state/bring.ts';
import { NO_DECK, refilled } from '../state/deck.ts';
import { FOUND, foundInWords, foundOf } from '../state/found.ts';
import { listOf, loadFilm, PAGE, QUESTIONS, TILES } from '../state/load.ts';
import { isDone, NO_MARKS } from '../state/marks.ts';
import { NO_MINE } from '../state/mine.ts';
import { movesInWords, rearranged, replacedInTopTen } from '../state/rows.ts';
import { answerTo, type List, plural, troubleOf } from '../state/state.ts';
import { openAbout } from './about.ts';
import { RERANKED, reranked } from './opinion.ts';
import { keepSkipped } from './skipped.ts';
import type { Store } from './store.ts';

/** The most films of one request. */
const MOST = 100;
/** The most films of one request that the Worker does not ask about. */
const MOST_SKIPPED = 500;

/** What the server is asked for, and how its answers get onto the page. Answers that a newer request overtook are dropped. */
export class Lists {
  readonly #api: Api;
  readonly #store: Store;
  #turn = 0;
  #loadsMore = false;

  constructor(api: Api, store: Store) {
    this.#api = api;
    this.#store = store;
  }

  /** The list from its beginning, for an address or an order that is new. */
  async reload(): Promise<void> {
    await this.#ask(PAGE, (list) => {
      const first = list.rows[0]?.pick.title;
      this.#store.set({ list, said: first ? `The list is new. First: ${first}.` : 'No film is left.' });
    });
  }

  /**
   * The list after an answer: what moved shows it, and the films that were answered here keep their places.
   *
   * @param learned whether the answer says something of the person's taste
   */
  async refresh(said: string, learned = true): Promise<void> {
    const { list: before } = this.#store.state;
    const shown = before?.rows.length ?? 0;
    const asked = this.#ask(Math.min(MOST, Math.max(PAGE, shown)), (list) => {
      const rated = (movieId: number) => isDone(this.#store.state, movieId);
      const picks = list.rows.map(({ pick }) => pick);
      const rows = before ? rearranged(before.rows, picks, rated) : list.rows;
      const replaced = before ? replacedInTopTen(before.rows, rows, rated) : 0;
      const { changes: earlier } = this.#store.state;
      const changes = learned ? [...earlier, replaced] : earlier;
      this.#store.set({ list: { ...list, rows }, changes, said: `${said} ${movesInWords(rows)}` });
    });
    await Promise.all([asked, this.askQuestions(), this.refreshFilm(), this.refreshWatchlist()]);
  }

  async openWatchlist(): Promise<void> {
    this.#store.set({ marks: { ...this.#store.state.marks, watchlist: null } });
    await this.refreshWatchlist();
  }

  /** The watchlist where it is looked at. Films that came off it here keep their places. */
  async refreshWatchlist(): Promise<void> {
    if (this.#store.state.address.view !== 'watchlist') return;
    try {
      const nobodys = this.#store.state.marks.held.length === 0; // who may have no session
      const { items } = nobodys ? { items: [] } : await this.#api.watchlist();
      const { marks } = this.#store.state;
      const before = marks.watchlist ?? [];
      const listed = new Set(items.map(({ movieId }) => movieId));
      const rows = rearranged(before, items, (movieId) => !listed.has(movieId)).map((row) => ({ ...row, moved: 0 }));
      this.#store.set({ marks: { ...marks, watchlist: rows } });
    } catch (error) {
      this.#store.set({ trouble: troubleOf(error) });
    }
  }

  /** The next films, below. */
  async more(): Promise<void> {
    const { list, address } = this.#store.state;
    if (!list?.more || this.#loadsMore) return;
    this.#loadsMore = true;
    const turn = this.#turn;
    try {
      const rated = ({ pick }: List['rows'][number]) => isDone(this.#store.state, pick.movieId);
      const offset = address.offset + list.rows.filter((row) => !rated(row)).length;
      const next = listOf(await this.#api.picks(address.list, PAGE, offset));
      if (turn !== this.#turn) return;
      const known = new Set(list.rows.map(({ pick }) => pick.movieId));
      const rows = [...list.rows, ...next.rows.filter(({ pick }) => !known.has(pick.movieId))];
      this.#store.set({ list: { ...list, rows, more: next.more } });
    } catch (error) {
      this.#store.set({ trouble: troubleOf(error) });
    } finally {
      this.#loadsMore = false;
    }
  }

  /** Looks for films by title. */
  async find(query: string, count = FOUND): Promise<void> {
    if (query === '') return;
    try {
      const found = foundOf(query, await this.#api.find(query, count), count);
      if (query !== this.#store.state.address.search.trim()) return; // typed on meanwhile
      this.#store.set({ found, said: foundInWords(found) });
    } catch (error) {
      this.#store.set({ trouble: troubleOf(error) });
    }
  }

  /** Films to ask about next. Those on the table stay. */
  async askQuestions(): Promise<void> {
    try {
      const { skipped } = this.#store.state;
      const fresh = await this.#api.questions(QUESTIONS, skipped);
      const { state } = this.#store;
      const isAnswered = (movieId: number) => answerTo(state, movieId) !== undefined;
      this.#store.set({ deck: refilled(state.deck, fresh, isAnswered) });
    } catch (error) {
      this.#store.set({ trouble: troubleOf(error) });
    }
  }

  /** Films to tap: those that are there stay, others come after them. */
  async fillGrid(): Promise<void> {
    try {
      const { grid, skipped } = this.#store.state;
      const shown = grid.map(({ movieId }) => movieId);
      const fresh = await this.#api.questions(TILES, [...skipped, ...shown].slice(-MOST_SKIPPED));
      const known = new Set(this.#store.state.grid.map(({ movieId }) => movieId));
      const others = fresh.filter(({ movieId }) => !known.has(movieId));
      this.#store.set({
        grid: [...this.#store.state.grid, ...others],
        said: `${plural(others.length, 'film')} to tap.`,
      });
    } catch (error) {
      this.#store.set({ trouble: troubleOf(error) });
    }
  }

  /** Loads the film that the address names. */
  async openFilm(): Promise<void> {
    const { film: movieId, list } = this.#store.state.address;
    if (movieId === null) return;
    try {
      const film = await loadFilm(this.#api, movieId, list);
      if (this.#store.state.address.film === movieId) this.#store.set({ film, trouble: null });
    } catch (error) {
      this.#store.set({ film: null, trouble: troubleOf(error) });
    }
  }

  /** Loads the model's own page. */
  openAbout(): Promise<void> {
    return openAbout(this.#api, this.#store);
  }

  /** All as for somebody new: whoever was here is forgotten. */
  async beginAnew(): Promise<void> {
    const nobody = {
      ratings: [],
      marks: NO_MARKS,
      skipped: keepSkipped([]),
      changes: [],
      removed: [],
      unstored: {},
      bring: NO_BRING,
      mine: NO_MINE,
    };
    this.#store.set({ ...nobody, deck: NO_DECK });
    await Promise.all([this.reload(), this.askQuestions(), this.refreshFilm()]);
    this.#store.set({ said: 'Your ratings are deleted.' });
  }

  async refreshFilm(): Promise<void> {
    if (this.#store.state.film) await this.openFilm();
  }

  async #ask(k: number, show: (list: List) => void): Promise<void> {
    const turn = ++this.#turn;
    const { address, neural } = this.#store.state;
    this.#store.set({ waiting: true });
    try {
      const { items, ...about } = await this.#api.picks(address.list, neural ? RERANKED : k, address.offset);
      const list = { ...listOf({ ...about, items }), more: items.length >= k };
      const shown = neural ? await reranked(list, this.#store.state.ratings) : list;
      if (turn !== this.#turn) return;
      this.#store.set({ waiting: false, trouble: null });
      show(shown);
    } catch (error) {
      if (turn === this.#turn) this.#store.set({ waiting: false, neural: false, trouble: troubleOf(error) });
    }
  }
}
