import type { Actions } from '../parts/actions.ts';
import type { Api } from '../state/api.ts';
import type { Store } from './store.ts';

/** Loads what weighs a rating when a pointer, or the keys, are first on a star. Without it there is no foretaste. */
export function weighLater(api: Api, store: Store): Actions['weigh'] {
  let loaded: Promise<Actions['weigh']> | undefined;
  return (movie, rating) => {
    loaded ??= import('./later.ts').then(({ Previews }) => new Previews(api, store).weigh);
    void loaded.then(
      (weigh) => weigh(movie, rating),
      () => {},
    );
  };
}
