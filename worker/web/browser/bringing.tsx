import { lazy } from '../parts/bring/lazy.ts';
import { Stored, Undone } from '../parts/bring/outcome.tsx';
import { type Chosen, Review } from '../parts/bring/review.tsx';
import type { Api, Movie } from '../state/api.ts';
import { type Bring, NO_BRING } from '../state/bring.ts';
import { FOUND } from '../state/found.ts';
import { plural, type State, troubleOf } from '../state/state.ts';
import type { Lists } from './lists.ts';
import type { Navigation } from './navigation.ts';
import { readPerson } from './read-person.ts';
import type { Store } from './store.ts';
import type { Tabs } from './tabs.ts';

export interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly navigation: Navigation;
  readonly tabs: Tabs;
}

/** Takes a file through its steps: looked at, stored when the person says so, taken back. Loaded with the first file. */
export class Bringing {
  readonly #services: Services;
  #file: File | undefined;

  constructor(services: Services) {
    this.#services = services;
    lazy.steps = this.#steps;
  }

  /** Asks what of a file would be stored. */
  async take(file: File): Promise<void> {
    this.#file = file;
    try {
      const imported = await this.#services.api.previewFile(file);
      if (this.#file !== file || this.#bring.step !== 'reading') return; // another file came, or the person was forgotten
      const doubtful = imported.ambiguous.length + imported.more.ambiguous;
      const said = `${file.name} is read. ${doubtful > 0 ? `${plural(doubtful, 'film')} in doubt. ` : ''}Nothing is stored yet.`;
      this.#set({ step: 'review', imported }, said);
    } catch (error) {
      if (this.#file === file) this.#set({ step: 'none', trouble: troubleOf(error) });
    }
  }

  #steps = (state: State) => {
    const { step, imported, undone } = state.bring;
    if (step === 'stored' && imported) return <Stored imported={imported} undo={this.#undo} />;
    if (step === 'undone' && undone) return <Undone {...undone} />;
    if (!imported || !(step === 'review' || step === 'storing')) return null;
    return (
      <div class="review" hidden={step === 'storing'}>
        <Review
          key={imported as never}
          name={state.bring.name}
          imported={imported}
          until={state.model?.until}
          find={this.#find}
          store={this.#store}
          leave={this.#leave}
        />
      </div>
    );
  };

  #find = async (query: string): Promise<readonly Movie[]> => {
    try {
      return query.trim() === '' ? [] : (await this.#services.api.find(query, FOUND)).items;
    } catch (error) {
      this.#set({ trouble: troubleOf(error) });
      return [];
    }
  };

  #store = async (chosen: Chosen): Promise<void> => {
    const { api } = this.#services;
    const file = this.#file!;
    this.#set({ step: 'storing', trouble: null });
    try {
      const choices = Array.from(chosen, ([place, { movieId }]) => {
        const colon = place.lastIndexOf(':');
        const named = place.slice(0, colon);
        return { ...(named !== '' && { file: named }), line: Number(place.slice(colon + 1)), movieId };
      });
      const imported = await api.importFile(file, choices);
      await this.#changed(
        { step: 'stored', imported },
        `${plural(imported.ratings - imported.held, 'rating')} stored.`,
      );
    } catch (error) {
      this.#set({ step: 'review', trouble: troubleOf(error) });
    }
  };

  #undo = async (): Promise<void> => {
    const { imported } = this.#bring;
    if (!imported || imported.import === null) return;
    this.#set({ step: 'undoing', trouble: null });
    try {
      const undone = await this.#services.api.undoImport(imported.import);
      await this.#changed({ step: 'undone', undone }, 'The import is taken back.');
    } catch (error) {
      this.#set({ step: 'stored', trouble: troubleOf(error) });
    }
  };

  #leave = (): void => {
    this.#file = undefined;
    this.#services.store.set({ bring: NO_BRING, said: 'The file is left. Nothing was stored.' });
    document.getElementById('bring-heading')?.focus();
  };

  get #bring(): Bring {
    return this.#services.store.state.bring;
  }

  #set(change: Partial<Bring>, said?: string): void {
    const { store } = this.#services;
    store.set({ bring: { ...store.state.bring, ...change }, ...(said !== undefined && { said }) });
    if (change.step) document.getElementById('bring-heading')?.focus();
  }

  /** Shows a step after which the person's ratings are others, here and in the other tabs. */
  async #changed(step: Partial<Bring>, said: string): Promise<void> {
    const { api, store, lists, tabs } = this.#services;
    this.#set(step, said);
    tabs.tell('imported');
    await readPerson({ api, store });
    await lists.refresh(said);
  }
}
