import type { Lists } from '../browser/lists.ts';
import type { Store } from '../browser/store.ts';
import type { PrivacyActions } from '../parts/mine/privacy-actions.ts';
import type { Api, Rated, Send } from '../state/api.ts';
import { answerOf } from '../state/api-error.ts';
import type { Privacy as State, Stay } from '../state/privacy.ts';
import { troubleOf } from '../state/state.ts';
import { OwnRatings } from './own-ratings.ts';
import { takenPage } from './take-away.ts';

/** The most ratings of one request. */
const MOST = 1000;

/** Who sends requests where, and where ratings stay. */
interface Line {
  readonly sendHere: Send;
  readonly sendThere: Send;
  staysHere(): Stay | null;
  setStaysHere(stays: Stay | null): void;
}

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly line: Line;
}

/** Moves a person's ratings into this browser, and back. Nothing is deleted in one place before it is in the other. */
export class Moves implements PrivacyActions {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Goes on as the person left it. */
  async resume(): Promise<void> {
    const { line, store } = this.#services;
    if (store.state.privacy.kept === 'there') this.#set({ kept: 'here' });
    await this.#takeUp('');
    if (line.staysHere() === 'exact') await this.loadExact();
  }

  keepHere = (deletesThere: boolean): Promise<void> =>
    this.#move(async () => {
      const { sendHere, sendThere } = this.#services.line;
      await answerOf(sendHere('/model')); // the model is here before anything changes
      const shown = this.#services.store.state.ratings; // one of them may be on its way to the server
      const had = shown.length > 0 ? await ratingsBy(sendThere) : [];
      await this.#switched('on', async () => {
        const known = new Set(had.map(({ movieId }) => movieId));
        await give(sendHere, [...had, ...shown.filter(({ movieId }) => !known.has(movieId))]);
        if (deletesThere && shown.length > 0) await answerOf(sendThere('/session', { method: 'DELETE' }));
      });
      this.#set({ kept: 'here' });
      return 'Your ratings stay in this browser.';
    });

  giveBack = (): Promise<void> =>
    this.#move(async () => {
      const { sendThere } = this.#services.line;
      const own = new OwnRatings(localStorage); // needs no model, should that not load any more
      await this.#switched(null, async () => {
        const ratings = own.read().flatMap(({ rating, ...rest }) => (rating === null ? [] : { ...rest, rating }));
        if (ratings.length > 0) await answerOf(sendThere('/session', { method: 'POST' }));
        await give(sendThere, ratings);
        own.forget();
      });
      this.#set({ kept: 'there', exact: false });
      return 'The server keeps your ratings.';
    });

  loadExact = (): Promise<void> =>
    this.#move(async () => {
      const { sendHere, setStaysHere } = this.#services.line;
      await answerOf(sendHere('/exact', { method: 'POST' }));
      setStaysHere('exact');
      this.#set({ exact: true });
      return 'Lists are exact now.';
    }, 'loading');

  takeAway = async (): Promise<void> => {
    const { api, store, line } = this.#services;
    this.#set({ busy: 'taking', trouble: null });
    try {
      const ratings = store.state.ratings.length > 0 ? await api.ratings() : [];
      save(await takenPage(store.state, ratings, line.sendThere), 'marquee.html');
    } catch (error) {
      this.#set({ trouble: troubleOf(error) });
    } finally {
      this.#set({ busy: null });
    }
  };

  exportRatings = async (): Promise<void> => {
    const answer = await this.#services.line.sendHere('/export');
    save(await answer.blob(), 'ratings.csv');
  };

  /** Runs a move for which what is rated meanwhile goes to the new place already. */
  async #switched(stay: Stay | null, move: () => Promise<void>): Promise<void> {
    const { staysHere, setStaysHere } = this.#services.line;
    const before = staysHere();
    setStaysHere(stay);
    try {
      await move();
    } catch (error) {
      setStaysHere(before);
      throw error;
    }
  }

  async #move(move: () => Promise<string>, busy: State['busy'] = 'moving'): Promise<void> {
    this.#set({ busy, trouble: null });
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

/** Those without a time are older than all others. */
async function ratingsBy(send: Send): Promise<Given[]> {
  const { ratings } = await answerOf<{ ratings: Given[] }>(send('/ratings'));
  return ratings.map(({ timestamp, ...rest }) => ({ ...rest, timestamp: timestamp ?? 0 }));
}

type Given = Pick<Rated, 'movieId' | 'rating' | 'timestamp'>;

async function give(send: Send, ratings: readonly Given[]): Promise<void> {
  const rows = ratings.map(({ movieId, rating, timestamp }) => ({
    movieId,
    rating,
    timestamp: timestamp ?? undefined,
  }));
  for (let at = 0; at < rows.length; at += MOST) {
    const body = JSON.stringify({ ratings: rows.slice(at, at + MOST) });
    await answerOf(send('/ratings', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }));
  }
}

/** Lets the browser save a file. */
function save(file: Blob, name: string): void {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download has begun by then
}
