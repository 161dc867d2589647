import type { Api, Rated } from '../state/api.ts';
import { answered, takenBack } from '../state/deck.ts';
import { withRating } from '../state/ratings.ts';
import { ratingOf, troubleOf } from '../state/state.ts';
import type { Lists } from './lists.ts';
import type { Navigation } from './navigation.ts';
import { readPerson } from './read-person.ts';
import type { Store } from './store.ts';

/** What was said about a film. */
interface Told {
  readonly movieId: number;
  /** Null: taken back. */
  readonly answer: Rated | 'not seen' | null;
  /** What a screen reader is told. */
  readonly said: string;
}

type News = Told | 'imported' | 'forgotten';

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly navigation: Navigation;
}

/**
 * Carries what the person does to the other tabs of this browser, which are the same person's, and takes up what they
 * did there. Only what is stored is told.
 */
export class Tabs {
  readonly #services: Services;
  readonly #channel = new BroadcastChannel('marquee');

  constructor(services: Services) {
    this.#services = services;
  }

  start(): void {
    this.#channel.addEventListener('message', ({ data }) => void this.#hear(data as News));
  }

  /** The other tabs hear of it; this one does not. */
  tell(news: News): void {
    this.#channel.postMessage(news);
  }

  async #hear(news: News): Promise<void> {
    if (news === 'forgotten') await this.#services.lists.beginAnew();
    else if (news === 'imported') await this.#readRatings();
    else await this.#takeUp(news);
  }

  async #takeUp({ movieId, answer, said }: Told): Promise<void> {
    const { store, lists, navigation } = this.#services;
    const { deck, skipped, ratings, removed } = store.state;
    const rated = answer === 'not seen' ? null : answer;
    const isRating = rated !== null || ratingOf(store.state, movieId) !== undefined;
    const others = skipped.filter((id) => id !== movieId);
    store.set({
      ratings: withRating(ratings, movieId, rated),
      skipped: answer === 'not seen' ? [...others, movieId] : others,
      removed: removed.filter(({ rated }) => rated.movieId !== movieId),
      deck: answer === null ? takenBack(deck, movieId) : answered(deck, movieId),
    });
    if (rated) navigation.dropProfile();
    await (isRating ? lists.refresh(said) : lists.askQuestions());
  }

  async #readRatings(): Promise<void> {
    const { api, store, lists } = this.#services;
    try {
      await readPerson({ api, store });
      await lists.refresh('');
    } catch (error) {
      store.set({ trouble: troubleOf(error) });
    }
  }
}
