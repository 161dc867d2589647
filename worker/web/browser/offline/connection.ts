import { type ApiError, passes } from '../../state/api-error.ts';
import type { Connection as ConnectionState } from '../../state/connection.ts';
import type { Store } from '../store.ts';

/** Seconds before the first new attempt, and before a late one. */
const [FIRST, LONGEST] = [2, 60];
const OFFLINE = 'You are offline.';

type Again = () => Promise<unknown>;

/** Knows what the Worker did not answer, says so, and asks again: later and later, and when the network is back. */
export class Connection {
  readonly #store: Store;
  readonly #failed = new Map<string, Again>();
  #rounds = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  start(): void {
    addEventListener('online', () => void this.retry());
    addEventListener('offline', () => this.set({ down: OFFLINE, againAt: null }));
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#failed.size > 0 && this.#store.state.connection.againAt !== null) this.#wait();
    });
  }

  set(change: Partial<ConnectionState>): void {
    this.#store.set({ connection: { ...this.#store.state.connection, ...change } });
  }

  /** Takes note of what failed, to ask for it again. False: it will fail again, so nobody asks. */
  failed(what: string, error: unknown, again: Again): boolean {
    if (!passes(error)) return false;
    const { message, retryAfter = 0 } = error as ApiError;
    this.#failed.set(what, again);
    const pause = Math.min(LONGEST, FIRST * 2 ** this.#rounds) * (0.75 + Math.random() / 2);
    const at = Date.now() + 1000 * Math.max(retryAfter, pause);
    const { againAt } = this.#store.state.connection;
    this.set({ down: navigator.onLine ? message : OFFLINE, againAt: Math.max(at, againAt ?? 0) });
    this.#wait();
    return true;
  }

  lacks(what: string): boolean {
    return this.#failed.has(what);
  }

  /** Takes note that something succeeded, or is no longer wanted. */
  worked(what: string): void {
    if (this.#failed.delete(what)) this.#settle();
  }

  /** Asks now for all that failed. */
  async retry(): Promise<void> {
    clearTimeout(this.#timer);
    const again = [...this.#failed.values()];
    this.#failed.clear();
    this.#rounds++;
    this.set({ againAt: null });
    await Promise.all(again.map((each) => each()));
    this.#settle();
  }

  #settle(): void {
    if (this.#failed.size > 0) return;
    clearTimeout(this.#timer);
    this.#rounds = 0;
    this.set({ down: null, againAt: null, asOf: null });
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const { againAt } = this.#store.state.connection;
    this.#timer = setTimeout(() => void this.retry(), Math.max(0, againAt! - Date.now()));
  }
}
