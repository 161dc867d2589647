import type { Api } from '../../state/api.ts';
import { ApiError, isGone } from '../../state/api-error.ts';
import type { Waiting } from '../../state/connection.ts';
import { NO_MARKS } from '../../state/marks.ts';
import { type Trouble, troubleOf } from '../../state/state.ts';
import type { Lists } from '../lists.ts';
import type { Told, ToldOfMark } from '../news.ts';
import { staysHere } from '../send.ts';
import type { Store } from '../store.ts';
import type { Tabs } from '../tabs.ts';
import type { Connection } from './connection.ts';
import { KINDS } from './kinds.ts';
import { Outbox } from './outbox.ts';
import type { SeenViews } from './seen.ts';

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly tabs: Tabs;
  readonly connection: Connection;
  readonly seen: SeenViews;
}

type Said = Pick<Waiting, 'kind' | 'movieId' | 'title' | 'what' | 'change'>;

/** What a person changed: shown at once, kept until it is stored, and taken back where it is refused. */
export class Changes {
  readonly #outbox = new Outbox();
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Takes up what an earlier visit could not store. */
  async start(): Promise<void> {
    await this.read();
    await this.deliver();
  }

  async add(said: Said): Promise<void> {
    const { store, connection } = this.#services;
    const user = store.state.connection.user ?? null;
    const here = staysHere();
    const entry = { ...said, key: keyOf(said, here), at: Date.now(), user, here };
    this.#take([...store.state.connection.waiting.filter(({ key }) => key !== entry.key), entry]);
    await this.#outbox.add(entry);
    await (connection.lacks('outbox') ? this.read() : this.deliver());
    if (store.state.connection.waiting.some(({ key }) => key === entry.key))
      store.set({ said: `${entry.title}: ${entry.what}. It waits to be stored.` });
  }

  /** Stores what waits, and says what became of it. */
  async deliver(): Promise<void> {
    const { api, store, connection } = this.#services;
    if (store.state.connection.gone) return;
    const stored: Waiting[] = [];
    try {
      await this.#outbox.deliver(api, staysHere(), {
        stored: (entries, user) => {
          stored.push(...entries);
          connection.set({ user });
        },
        refused: (entry, why) => this.#takeBack(entry, troubleOf(why)),
      });
      connection.worked('outbox');
    } catch (error) {
      if (isGone(error)) connection.set({ gone: true });
      else if (connection.failed('outbox', error, () => this.deliver())) {
        if (!staysHere()) askForSync();
      } else console.error(error);
    }
    await this.read();
    this.#tell(stored);
  }

  /** Shows what waits, as this tab, another one or an earlier visit left it. */
  async read(): Promise<void> {
    this.#take(await this.#outbox.waiting(staysHere()));
  }

  /** Another tab could store less or more: this one tries too, should that one be closed. */
  async hear(): Promise<void> {
    const { connection, store } = this.#services;
    await this.read();
    const unstored = new ApiError('The server did not answer another tab.');
    if (store.state.connection.waiting.length === 0) connection.worked('outbox');
    else if (!connection.lacks('outbox')) connection.failed('outbox', unstored, () => this.deliver());
  }

  /** Takes one back that waits. */
  async discard(entry: Waiting): Promise<void> {
    await this.#outbox.remove(entry);
    this.#takeBack(entry);
    await this.deliver();
    this.#services.tabs.tell('waiting');
  }

  /** Begins anew with what waits, for whoever this browser is now: its person is gone. */
  async adopt(): Promise<void> {
    const { connection, seen, store } = this.#services;
    await Promise.all([this.#outbox.adopt(), seen.clear()]);
    store.set({ ratings: [], hasAllRatings: true, marks: NO_MARKS });
    connection.set({ user: null, gone: false, waiting: [] });
    await this.deliver();
    await this.readPerson();
  }

  /** Forgets what waits, whose person is gone. */
  async giveUp(): Promise<void> {
    const { lists } = this.#services;
    await Promise.all([lists.beginAnew(), this.clear()]);
  }

  /** Forgets all that this browser keeps of the person. */
  async clear(): Promise<void> {
    const { seen, tabs, connection } = this.#services;
    connection.worked('outbox');
    await Promise.all([this.#outbox.clear(), seen.clear()]);
    tabs.tell('waiting');
  }

  /** What the Worker knows of the person now, and what waits on top. */
  async readPerson(): Promise<void> {
    const { api, store, connection, seen } = this.#services;
    try {
      const [{ user, ratings }, held] = await Promise.all([api.mine(), api.marks()]).catch((error: unknown) => {
        if (isGone(error)) return [{ user: null, ratings: [] }, []] as const;
        throw error;
      });
      await seen.tidy(user);
      store.set({ ratings, hasAllRatings: true, marks: { ...store.state.marks, held, hasAll: true } });
      connection.set({ user, waiting: [] });
      await this.read();
    } catch (error) {
      connection.failed('person', error, () => this.readPerson());
    }
  }

  /** Takes up what waits; what is new among it shows as given. */
  #take(waiting: readonly Waiting[]): void {
    const { store, connection } = this.#services;
    const known = new Set(store.state.connection.waiting.map(({ key, at }) => `${key} ${at}`));
    connection.set({ waiting });
    for (const entry of waiting) {
      if (!known.has(`${entry.key} ${entry.at}`)) store.set(KINDS[entry.kind].show(store.state, entry as never));
    }
  }

  #takeBack(entry: Waiting, why?: Trouble): void {
    const { store, tabs } = this.#services;
    const kind = KINDS[entry.kind];
    const news = kind.tell(entry as never, false);
    store.set({ ...kind.takeBack(store.state, entry as never, why), said: news.said });
    tabs.tell(news);
  }

  #tell(stored: readonly Waiting[]): void {
    const { store, tabs, lists } = this.#services;
    if (store.state.connection.waiting.length > 0) tabs.tell('waiting');
    if (stored.length === 0) return;
    const [news] = stored.map((entry) => KINDS[entry.kind].tell(entry as never, true));
    tabs.tell(stored.length === 1 ? news : 'imported');
    const taught = stored.some(({ kind }) => KINDS[kind].teaches) ? 1 : 0;
    if (stored.length === 1) void lists.refresh(news.said, isTakenBack(news) ? -1 : taught);
    else void lists.refresh(`${stored.length} answers are stored.`, taught);
  }
}

function isTakenBack(news: Told | ToldOfMark): boolean {
  return 'answer' in news && news.answer === null;
}

function keyOf({ kind, movieId }: Said, here: boolean): string {
  return `${kind} ${movieId}${here ? ' here' : ''}`;
}

/** Has the service worker store what waits once the network is back, should the page be gone by then. */
function askForSync(): void {
  const ready = navigator.serviceWorker?.ready as Promise<{ sync?: { register(tag: string): Promise<void> } }>;
  ready?.then(({ sync }) => sync?.register('outbox')).catch(() => {}); // a browser may not let it
}
