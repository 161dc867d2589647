import { ConnectionBar } from '../../parts/offline/bar.tsx';
import type { Api } from '../../state/api.ts';
import { modelOf } from '../../state/load.ts';
import type { State } from '../../state/state.ts';
import type { Lists } from '../lists.ts';
import { staysHere } from '../send.ts';
import type { Store } from '../store.ts';
import type { Tabs } from '../tabs.ts';
import { Changes } from './changes.ts';
import type { Connection } from './connection.ts';
import { installWorker } from './install.ts';
import { SeenViews } from './seen.ts';

/** Whether `npm run dev` built the page. */
declare const RELOADS: boolean;

export { SeenViews };

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly tabs: Tabs;
  readonly connection: Connection;
}

/** What the page keeps and does with it. It is loaded beside the page, which does not wait for it. */
export class Keeping {
  readonly seen = new SeenViews();
  readonly Bar = ConnectionBar;
  readonly changes: Changes;
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
    this.changes = new Changes({ ...services, seen: this.seen });
  }

  /**
   * Takes up what earlier visits and other tabs left.
   *
   * @param drawn by the Worker; null where it did not answer, and the page shows what was seen
   */
  async start(drawn: State | null): Promise<void> {
    const { store, tabs } = this.#services;
    tabs.start(this.changes);
    await this.changes.start();
    if (drawn) await this.seen.tidy(drawn.connection.user);
    if (!store.state.model) await this.#untilItAnswers();
    else if (!drawn) await this.#refreshAll();
    else if (!drawn.hasAllRatings || !drawn.marks.hasAll) await this.changes.readPerson();
    this.notice();
    if (!RELOADS) installWorker();
  }

  /** Keeps what is shown, once it stands still. */
  notice(): void {
    this.seen.notice(() => this.#services.store.state);
  }

  /** What is shown was seen earlier: asks for all of it now. */
  async #refreshAll(): Promise<void> {
    const { store, lists } = this.#services;
    const grid = store.state.address.view === 'loved' && store.state.grid.length === 0 ? lists.fillGrid() : undefined;
    const watchlist = this.changes.readPerson().then(() => lists.refreshWatchlist());
    await Promise.all([watchlist, lists.reload(), lists.openFilm(), lists.askQuestions(), grid]);
  }

  /**
   * Without a model nothing can be drawn: loads the page anew once there is one. Where the model is in this browser that
   * would give the same empty page again, and the page goes on from here.
   */
  async #untilItAnswers(): Promise<void> {
    const { api, connection, store } = this.#services;
    try {
      const manifest = await api.model();
      if (!staysHere()) return location.reload();
      store.set({ model: modelOf(manifest) });
      await this.#refreshAll();
    } catch (error) {
      connection.failed('page', error, () => this.#untilItAnswers());
    }
  }
}
