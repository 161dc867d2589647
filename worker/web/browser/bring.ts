import { viewOf } from '../state/address.ts';
import { ApiError } from '../state/api-error.ts';
import { NO_BRING } from '../state/bring.ts';
import { troubleOf } from '../state/state.ts';
import type { Bringing, Services } from './bringing.tsx';

/** Takes files that are chosen, or dropped anywhere on the page, to where they are looked at. */
export class BringFile {
  readonly #services: Services;
  #bringing: Promise<Bringing> | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  start(): void {
    addEventListener('dragover', (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault(); // a file may be dropped here
      this.#show(true);
    });
    addEventListener('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) this.#show(false);
    });
    addEventListener('drop', (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      void this.take(event.dataTransfer!.files);
    });
  }

  take = async (chosen: unknown): Promise<void> => {
    const files = [...(chosen as FileList)];
    if (files.length === 0) return this.#show(false);
    const name = files.map((file) => file.name).join(', ');
    const { store, navigation } = this.#services;
    store.set({ bring: { ...NO_BRING, step: 'reading', name }, said: `Reading ${name}.` });
    const { address } = store.state;
    if (address.view !== 'bring') void navigation.go(viewOf(address, 'bring'), 'push');
    try {
      await (await this.#load()).take(files);
    } catch (cause) {
      this.#bringing = undefined;
      const error = new ApiError('The part of this page that reads files could not be loaded.', 'Try again.');
      store.set({ bring: { ...NO_BRING, trouble: troubleOf(Object.assign(error, { cause })) } });
    }
  };

  #load(): Promise<Bringing> {
    this.#bringing ??= import('./bringing.tsx').then(({ Bringing }) => new Bringing(this.#services));
    return this.#bringing;
  }

  #show(over: boolean): void {
    const { store } = this.#services;
    if (store.state.bring.over !== over) store.set({ bring: { ...store.state.bring, over } });
  }
}

function holdsFile({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}
