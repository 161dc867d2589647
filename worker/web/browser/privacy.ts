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
  readonly readPerson: () => Promise<void>;
}

/** Loads what private mode takes (`private/moves.ts`) when a person first wants something of it. */
export class Privacy implements PrivacyActions {
  readonly #services: Services;
  #moves: Moves | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Goes on as the person left it. Other tabs load anew when it is switched; links to files lead to files made here. */
  start(): void {
    const { store } = this.#services;
    const { privacy } = store.state;
    if (staysHere() && privacy.kept === 'there') store.set({ privacy: { ...privacy, kept: 'here' } }); // before anything is asked
    document.addEventListener('click', (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>('a[download]');
      if (!link || !staysHere()) return;
      event.preventDefault();
      void this.#run((moves) => moves.saveFile(link.getAttribute('href')!, link.download));
    });
    addEventListener('storage', ({ key, oldValue, newValue }) => {
      if (key === PRIVATE_KEY && !oldValue !== !newValue) location.reload();
    });
    if (staysHere()) void this.#run((moves) => moves.resume());
  }

  keepHere = (deletesThere: boolean) => this.#run((moves) => moves.keepHere(deletesThere));
  giveBack = () => this.#run((moves) => moves.giveBack());
  takeAway = () => this.#run((moves) => moves.takeAway());

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
