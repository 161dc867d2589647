import type { Api } from '../state/api.ts';
import type { Store } from './store.ts';

/** Takes up what the server holds of the person, after much of it changed at once. */
export async function readPerson({ api, store }: { readonly api: Api; readonly store: Store }): Promise<void> {
  const [ratings, held] = await Promise.all([api.ratings(), api.marks()]);
  store.set({ ratings, hasAllRatings: true, marks: { ...store.state.marks, held, hasAll: true } });
}
