import { answered, takenBack } from '../state/deck.ts';
import { withMark } from '../state/marks.ts';
import { withRating } from '../state/ratings.ts';
import { ratingOf } from '../state/state.ts';
import type { Lists } from './lists.ts';
import type { Navigation } from './navigation.ts';
import type { News, Told, ToldOfMark } from './news.ts';
import type { Store } from './store.ts';

/** What is read anew when another tab changed it. */
interface Reader {
  /** What waits to be stored. */
  hear(): Promise<void>;
  readPerson(): Promise<void>;
}

interface Services {
  readonly store: Store;
  readonly lists: Lists;
  readonly navigation: Navigation;
}

/**
 * Carries what the person does to the other tabs of this browser, which are the same person's, and takes up what they
 * did there, once it is stored. What waits to be stored they read themselves.
 */
export class Tabs {
  readonly #services: Services;
  readonly #channel = new BroadcastChannel('marquee');

  constructor(services: Services) {
    this.#services = services;
  }

  start(changes: Reader): void {
    this.#channel.addEventListener('message', ({ data }) => void this.#hear(data as News, changes));
  }

  /** The other tabs hear of it; this one does not. */
  tell(news: News): void {
    this.#channel.postMessage(news);
  }

  async #hear(news: News, changes: Reader): Promise<void> {
    const { lists } = this.#services;
    if (news === 'forgotten') await lists.beginAnew();
    else if (news === 'waiting') await changes.hear();
    else if (news === 'imported') await changes.readPerson().then(() => lists.refresh(''));
    else if ('marked' in news) await this.#takeUpMark(news);
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
    await (isRating ? lists.refresh(said, rated ? 1 : -1) : lists.askQuestions());
  }

  async #takeUpMark({ movieId, marked, said }: ToldOfMark): Promise<void> {
    const { store, lists } = this.#services;
    store.set({ marks: withMark(store.state.marks, movieId, marked) });
    await lists.refresh(said, 0);
  }
}
