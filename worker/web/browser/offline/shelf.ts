/** Stores of the browser's database, and what they hold. */
const STORES = ['outbox', 'seen'] as const;

let database: Promise<IDBDatabase> | undefined;

/** Things by key that survive the page, in IndexedDB. A browser that keeps nothing keeps them in memory. */
export class Shelf<T extends { readonly key: string }> {
  readonly #name: (typeof STORES)[number];
  readonly #memory = new Map<string, T>();

  constructor(name: (typeof STORES)[number]) {
    this.#name = name;
  }

  async all(): Promise<T[]> {
    const kept = await this.#run<T[]>('readonly', (store) => store.getAll()).catch(() => []);
    return [...kept, ...this.#memory.values()];
  }

  async get(key: string): Promise<T | undefined> {
    const kept = await this.#run<T | undefined>('readonly', (store) => store.get(key)).catch(() => undefined);
    return this.#memory.get(key) ?? kept;
  }

  /** Replaces what stands under a key, in one transaction; `undefined` takes it away. */
  async update(key: string, change: (held: T | undefined) => T | undefined): Promise<void> {
    const held = this.#memory.get(key);
    if (held) return this.#remember(key, change(held));
    const replace = (store: IDBObjectStore) => {
      const read = store.get(key);
      read.onsuccess = () => {
        const next = change(read.result as T | undefined);
        if (next) store.put(next);
        else store.delete(key);
      };
      return read;
    };
    await this.#run('readwrite', replace).catch(() => this.#remember(key, change(undefined)));
  }

  async clear(): Promise<void> {
    this.#memory.clear();
    await this.#run('readwrite', (store) => store.clear()).catch(() => {});
  }

  #remember(key: string, value: T | undefined): void {
    if (value) this.#memory.set(key, value);
    else this.#memory.delete(key);
  }

  /** Resolves when the transaction is on the disk, so that a crash loses nothing. */
  async #run<R>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<R> {
    database ??= open();
    database.catch(() => {
      database = undefined;
    });
    const transaction = (await database).transaction(this.#name, mode, { durability: 'strict' });
    const request = act(transaction.objectStore(this.#name));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result as R);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('marquee', 1); // throws, and so rejects, where there is none
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name, { keyPath: 'key' });
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}
