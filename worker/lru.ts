/** A cache of values by key. Keeps the values used last, as many as fit into `room` together. */
export class Lru<K, V> {
  readonly #room: number;
  readonly #sizeOf: (value: V) => number;
  readonly #kept = new Map<K, V>(); // ordered by use, the last one at the end
  #size = 0;

  constructor(room: number, sizeOf: (value: V) => number) {
    this.#room = room;
    this.#sizeOf = sizeOf;
  }

  get(key: K): V | undefined {
    const value = this.#kept.get(key);
    if (value !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.#drop(key);
    this.#kept.set(key, value);
    this.#size += this.#sizeOf(value);
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#room) break;
      this.#drop(oldest);
    }
  }

  #drop(key: K): void {
    const value = this.#kept.get(key);
    if (value === undefined) return;
    this.#size -= this.#sizeOf(value);
    this.#kept.delete(key);
  }
}
