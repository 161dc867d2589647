import type { Address, View } from '../state/address.ts';
import { titleOf } from '../state/title-of.ts';
import { tellClicked } from './clicked.ts';
import type { Lists } from './lists.ts';
import { addressHere, addressIn, placeOf } from './places.ts';
import type { Store } from './store.ts';

/** How an address comes into the browser's history. */
type Entry = 'push' | 'replace' | 'none';

/** Moves between addresses without loading the page anew. */
export class Navigation {
  readonly #store: Store;
  readonly #lists: Lists;
  readonly #loadView: (view: View) => Promise<void> | undefined;
  /** Counts up with each address that is gone to. */
  #gone = 0;

  /** @param loadView brings a view's components; undefined: they are there */
  constructor(store: Store, lists: Lists, loadView: (view: View) => Promise<void> | undefined) {
    this.#store = store;
    this.#lists = lists;
    this.#loadView = loadView;
  }

  start(): void {
    history.scrollRestoration = 'manual';
    addEventListener('popstate', ({ state }) => void this.go(addressHere(), 'none', state?.y));
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Shows what an address names. @param y where to scroll to, pixels; undefined: where that kind of change leads */
  async go(address: Address, entry: Entry, y?: number): Promise<void> {
    const gone = ++this.#gone;
    if (entry === 'push') {
      history.replaceState({ ...history.state, y: scrollY }, '');
      history.pushState({ from: placeOf(this.#store.state.address) }, '', placeOf(address));
    }
    if (entry === 'replace') history.replaceState(null, '', placeOf(address));
    const loading = this.#loadView(address.view);
    if (loading) await loading;
    if (gone !== this.#gone) return; // somebody went elsewhere while the view was on its way
    const before = this.#store.state;
    const listChanges =
      JSON.stringify([address.list, address.offset]) !== JSON.stringify([before.address.list, before.address.offset]);
    const filmChanges = address.film !== before.address.film;
    const viewChanges = filmChanges || address.view !== before.address.view;
    if (filmChanges && address.film !== null && entry === 'push') tellClicked(before, address.film);
    const film = filmChanges ? null : before.film;
    this.#store.set({ address, film, trouble: null, ...(address.search === '' && { found: null }) });
    const loaded = Promise.all([
      listChanges ? this.#lists.reload() : undefined,
      filmChanges && address.film !== null ? this.#lists.openFilm() : undefined,
      viewChanges && address.view === 'watchlist' ? this.#lists.openWatchlist() : undefined,
      address.view === 'loved' && before.grid.length === 0 ? this.#lists.fillGrid() : undefined,
      address.view === 'about' ? this.#lists.openAbout() : undefined,
      entry !== 'replace' && address.search !== before.found?.query ? this.#lists.find(address.search) : undefined,
    ]);
    if (y !== undefined || viewChanges) scrollTo(0, y ?? 0);
    await loaded;
    document.title = titleOf(this.#store.state);
    if (viewChanges && gone === this.#gone) this.#focus(before.address.film);
  }

  /** Stays where the person is, but asks for the list of their own taste from now on. */
  dropProfile(): void {
    const { address } = this.#store.state;
    if (address.list.profile === undefined) return;
    const { profile, ...list } = address.list;
    this.#store.set({ address: { ...address, list } });
    history.replaceState(history.state, '', placeOf(this.#store.state.address));
  }

  /** Gives the focus to what opened, or in the list to the film that was open. */
  #focus(left: number | null): void {
    const { view } = this.#store.state.address;
    const heading = view === 'list' ? 'view' : `${view}-heading`;
    const before = heading === 'view' && document.querySelector<HTMLElement>(`[data-movie="${left}"] a`);
    (before || document.getElementById(heading))?.focus({ preventScroll: true });
  }

  /** Follows links of the page's own addresses; all others, and clicks that ask for a tab, are the browser's. */
  #follow(event: MouseEvent): void {
    const link = (event.target as Element).closest('a');
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.origin !== location.origin || link.hasAttribute('download'))
      return;
    const address = addressIn(new URL(link.href));
    if (!address) return;
    event.preventDefault();
    // The way back leads to where the person was, not to the top of it.
    if (link.classList.contains('back') && history.state?.from === placeOf(address)) history.back();
    else void this.go(address, 'push');
  }
}
