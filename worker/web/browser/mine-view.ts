import type { Api } from '../state/api.ts';
import { LISTED, type Mine } from '../state/mine.ts';
import { plural, troubleOf } from '../state/state.ts';
import type { Store } from './store.ts';

/** How the person looks at their ratings. */
export class MineView {
  readonly #api: Api;
  readonly #store: Store;

  constructor(api: Api, store: Store) {
    this.#api = api;
    this.#store = store;
  }

  arrange(change: Partial<Mine>): void {
    const { mine, ratings } = this.#store.state;
    const isNarrower = change.stars !== undefined && change.stars !== null;
    const count = isNarrower && ratings.filter(({ rating }) => rating === change.stars).length;
    const said = count === false ? '' : `${plural(count, 'film')} with ${change.stars} stars.`;
    this.#store.set({ mine: { ...mine, listed: 'confirmed' in change ? mine.listed : LISTED, ...change }, said });
  }

  async askPredictions(): Promise<void> {
    const set = (predictions: Mine['predictions']) =>
      this.#store.set({ mine: { ...this.#store.state.mine, predictions } });
    try {
      set(await this.#api.predictions());
    } catch (error) {
      set(troubleOf(error));
    }
  }
}
