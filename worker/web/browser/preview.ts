import { type Api, type Movie, queryOf } from '../state/api.ts';
import { answerOf } from '../state/api-error.ts';
import { COMPARED, changesOf, type Preview } from '../state/preview.ts';
import { ratingOf, type State } from '../state/state.ts';
import type { Store } from './store.ts';

/** Milliseconds that a pointer or the keys rest on a star before the server is asked. */
const REST = 200;

/** What ratings would change. Each film and star is asked about once, until the list is another. */
export class Previews {
  readonly #api: Api;
  readonly #store: Store;
  readonly #known = new Map<string, Preview>();
  #list: State['list'] = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  constructor(api: Api, store: Store) {
    this.#api = api;
    this.#store = store;
  }

  /** Never draws at once: it may be called while the page is drawn. */
  weigh = (movie: Movie, rating: number | null): void => {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const { list, address, neural } = this.#store.state;
    if (list !== this.#list) this.#known.clear();
    this.#list = list;
    const known = rating === null ? null : this.#known.get(`${movie.movieId} ${rating}`);
    const isComparable = list && !neural && address.offset === 0 && address.view !== 'together';
    this.#timer = setTimeout(() => {
      this.#show(known ?? null);
      if (known !== undefined || rating === null || !isComparable) return;
      this.#timer = setTimeout(() => void this.#ask(movie, rating, turn), REST);
    });
  };

  #show(preview: Preview | null): void {
    if (preview !== this.#store.state.preview) this.#store.set({ preview });
  }

  async #ask({ movieId }: Movie, rating: number, turn: number): Promise<void> {
    const { address, list } = this.#store.state;
    const before = list?.rows
      .map(({ pick }) => pick)
      .filter((pick) => ratingOf(this.#store.state, pick.movieId) === undefined);
    try {
      const { profile: _, ...asked } = queryOf(address.list); // a rating ends a ready-made taste
      const json = { ...asked, suppose: [{ movieId, rating }], k: COMPARED + 1 };
      const { items: after } = await answerOf(this.#api.client.recommend.$post({ json: json as never }));
      if (!before || list !== this.#store.state.list) return;
      const preview = { movieId, rating, ...changesOf(before, after, movieId) };
      this.#known.set(`${movieId} ${rating}`, preview);
      if (turn === this.#turn) this.#show(preview);
    } catch {
      // Only a foretaste: the rating itself says what is wrong.
    }
  }
}
