import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../shared/storage/database.ts';
import { RatingReader } from '../../../worker/ratings/reader.ts';

// The reader lets the next query leave when one is slow: time passes only where a test says so.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store that answers a query when it is told to, with a rating of `stars(user)` and marks by each user who has one. */
class HeldStore {
  /** Users of every query so far. */
  readonly asked: number[][] = [];
  readonly #held: (() => void)[] = [];
  stars = (userId: number): number | null => 1 + (userId % 5);
  marks = '[]';

  readonly db = {
    prepare: () => ({
      bind: (json: string) => ({
        raw: () => {
          const users: number[] = JSON.parse(json);
          this.asked.push(users);
          // A query sees the ratings at the time it is sent.
          const rows = users.flatMap((user) => {
            const stars = this.stars(user);
            return stars === null ? [] : [[user, `[[7,${2 * stars},100]]`, this.marks]];
          });
          return new Promise((resolve, reject) => {
            this.#held.push(() => (this.fails ? reject(new Error('no database')) : resolve(rows)));
          });
        },
      }),
    }),
  } as unknown as Database;
  fails = false;

  /** Leaves the oldest `count` open queries without an answer. */
  forget(count: number): void {
    this.#held.splice(0, count);
  }

  /** Answers the oldest open query, and lets those who waited go on. */
  async answer(): Promise<void> {
    this.#held.shift()!();
    await vi.advanceTimersByTimeAsync(0);
  }
}

const context = { waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined) };
const LONG = 10_000;

function setUp(timeout = LONG) {
  const store = new HeldStore();
  const reader = new RatingReader(timeout);
  const read = async (userId: number) => (await reader.read(store.db, userId, context)).ratings[0]?.rating;
  return { store, reader, read };
}

describe('a reader of ratings', () => {
  it('the reader queries at once for the first request, and by one next query for all that come meanwhile', async () => {
    const { store, read } = setUp();
    const answers = [1, 2, 3, 4, 5].map(read);
    expect(store.asked).toEqual([[1], [2]]);
    await store.answer();
    expect(store.asked).toEqual([[1], [2], [3, 4, 5]]);
    const late = read(6);
    await store.answer();
    expect(store.asked.at(-1)).toEqual([6]);
    await store.answer();
    await store.answer();
    expect(await Promise.all([...answers, late])).toEqual([2, 3, 4, 5, 1, 2]);
  });

  it('the reader never answers by a query that was sent before the request', async () => {
    const { store, read } = setUp();
    const early = [read(3), read(3)];
    store.stars = () => 5;
    const late = read(3);
    for (let k = 0; k < 3; k++) await store.answer();
    expect(await Promise.all(early)).toEqual([4, 4]);
    expect(await late).toBe(5);
  });

  it('the reader returns the same list while nothing changes, and another one when something does', async () => {
    const { store, reader } = setUp();
    const list = async (userId: number) => {
      const reading = reader.read(store.db, userId, context);
      await store.answer();
      return (await reading).ratings;
    };
    const before = await list(3);
    expect(before).toEqual([{ movieId: 7, rating: 4, timestamp: 100 }]);
    expect(await list(3)).toBe(before);
    expect(await list(8)).not.toBe(before); // equal ratings of another user
    store.marks = '[[9,"seen",200]]';
    expect(await list(3)).toBe(before);
    const reading = reader.read(store.db, 3, context);
    await store.answer();
    expect((await reading).marks).toEqual([{ movieId: 9, mark: 'seen', timestamp: 200 }]);
    store.stars = () => 5;
    expect(await list(3)).toEqual([{ movieId: 7, rating: 5, timestamp: 100 }]);
    store.stars = () => null;
    expect(await list(3)).toEqual([]);
  });

  it('the reader takes several queries for more users than one may have', async () => {
    const { store, read } = setUp();
    const answers = Array.from({ length: 72 }, (_, userId) => read(userId));
    while (store.asked.flat().length < 72) await store.answer();
    for (let k = 0; k < 2; k++) await store.answer();
    expect(store.asked.map((users) => users.length)).toEqual([1, 1, 32, 32, 6]);
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 72 }, (_, userId) => 1 + (userId % 5)));
  });

  it('a failed query of the reader fails all requests that shared it, and no later ones', async () => {
    const { store, read } = setUp();
    const answers = Promise.allSettled([1, 2, 3, 4].map(read));
    store.fails = true;
    for (let k = 0; k < 3; k++) await store.answer();
    for (const answer of await answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'store-unavailable' } });
    }
    store.fails = false;
    const next = read(5);
    await store.answer();
    expect(await next).toBe(1);
  });

  it('waits for a store that does not answer as long as it may, and lets others ask meanwhile', async () => {
    const { store, read } = setUp(200);
    const silent = Promise.allSettled([1, 2, 3].map(read));
    await vi.advanceTimersByTimeAsync(50);
    expect(store.asked).toEqual([[1], [2], [3]]);
    const next = read(4);
    await vi.advanceTimersByTimeAsync(50);
    expect(store.asked.at(-1)).toEqual([4]);
    store.forget(3);
    await store.answer();
    expect(await next).toBe(5);
    await vi.advanceTimersByTimeAsync(100);
    for (const answer of await silent) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'store-unavailable' } });
    }
  });

  it('waits a short time only for a store that left a query without an answer, until it answers one', async () => {
    const { store, reader, read } = setUp(2000);
    const outcome = (userId: number) => read(userId).catch(({ code }) => code);
    const first = outcome(1);
    await vi.advanceTimersByTimeAsync(1999);
    expect(reader.timeout).toBe(2000);
    await vi.advanceTimersByTimeAsync(21);
    expect(await first).toBe('store-unavailable');
    expect(reader.timeout).toBe(200);
    const next = outcome(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(await next).toBe('store-unavailable');
    store.forget(1);
    await store.answer(); // of the second request: too late for it, in time for those to come
    expect(reader.timeout).toBe(2000);
    const last = outcome(3);
    await vi.advanceTimersByTimeAsync(1500);
    await store.answer();
    expect(await last).toBe(4);
  });
});
