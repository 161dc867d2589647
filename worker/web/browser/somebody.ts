import type { Api } from '../state/api.ts';
import { isGone } from '../state/api-error.ts';
import type { Connection } from '../state/connection.ts';
import type { Store } from './store.ts';

interface Services {
  readonly api: Api;
  readonly store: Store;
}

/**
 * Does something for the person of this page, or for somebody new where there is nobody yet. Who is gone is never
 * replaced by another person: the page says so, and asks.
 */
export async function asSomebody<T>({ api, store }: Services, act: (user: number) => Promise<T>): Promise<T> {
  const set = (change: Partial<Connection>) => store.set({ connection: { ...store.state.connection, ...change } });
  try {
    const user = store.state.connection.user ?? (await api.begin());
    set({ user });
    return await act(user);
  } catch (error) {
    if (isGone(error)) set({ gone: true });
    throw error;
  }
}
