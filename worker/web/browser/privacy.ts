import type { PrivacyActions } from '../parts/mine/privacy-actions.ts';
import type { Api, Rated, Send } from '../state/api.ts';
import { answerOf } from '../state/api-error.ts';
import type { Privacy as State } from '../state/privacy.ts';
import { plural, troubleOf } from '../state/state.ts';
import type { Lists } from './lists.ts';
import { PRIVATE_KEY, sendHere, sendThere, setStaysHere, staysHere } from './send.ts';
import type { Store } from './store.ts';

/** The most ratings of one request. */
const MOST = 1000;

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
}

/** Moves a person's ratings into this browser, and back. Nothing is deleted in one place before it is in the other. */
export class Privacy implements PrivacyActions {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Goes on as the person left it. Other tabs load anew when it is switched. */
  start(): void {
    addEventListener('storage', ({ key }) => {
      if (key === PRIVATE_KEY) location.reload();
    });
    if (!staysHere()) return;
    if (this.#services.store.state.privacy.kept === 'there') this.#set({ kept: 'here' });
    void this.#takeUp('');
  }

  keepHere = (deletesThere: boolean): Promise<void> =>
    this.#move(async () => {
      await answerOf(sendHere('/ratings')); // the model is here before anything changes
      const ratings = await ratingsBy(sendThere, this.#services.store.state.ratings.length > 0);
      await give(sendHere, ratings);
      if (deletesThere && ratings.length > 0) await answerOf(sendThere('/session', { method: 'DELETE' }));
      setStaysHere(true);
      this.#set({ kept: 'here' });
      return `${plural(ratings.length, 'rating')} stay in this browser.`;
    });

  giveBack = (): Promise<void> =>
    this.#move(async () => {
      const ratings = await ratingsBy(sendHere);
      if (ratings.length > 0) await answerOf(sendThere('/session', { method: 'POST' }));
      await give(sendThere, ratings);
      await answerOf(sendHere('/session', { method: 'DELETE' }));
      setStaysHere(false);
      this.#set({ kept: 'there' });
      return `The server keeps ${plural(ratings.length, 'rating')}.`;
    });

  takeAway = async (): Promise<void> => {
    const { api, store } = this.#services;
    this.#set({ busy: 'taking', trouble: null });
    try {
      const ratings = store.state.ratings.length > 0 ? await api.ratings() : [];
      const { takenPage } = await import('./take-away.ts');
      save(await takenPage(store.state, ratings), 'marquee.html');
    } catch (error) {
      this.#set({ trouble: troubleOf(error) });
    } finally {
      this.#set({ busy: null });
    }
  };

  exportRatings = async (): Promise<void> => {
    const answer = await sendHere('/export');
    save(await answer.blob(), 'ratings.csv');
  };

  async #move(move: () => Promise<string>): Promise<void> {
    this.#set({ busy: 'moving', trouble: null });
    try {
      const said = await move();
      await this.#takeUp(said);
    } catch (error) {
      this.#set({ trouble: troubleOf(error) });
    } finally {
      this.#set({ busy: null });
    }
  }

  /** Shows the ratings and lists of the place that holds from now on. */
  async #takeUp(said: string): Promise<void> {
    const { api, store, lists } = this.#services;
    try {
      store.set({ ratings: await api.ratings(), hasAllRatings: true });
      await Promise.all([lists.reload(), lists.askQuestions(), lists.refreshFilm()]);
      if (said !== '') store.set({ said });
    } catch (error) {
      store.set({ trouble: troubleOf(error) });
    }
  }

  #set(change: Partial<State>): void {
    const { store } = this.#services;
    store.set({ privacy: { ...store.state.privacy, ...change } });
  }
}

async function ratingsBy(send: Send, has = true): Promise<readonly Rated[]> {
  return has ? (await answerOf<{ ratings: Rated[] }>(send('/ratings'))).ratings : [];
}

async function give(send: Send, ratings: readonly Rated[]): Promise<void> {
  const rows = ratings.map(({ movieId, rating, timestamp }) => ({ movieId, rating, timestamp: timestamp ?? 0 }));
  for (let at = 0; at < rows.length; at += MOST) {
    const body = JSON.stringify({ ratings: rows.slice(at, at + MOST) });
    await answerOf(send('/ratings', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }));
  }
}

/** Lets the browser save a file. */
export function save(file: Blob, name: string): void {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download has begun by then
}
