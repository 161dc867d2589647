import { contentOf, loadAbout } from '../state/about.ts';
import type { Api } from '../state/api.ts';
import { troubleOf } from '../state/state.ts';
import type { Store } from './store.ts';

/** Loads what the page about the model still lacks: the versions, then the report. */
export async function openAbout(api: Api, store: Store): Promise<void> {
  try {
    if (!store.state.about) store.set({ about: await loadAbout(api) });
    const { about } = store.state;
    if (about && about.report === null) store.set({ about: { ...about, report: contentOf(await api.report()) } });
  } catch (error) {
    store.set({ trouble: troubleOf(error) });
  }
}
