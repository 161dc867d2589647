import { troubleOf } from '../state/state.ts';
import type { Gatherings, Services } from './together.tsx';

/** Loads what gatherings need when their view is first opened, and tells it of each change of the page. */
export function followTogether(services: Services): () => void {
  let loaded: Promise<Gatherings | null> | undefined;
  const load = () =>
    import('./later.ts').then(
      ({ Gatherings }) => new Gatherings(services),
      (error) => {
        services.store.set({ trouble: troubleOf(error) });
        return null;
      },
    );
  return () => {
    if (!loaded && services.store.state.address.view !== 'together') return;
    loaded ??= load();
    void loaded.then((gatherings) => gatherings?.follow());
  };
}
