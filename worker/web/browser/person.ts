import type { Actions } from '../parts/actions.ts';
import { shortTitle } from '../parts/film/title.tsx';
import type { MarkActions } from '../parts/marks/mark-actions.ts';
import type { PrivacyActions } from '../parts/mine/privacy-actions.ts';
import { hrefOf, PATHS, readAddress } from '../state/address.ts';
import type { Api, Movie, Rated } from '../state/api.ts';
import type { Waiting } from '../state/connection.ts';
import { answered, takenBack } from '../state/deck.ts';
import { FOUND, MOST_FOUND } from '../state/found.ts';
import type { Place } from '../state/map/place.ts';
import type { Mine } from '../state/mine.ts';
import { troubleOf } from '../state/state.ts';
import type { BringFile } from './bring.ts';
import type { Lists } from './lists.ts';
import type { Maps } from './maps.ts';
import { MineView } from './mine-view.ts';
import type { Navigation } from './navigation.ts';
import { secondsOf } from './offline/clock.ts';
import type { Connection } from './offline/connection.ts';
import type { Keeping } from './offline/keeping.ts';
import { keepSkipped } from './skipped.ts';
import type { Store } from './store.ts';
import type { Tabs } from './tabs.ts';

/** Milliseconds without a key press before a search is sent. */
const PAUSE = 150;

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly navigation: Navigation;
  readonly tabs: Tabs;
  readonly connection: Connection;
  /** Loaded later. */
  readonly keeping: Promise<Keeping>;
  readonly maps: Maps;
  readonly files: BringFile;
  readonly weigh: Actions['weigh'];
}

interface Change {
  readonly movieId: number;
  readonly title: string;
  /** Null: taken back. */
  readonly rated: Rated | null;
  /** In words. */
  readonly what: string;
}

/** What a person does on the page. */
export class Person implements Omit<Actions, keyof MarkActions | keyof PrivacyActions> {
  readonly #api: Api;
  readonly #store: Store;
  readonly #lists: Lists;
  readonly #navigation: Navigation;
  readonly #tabs: Tabs;
  readonly #connection: Connection;
  readonly #keeping: Promise<Keeping>;
  readonly #maps: Maps;
  readonly #files: BringFile;
  readonly #mine: MineView;
  readonly weigh: Actions['weigh'];
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor({ api, store, lists, navigation, tabs, connection, keeping, maps, files, weigh }: Services) {
    this.#api = api;
    this.#store = store;
    this.#lists = lists;
    this.#navigation = navigation;
    this.#tabs = tabs;
    this.#connection = connection;
    this.#keeping = keeping;
    this.#maps = maps;
    this.#files = files;
    this.#mine = new MineView(api, store);
    this.weigh = weigh;
  }

  arrange = (change: Partial<Mine>): void => this.#mine.arrange(change);

  askPredictions = (): void => void this.#mine.askPredictions();

  rate = ({ movieId, title, year }: Movie, rating: number): void => {
    const { deck, skipped, removed } = this.#store.state;
    this.#store.set({
      deck: answered(deck, movieId),
      skipped: keepSkipped(skipped.filter((id) => id !== movieId)),
      removed: removed.filter(({ rated }) => rated.movieId !== movieId),
    });
    this.#navigation.dropProfile();
    const rated = { movieId, title, year, rating, timestamp: secondsOf(Date.now()) };
    this.#change({ movieId, title, rated, what: `${rating} ${rating === 1 ? 'star' : 'stars'}` });
  };

  skip = (movie: Movie): void => {
    const { deck, skipped } = this.#store.state;
    const said = `${shortTitle(movie.title)}: not seen.`;
    this.#store.set({ deck: answered(deck, movie.movieId), skipped: keepSkipped([...skipped, movie.movieId]), said });
    this.#tabs.tell({ movieId: movie.movieId, answer: 'not seen', said });
    void this.#lists.askQuestions();
  };

  undo = ({ movieId, title }: Movie): void => {
    const { deck, skipped, ratings, removed, unstored } = this.#store.state;
    this.#store.set({ deck: takenBack(deck, movieId), skipped: keepSkipped(skipped.filter((id) => id !== movieId)) });
    const rated = ratings.find((rating) => rating.movieId === movieId);
    if (!rated && !unstored[movieId]) {
      const said = `${shortTitle(title)}: asked again.`;
      this.#store.set({ said });
      this.#tabs.tell({ movieId, answer: null, said });
      return;
    }
    if (rated) this.#store.set({ removed: [...removed, { rated, place: ratings.indexOf(rated) }] });
    this.#change({ movieId, title, rated: null, what: 'rating removed' });
  };

  filter = (form: unknown): void => {
    const entries = [...new FormData(form as HTMLFormElement)].map(([name, value]) => [name, String(value)]);
    const { view, gathering, mean } = this.#store.state.address;
    if (view === 'together') entries.push(['with', gathering ?? ''], ['together', mean ? 'mean' : 'least']);
    const pathname = PATHS[view === 'together' ? 'together' : 'list'];
    const address = readAddress({ pathname, searchParams: new URLSearchParams(entries) });
    if (hrefOf(address) !== hrefOf(this.#store.state.address)) void this.#navigation.go(address, 'push', scrollY);
  };

  search = (text: string): void => {
    clearTimeout(this.#typing);
    const { address } = this.#store.state;
    void this.#navigation.go({ ...address, view: 'list', film: null, search: text }, 'replace', scrollY);
    if (text.trim() !== '') this.#typing = setTimeout(() => void this.#lists.find(text.trim()), PAUSE);
  };

  moreFound = async (): Promise<void> => {
    const shown = this.#store.state.found?.movies.length ?? 0;
    await this.#lists.find(this.#store.state.address.search.trim(), MOST_FOUND);
    document.querySelectorAll<HTMLElement>('.found .title a')[shown]?.focus({ preventScroll: true });
  };

  more = (): void => void this.#lists.more();

  moreWatchlist = (): void => void this.#lists.moreWatchlist();

  moreToTap = (): void => void this.#lists.fillGrid();

  retry = (): void => {
    if (!this.#store.state.model)
      location.reload(); // the Worker had nothing to draw with
    else if (this.#store.state.connection.down !== null) void this.#connection.retry();
    else
      void Promise.all([
        this.#lists.reload(),
        this.#lists.openFilm(),
        this.#lists.askQuestions(),
        this.#lists.refreshWatchlist(),
        this.#lists.openAbout(),
        this.#maps.retry(),
      ]);
  };

  lookAt = (place: Place): void => this.#maps.lookAt(place);

  openFilm = (movieId: number): void => this.#maps.openFilm(movieId);

  findFilms = async (text: string): Promise<readonly Movie[]> => (await this.#api.find(text, FOUND)).items;

  askNetwork = (wanted: boolean): void => {
    this.#store.set({ neural: wanted });
    void this.#lists.reload();
  };

  importFiles = (files: unknown): void => void this.#files.take(files);

  forget = async (): Promise<void> => {
    try {
      await this.#api.forget();
    } catch (error) {
      this.#store.set({ trouble: troubleOf(error) });
      return;
    }
    this.#tabs.tell('forgotten');
    await Promise.all([this.#lists.beginAnew(), this.#keeping.then(({ changes }) => changes.clear())]);
    document.getElementById('view')?.focus();
  };

  discard = (entry: Waiting): void => void this.#keeping.then(({ changes }) => changes.discard(entry));

  adopt = (): void => void this.#keeping.then(({ changes }) => changes.adopt());

  giveUp = (): void => void this.#keeping.then(({ changes }) => changes.giveUp());

  #change({ movieId, title, rated, what }: Change): void {
    const before = this.#store.state.ratings.find((rating) => rating.movieId === movieId) ?? null;
    const said = `${shortTitle(title)}: ${what}.`;
    const entry = { kind: 'rating', movieId, title: shortTitle(title), what, change: { rated, before, said } };
    void this.#keeping.then(({ changes }) => changes.add(entry));
  }
}
