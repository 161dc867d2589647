import { late } from '../parts/admin/late.ts';
import { troubleOf } from '../state/state.ts';
import type { Store } from './store.ts';

/** Loads the operator's page when it is first opened. */
export function followAdmin(store: Store): () => void {
  let loading = false;
  return () => {
    if (loading || late.Panel || store.state.address.view !== 'admin') return;
    loading = true;
    void import('./admin/panel.tsx')
      .then(
        ({ Panel }) => {
          late.Panel = Panel;
          store.set({ trouble: null });
        },
        (error) => store.set({ trouble: troubleOf(error) }),
      )
      .finally(() => {
        loading = false;
      });
  };
}
