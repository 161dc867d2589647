import { filmOf } from '../state/address.ts';
import type { Api } from '../state/api.ts';
import type { Place } from '../state/map/place.ts';
import { type State, troubleOf } from '../state/state.ts';
import type { Navigation } from './navigation.ts';
import type { Store } from './store.ts';

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly navigation: Navigation;
}

/** Brings the map when somebody looks at it: what draws it, the films, and where the person stands after each rating. */
export class Maps {
  readonly #api: Api;
  readonly #store: Store;
  readonly #navigation: Navigation;
  #asked = false;
  /** The list that was there when it was last asked where the person stands: a rating that is stored brings another. */
  #list: State['list'] | undefined;

  constructor({ api, store, navigation }: Services) {
    this.#api = api;
    this.#store = store;
    this.#navigation = navigation;
  }

  /** After each change of the page: loads what the map lacks. */
  keepUp(): void {
    const { address, list } = this.#store.state;
    if (address.view !== 'map') return;
    if (!this.#asked) void this.#load();
    if (list === this.#list) return;
    this.#list = list;
    void this.#findMe();
  }

  /** Loads the map again, where that failed before. */
  async retry(): Promise<void> {
    if (this.#asked && !this.#store.state.map.films) await this.#load();
  }

  async #load(): Promise<void> {
    this.#asked = true;
    try {
      const [{ Chart, filmsOf }, films] = await Promise.all([import('./map/chart.tsx'), this.#api.filmsOnMap()]);
      this.#store.set({ map: { ...this.#store.state.map, Chart, films: filmsOf(films) } });
    } catch (error) {
      this.#store.set({ trouble: troubleOf(error) });
    }
  }

  lookAt = (place: Place): void => {
    void this.#navigation.go({ ...this.#store.state.address, place }, 'replace');
  };

  openFilm = (movieId: number): void => {
    void this.#navigation.go(filmOf(this.#store.state.address, movieId), 'push');
  };

  async #findMe(): Promise<void> {
    const asked = this.#list;
    const me = await this.#api.standingOnMap().catch(() => null); // the map does without
    if (asked === this.#list) this.#store.set({ map: { ...this.#store.state.map, me } });
  }
}
