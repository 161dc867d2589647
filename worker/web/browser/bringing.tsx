import { MOST_BYTES } from '../../../shared/exchange/most-bytes.ts';
import { lazy } from '../parts/bring/lazy.ts';
import { Stored, Undone } from '../parts/bring/outcome.tsx';
import { type Chosen, Review } from '../parts/bring/review.tsx';
import type { Api, Movie } from '../state/api.ts';
import { ApiError, passes } from '../state/api-error.ts';
import { type Bring, NO_BRING } from '../state/bring.ts';
import { FOUND } from '../state/found.ts';
import { plural, type State, troubleOf } from '../state/state.ts';
import type { Lists } from './lists.ts';
import type { Navigation } from './navigation.ts';
import { asSomebody } from './somebody.ts';
import type { Store } from './store.ts';
import type { Tabs } from './tabs.ts';

export interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly lists: Lists;
  readonly navigation: Navigation;
  readonly tabs: Tabs;
  /** Takes up what the server holds of the person, after much of it changed at once. */
  readPerson(): Promise<void>;
}

/** Takes files through their steps: looked at, stored when the person says so, taken back. Loaded with the first ones. */
export class Bringing {
  readonly #services: Services;
  #files: readonly File[] = [];
  /** Whether reading the files anew may succeed. */
  #again = false;

  constructor(services: Services) {
    this.#services = services;
    lazy.steps = this.#steps;
  }

  /** Asks what of the files would be stored. */
  async take(chosen: readonly File[]): Promise<void> {
    this.#files = chosen;
    const isLeft = () => this.#files !== chosen || this.#bring.step !== 'reading'; // or the person was forgotten
    try {
      const files = await inMemory(chosen);
      const imported = await this.#services.api.previewFiles(files);
      if (isLeft()) return;
      this.#files = files;
      const doubtful = imported.ambiguous.length + imported.more.ambiguous;
      const said = `${this.#bring.name} is read. ${doubtful > 0 ? `${plural(doubtful, 'film')} in doubt. ` : ''}Nothing is stored yet.`;
      this.#set({ step: 'review', imported }, said);
    } catch (error) {
      if (isLeft()) return;
      this.#again = passes(error);
      this.#set({ step: 'none', trouble: troubleOf(error) });
    }
  }

  #readAgain = (): void => {
    this.#set({ step: 'reading', trouble: null });
    void this.take(this.#files);
  };

  #steps = (state: State) => {
    const { step, imported, undone, trouble } = state.bring;
    if (step === 'none' && trouble && this.#again) {
      return (
        <p class="choices">
          <button type="button" class="pill main" onClick={this.#readAgain}>
            Try again
          </button>
        </p>
      );
    }
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
    const files = this.#files;
    this.#set({ step: 'storing', trouble: null });
    try {
      const choices = Array.from(chosen, ([place, { movieId }]) => {
        const colon = place.lastIndexOf(':');
        const named = place.slice(0, colon);
        return { ...(named !== '' && { file: named }), line: Number(place.slice(colon + 1)), movieId };
      });
      const imported = await asSomebody(this.#services, (user) => api.importFiles(files, choices, user));
      await this.#changed(
        { step: 'stored', imported },
        `${plural(imported.ratings - imported.held, 'rating')} stored.`,
      );
    } catch (error) {
      this.#set({ step: 'review', trouble: troubleOf(error) });
    }
  };

  #undo = async (): Promise<void> => {
    const { api } = this.#services;
    const number = this.#bring.imported?.import ?? null;
    if (number === null) return;
    this.#set({ step: 'undoing', trouble: null });
    try {
      const undone = await asSomebody(this.#services, (user) => api.undoImport(number, user));
      await this.#changed({ step: 'undone', undone }, 'The import is taken back.');
    } catch (error) {
      this.#set({ step: 'stored', trouble: troubleOf(error) });
    }
  };

  #leave = (): void => {
    this.#files = [];
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
    const { lists, tabs, readPerson } = this.#services;
    this.#set(step, said);
    tabs.tell('imported');
    await readPerson();
    await lists.refresh(said);
  }
}

/** The files as they are now: what is stored is what was looked at, whatever becomes of them on the disk. */
async function inMemory(files: readonly File[]): Promise<File[]> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const mebibytes = MOST_BYTES / 2 ** 20;
  if (bytes > MOST_BYTES) {
    const what = files.length === 1 ? `${files[0].name} is` : 'These files are together';
    throw notRead(`${what} larger than ${mebibytes} MiB.`, 'Bring it in parts, each with the header line.');
  }
  return Promise.all(files.map(copied));
}

async function copied(file: File): Promise<File> {
  const bytes = await file.arrayBuffer().catch(() => {
    throw notRead(`${file.name} cannot be read.`, 'Bring a file, not a folder, and one that you may open.');
  });
  return new File([bytes], file.name);
}

/** A file that no other try would make readable: the server was not asked. */
function notRead(message: string, fix: string): ApiError {
  return new ApiError(message, fix, 'bad-data', 422);
}
