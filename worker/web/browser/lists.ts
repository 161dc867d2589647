import { type Api, type Pick, RANKED } from '../state/api.ts';
import { NO_BRING } from '../state/bring.ts';
import { NO_DECK, refilled } from '../state/deck.ts';
import { FOUND, foundInWords, foundOf } from '../state/found.ts';
import { listOf, loadFilm, PAGE, QUESTIONS, TILES } from '../state/load.ts';
import { isDone, NO_MARKS } from '../state/marks.ts';
import { NO_MINE } from '../state/mine.ts';
import { movesInWords, rearranged, replacedInTopTen } from '../state/rows.ts';
import { answerTo, type List, plural, type State, troubleOf } from '../state/state.ts';
import { openAbout } from './about.ts';
import type { Connection } from './offline/connection.ts';
import type { SeenViews } from './offline/seen.ts';
import { RERANKED, reranked } from './opinion.ts';
import { keepSkipped } from './skipped.ts';
import type { Store } from './store.ts';

/** The most films of one request. */
const MOST = 100;
/** The most films of one request that the Worker does not ask about. */
const MOST_SKIPPED = 500;

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly connection: Connection;
  /** Loaded later. */
  seen(): Promise<SeenViews>;
}

/** Something that was asked for in vain. */
interface Failure {
  readonly what: string;
  readonly error: unknown;
  again(): Promise<unknown>;
  /** What of a view that was seen before stands in; absent: the page does without. */
  instead?(seen: State): Partial<State>;
}

/** What the server is asked for, and how its answers get onto the page. Answers that a newer request overtook are dropped. */
export class Lists {
  readonly #api: Api;
  readonly #store: Store;
  readonly #connection: Connection;
  readonly #seen: Services['seen'];
  #turn = 0;
  #loadsMore = false;
  /** What somebody did, to be said with the list that comes of it, or with the newer one that overtakes it. */
  #unsaid: string[] = [];

  constructor({ api, store, connection, seen }: Services) {
    this.#api = api;
    this.#store = store;
    this.#connection = connection;
    this.#seen = seen;
  }

  /** The list from its beginning, for an address, an order or a place that is new. */
  async reload(said?: string): Promise<void> {
    if (said) this.#unsaid.push(said);
    const show = (list: List) => {
      const first = list.rows[0]?.pick.title;
      this.#store.set({ list, said: this.#sayAll(first ? `The list is new. First: ${first}.` : 'No film is left.') });
    };
    await this.#ask(PAGE, show, ({ list }) => ({ list }));
  }

  /**
   * The list after an answer: what moved shows it, and the films that were answered here keep their places.
   *
   * @param learned answers more (1) or fewer (−1) that say something of the person's taste
   */
  async refresh(said: string, learned: 1 | 0 | -1 = 1): Promise<void> {
    this.#unsaid.push(said);
    const { list: before } = this.#store.state;
    const shown = before?.rows.length ?? 0;
    const asked = this.#ask(Math.min(MOST, Math.max(PAGE, shown)), (list) => {
      const rated = (movieId: number) => isDone(this.#store.state, movieId);
      const picks = list.rows.map(({ pick }) => pick);
      const rows = before ? rearranged(before.rows, picks, rated) : list.rows;
      const replaced = before ? replacedInTopTen(before.rows, rows, rated) : 0;
      const { changes: earlier } = this.#store.state;
      const changes = learned > 0 ? [...earlier, replaced] : earlier.slice(0, earlier.length + learned);
      this.#store.set({ list: { ...list, rows }, changes, said: this.#sayAll(movesInWords(rows)) });
    });
    await Promise.all([asked, this.askQuestions(), this.refreshFilm(), this.refreshWatchlist()]);
  }

  async openWatchlist(): Promise<void> {
    this.#store.set({ marks: { ...this.#store.state.marks, watchlist: null, ranked: RANKED } });
    await this.refreshWatchlist();
  }

  /** The watchlist where it is looked at. Films that came off it here keep their places. */
  async refreshWatchlist(): Promise<void> {
    if (this.#store.state.address.view !== 'watchlist') return;
    try {
      const nobodys = this.#store.state.marks.held.length === 0; // who may have no session
      const items = nobodys ? [] : await this.#rankedWatchlist();
      const { marks } = this.#store.state;
      const before = marks.watchlist ?? [];
      const listed = new Set(items.map(({ movieId }) => movieId));
      const rows = rearranged(before, items, (movieId) => !listed.has(movieId)).map((row) => ({ ...row, moved: 0 }));
      this.#store.set({ marks: { ...marks, watchlist: rows }, trouble: null });
      this.#connection.worked('watchlist');
    } catch (error) {
      const instead = ({ marks: { watchlist } }: State) => ({ marks: { ...this.#store.state.marks, watchlist } });
      await this.#fell({ what: 'watchlist', error, again: () => this.refreshWatchlist(), instead });
    }
  }

  /** The next films of the watchlist, below. */
  async moreWatchlist(): Promise<void> {
    const { marks } = this.#store.state;
    this.#store.set({ marks: { ...marks, ranked: marks.ranked + RANKED } });
    await this.refreshWatchlist();
  }

  async #rankedWatchlist(): Promise<Pick[]> {
    const asked: Promise<{ items: Pick[] }>[] = [];
    for (let at = 0; at < this.#store.state.marks.ranked; at += RANKED) asked.push(this.#api.watchlist(at));
    return (await Promise.all(asked)).flatMap(({ items }) => items);
  }

  /** The next films, below. */
  async more(): Promise<void> {
    const { list, address } = this.#store.state;
    if (!list?.more || this.#loadsMore || this.#connection.lacks('more')) return;
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
      await this.#fell({ what: 'more', error, again: () => this.more() });
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
      this.#store.set({ found, trouble: null, said: foundInWords(found) });
      this.#connection.worked('search');
    } catch (error) {
      const again = () => this.find(this.#store.state.address.search.trim());
      await this.#fell({ what: 'search', error, again, instead: ({ found }) => ({ found }) });
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
      this.#connection.worked('questions');
    } catch (error) {
      await this.#fell({ what: 'questions', error, again: () => this.askQuestions() });
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
      const instead = ({ grid }: State) => ({
        grid: this.#store.state.grid.length > 0 ? this.#store.state.grid : grid,
      });
      await this.#fell({ what: 'grid', error, again: () => this.fillGrid(), instead });
    }
  }

  /** Loads the film that the address names. */
  async openFilm(): Promise<void> {
    const { film: movieId, list } = this.#store.state.address;
    if (movieId === null) return;
    try {
      const film = await loadFilm(this.#api, movieId, list);
      if (this.#store.state.address.film === movieId) this.#store.set({ film, trouble: null });
      this.#connection.worked('film');
    } catch (error) {
      await this.#fell({ what: 'film', error, again: () => this.openFilm(), instead: ({ film }) => ({ film }) });
    }
  }

  /** Loads the model's own page. */
  async openAbout(): Promise<void> {
    if (this.#store.state.address.view !== 'about') return;
    try {
      await openAbout(this.#api, this.#store);
      this.#connection.worked('about');
    } catch (error) {
      await this.#fell({ what: 'about', error, again: () => this.openAbout(), instead: ({ about }) => ({ about }) });
    }
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
    const connection = { ...this.#store.state.connection, user: null, waiting: [], gone: false };
    this.#store.set({ ...nobody, connection, deck: NO_DECK });
    await Promise.all([this.reload(), this.askQuestions(), this.refreshFilm()]);
    this.#store.set({ said: 'Your ratings are deleted.' });
  }

  async refreshFilm(): Promise<void> {
    if (this.#store.state.film) await this.openFilm();
  }

  async #ask(k: number, show: (list: List) => void, instead?: Failure['instead']): Promise<void> {
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
      this.#connection.worked('list');
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#unsaid = [];
      this.#store.set({ waiting: false, neural: false });
      await this.#fell({ what: 'list', error, again: () => this.#ask(k, show, instead), instead });
    }
  }

  #sayAll(last: string): string {
    return [...this.#unsaid.splice(0), last].join(' ');
  }

  /** Shows what was seen of this view before; where nothing was, says why. */
  async #fell({ what, error, again, instead }: Failure): Promise<void> {
    const { address } = this.#store.state;
    const returns = this.#connection.failed(what, error, again);
    const isHidden = what === 'list' && address.view !== 'list';
    if (returns && (!instead || isHidden)) return; // what stands there stays
    const seen = returns ? await (await this.#seen()).at(address) : undefined;
    if (address !== this.#store.state.address) return;
    if (seen) this.#connection.set({ asOf: seen.at });
    const trouble = {
      ...troubleOf(error),
      ...(returns && { fix: 'This was not opened here before, so it is not kept.' }),
    };
    this.#store.set(seen ? { ...instead!(seen.state), trouble: null } : { trouble });
  }
}
