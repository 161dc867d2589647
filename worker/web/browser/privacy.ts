import type { PrivacyActions } from '../parts/mine/privacy-actions.ts';
import type { Moves } from '../private/moves.ts';
import type { Api } from '../state/api.ts';
import type { Lists } from './lists.ts';
import { loadPrivate } from './private-script.ts';
import { PRIVATE_KEY, sendHere, sendThere, setStaysHere, staysHere } from './send.ts';
import type { Store } from './store.ts';

interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
}

/** Loads what private mode takes (`private/moves.ts`) when a person first wants something of it. */
export class Privacy implements PrivacyActions {
  readonly #services: Services;
  #moves: Moves | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Goes on as the person left it. Other tabs load anew when it is switched. */
  start(): void {
    addEventListener('storage', ({ key }) => {
      if (key === PRIVATE_KEY) location.reload();
    });
    if (staysHere()) void this.#run((moves) => moves.resume());
  }

  keepHere = (deletesThere: boolean) => this.#run((moves) => moves.keepHere(deletesThere));
  loadExact = () => this.#run((moves) => moves.loadExact());
  giveBack = () => this.#run((moves) => moves.giveBack());
  takeAway = () => this.#run((moves) => moves.takeAway());
  exportRatings = () => this.#run((moves) => moves.exportRatings());

  async #run(act: (moves: Moves) => Promise<void>): Promise<void> {
    const line = { sendHere, sendThere, setStaysHere, staysHere };
    try {
      this.#moves ??= new (await loadPrivate()).Moves({ ...this.#services, line });
    } catch {
      const { store } = this.#services;
      const trouble = { message: 'Private mode could not be loaded.', fix: 'Check the connection, then try again.' };
      store.set({ privacy: { ...store.state.privacy, trouble } });
      return;
    }
    await act(this.#moves);
  }
}
