import type { Send } from '../state/api.ts';
import type { CompactAnswer } from './start.ts';

/** Where this browser keeps the model. */
const NAME = 'marquee-private';
const ABOUT = '/compact';

/** Files that this page asked for: once more only where what is kept was no good. */
const asked = new Set<string>();

/** The model's files as they were fetched, so that the next page needs no network for them. */
export class KeptFiles {
  readonly #fetched: Send;
  readonly #cache: Cache | undefined;
  #about: Response | undefined;

  private constructor(fetched: Send, cache: Cache | undefined) {
    this.#fetched = fetched;
    this.#cache = cache;
  }

  /** Where a browser keeps nothing, as some do in private windows, all is fetched each time. */
  static async open(fetched: Send): Promise<KeptFiles> {
    const cache = await globalThis.caches?.open(NAME).catch(() => undefined);
    return new KeptFiles(fetched, cache);
  }

  send: Send = (path, init) => {
    if (path === ABOUT) return this.#newest();
    return path.startsWith(`${ABOUT}/`) ? this.#file(path) : this.#fetched(path, init);
  };

  /** Keeps the version that was asked for in the place of others: all that it takes is here. */
  async settle(): Promise<void> {
    const cache = this.#cache;
    if (!cache || !this.#about) return;
    const { manifest }: CompactAnswer = await this.#about.clone().json();
    await cache.put(ABOUT, this.#about).catch(() => undefined);
    const isOld = ({ url }: Request) => {
      const { pathname } = new URL(url);
      return pathname !== ABOUT && !pathname.startsWith(`${ABOUT}/${manifest.version}/`);
    };
    const kept = await cache.keys();
    await Promise.all(kept.filter(isOld).map((request) => cache.delete(request)));
  }

  /** What is in service; without the network, what was. */
  async #newest(): Promise<Response> {
    const kept = () => this.#cache?.match(ABOUT);
    const answer = await this.#fetched(ABOUT).catch(async (error: unknown) => {
      const known = await kept();
      if (known) return known;
      throw error;
    });
    if (answer.ok) this.#about = answer.clone();
    return answer.status >= 500 ? ((await kept()) ?? answer) : answer;
  }

  /** A file of a version never changes. */
  async #file(path: string): Promise<Response> {
    const kept = asked.has(path) ? undefined : await this.#cache?.match(path);
    asked.add(path);
    if (kept) return kept;
    const answer = await this.#fetched(path);
    if (answer.ok) await this.#cache?.put(path, answer.clone()).catch(() => undefined); // no room: fetched again
    return answer;
  }
}

export async function forgetFiles(): Promise<void> {
  await globalThis.caches?.delete(NAME).catch(() => false);
}
