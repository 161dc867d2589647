import type { Lists } from '../browser/lists.ts';
import type { Store } from '../browser/store.ts';
import type { PrivacyActions } from '../parts/mine/privacy-actions.ts';
import type { Api, Send } from '../state/api.ts';
import { ApiError, answerOf } from '../state/api-error.ts';
import type { Privacy as State } from '../state/privacy.ts';
import { answerTo, troubleOf } from '../state/state.ts';
import { forgetFiles, KeptFiles } from './kept-files.ts';
import { OwnRatings } from './own-ratings.ts';
import { type Held, takenPage } from './take-away.ts';

/** The most ratings or marks of one request. */
const MOST = 1000;

/** Who sends requests where, and where ratings stay. */
interface Line {
  readonly sendHere: Send;
  readonly sendThere: Send;
  staysHere(): boolean;
  setStaysHere(stays: boolean): void;
}

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly line: Line;
  /** Takes up who the person is and what is held of them. */
  readonly readPerson: () => Promise<void>;
}

/** Moves a person's ratings and marks into this browser, and back. Nothing is deleted in one place before it is in the other. */
export class Moves implements PrivacyActions {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Goes on as the person left it. */
  resume = (): Promise<void> => this.#takeUp('');

  keepHere = (deletesThere: boolean): Promise<void> =>
    this.#doing('moving', async () => this.#takeUp(await this.#moveHere(deletesThere)));

  async #moveHere(deletesThere: boolean): Promise<string> {
    const { sendHere, sendThere } = this.#services.line;
    requireStorage();
    await answerOf(sendHere('/model')); // the model is here before anything changes
    const shown = this.#shown; // some of it may be on its way to the server
    const had = isEmpty(shown) ? shown : await heldBy(sendThere);
    await this.#switched(true, async () => {
      await give(sendHere, { ratings: joined(had.ratings, shown.ratings), marks: joined(had.marks, shown.marks) });
      if (deletesThere && !isEmpty(shown)) await answerOf(sendThere('/session', { method: 'DELETE' }));
    });
    this.#set({ kept: 'here' });
    return 'Your ratings stay in this browser.';
  }

  giveBack = (): Promise<void> =>
    this.#doing('moving', async () => {
      const { sendThere } = this.#services.line;
      const own = new OwnRatings(localStorage); // needs no model, should that not load any more
      await this.#switched(false, async () => {
        const { ratings, marks } = own.read();
        const given = ratings.flatMap(({ rating, ...rest }) => (rating === null ? [] : { ...rest, rating }));
        if (!isEmpty({ ratings: given, marks })) await answerOf(sendThere('/session', { method: 'POST' }));
        await give(sendThere, { ratings: given, marks });
        own.forget();
      });
      await forgetFiles();
      this.#set({ kept: 'there' });
      await this.#takeUp('The server keeps your ratings.');
    });

  takeAway = (): Promise<void> =>
    this.#doing('taking', async () => {
      const { store, line } = this.#services;
      const held = isEmpty(this.#shown) ? this.#shown : await heldBy(line.staysHere() ? line.sendHere : line.sendThere);
      const files = line.staysHere() ? (await KeptFiles.open(line.sendThere)).send : line.sendThere;
      save(await takenPage(store.state, held, files), 'marquee.html');
    });

  /** Saves what a path answers here as a file. */
  async saveFile(path: string, name: string): Promise<void> {
    const { store, line } = this.#services;
    try {
      const answer = await line.sendHere(path);
      if (!answer.ok) await answerOf(Promise.resolve(answer)); // throws its words
      save(await answer.blob(), name);
    } catch (error) {
      store.set({ trouble: troubleOf(error) });
    }
  }

  get #shown(): Held {
    const { ratings, marks } = this.#services.store.state;
    return { ratings, marks: marks.held };
  }

  /** Runs a move for which what is rated meanwhile goes to the new place already. */
  async #switched(stays: boolean, move: () => Promise<void>): Promise<void> {
    const { staysHere, setStaysHere } = this.#services.line;
    const before = staysHere();
    setStaysHere(stays);
    try {
      await move();
    } catch (error) {
      setStaysHere(before);
      throw error;
    }
  }

  async #doing(busy: State['busy'], act: () => Promise<void>): Promise<void> {
    this.#set({ busy, trouble: null });
    try {
      await act();
    } catch (error) {
      this.#set({ trouble: troubleOf(error) });
    } finally {
      this.#set({ busy: null });
    }
  }

  /** Shows the ratings and lists of the place that holds from now on. */
  async #takeUp(said: string): Promise<void> {
    const { store, lists, line, readPerson } = this.#services;
    try {
      if (line.staysHere() || !isEmpty(this.#shown)) await readPerson(); // else the server may know nobody
      this.#clearTable();
      await Promise.all([lists.reload(said), lists.askQuestions(), lists.refreshFilm(), lists.refreshWatchlist()]);
    } catch (error) {
      store.set({ trouble: troubleOf(error) });
    }
  }

  /** The Worker, which knows nobody here, may have drawn a question that was answered long ago. */
  #clearTable(): void {
    const { store } = this.#services;
    const { deck } = store.state;
    const asked = deck.places[deck.turn];
    if (!asked || answerTo(store.state, asked.movieId) === undefined) return;
    store.set({ deck: { ...deck, places: deck.turn === 0 ? [null, deck.places[1]] : [deck.places[0], null] } });
  }

  #set(change: Partial<State>): void {
    const { store } = this.#services;
    store.set({ privacy: { ...store.state.privacy, ...change } });
  }
}

/** Throws where the browser keeps nothing for this page: what is moved here would be lost. */
function requireStorage(): void {
  const key = 'marquee.room';
  try {
    localStorage.setItem(key, key);
    localStorage.removeItem(key);
  } catch {
    throw new ApiError('This browser keeps nothing for this page.', 'Allow it to, or make room, then try again.');
  }
}

function isEmpty({ ratings, marks }: { readonly [kind in keyof Held]: readonly unknown[] }): boolean {
  return ratings.length + marks.length === 0;
}

async function heldBy(send: Send): Promise<Held> {
  const [{ ratings }, { marks }] = await Promise.all([
    answerOf<Pick<Held, 'ratings'>>(send('/ratings')),
    answerOf<Pick<Held, 'marks'>>(send('/marks')),
  ]);
  return { ratings, marks };
}

/** The first, and of the second what it has of other films. */
function joined<T extends { readonly movieId: number }>(first: readonly T[], second: readonly T[]): T[] {
  const known = new Set(first.map(({ movieId }) => movieId));
  return [...first, ...second.filter(({ movieId }) => !known.has(movieId))];
}

/** What is given to a place. */
interface Given {
  readonly ratings: readonly Pick<Held['ratings'][number], 'movieId' | 'rating' | 'timestamp'>[];
  readonly marks: readonly Pick<Held['marks'][number], 'movieId' | 'mark' | 'timestamp'>[];
}

/** Ratings without a time are older than all others. */
async function give(send: Send, { ratings, marks }: Given): Promise<void> {
  const stamped = ratings.map(({ movieId, rating, timestamp }) => ({ movieId, rating, timestamp: timestamp ?? 0 }));
  await post(send, 'ratings', stamped);
  await post(
    send,
    'marks',
    marks.map(({ movieId, mark, timestamp }) => ({ movieId, mark, timestamp })),
  );
}

async function post(send: Send, kind: keyof Given, rows: readonly object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += MOST) {
    const body = JSON.stringify({ [kind]: rows.slice(at, at + MOST) });
    await answerOf(send(`/${kind}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }));
  }
}

/** Lets the browser save a file. */
function save(file: Blob, name: string): void {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download has begun by then
}
