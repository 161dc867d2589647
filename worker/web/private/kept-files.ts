import { fileEntry, verifyFile } from '../../../shared/artifact/manifest.ts';
import type { Send } from '../state/api.ts';
import type { CompactAnswer } from './start.ts';

/** Where this browser keeps the model. */
const NAME = 'marquee-private';
const ABOUT = '/compact';
/** Milliseconds that the Worker may take to say what is in service, where what was is here. */
const PATIENCE = 2000;

/** The model's files as they were fetched, so that the next page needs no network for them. */
export class KeptFiles {
  readonly #fetched: Send;
  readonly #cache: Cache | undefined;
  #about: CompactAnswer | undefined;
  #missing = 0;

  private constructor(fetched: Send, cache: Cache | undefined) {
    this.#fetched = fetched;
    this.#cache = cache;
  }

  /** Where a browser keeps nothing, as some do in private windows, all is fetched each time. */
  static async open(fetched: Send): Promise<KeptFiles> {
    const cache = await globalThis.caches?.open(NAME).catch(() => undefined);
    return new KeptFiles(fetched, cache);
  }

  /** How many files the Worker did not have any more. */
  get missing(): number {
    return this.#missing;
  }

  send: Send = (path, init) => {
    if (path === ABOUT) return this.#newest();
    return path.startsWith(`${ABOUT}/`) ? this.#file(path) : this.#fetched(path, init);
  };

  /** Keeps the version that was asked for in the place of others: all that it takes is here. */
  async settle(): Promise<void> {
    const [cache, about] = [this.#cache, this.#about];
    if (!cache || !about) return;
    await cache.put(ABOUT, Response.json(about)).catch(() => undefined);
    const isOld = ({ url }: Request) => {
      const { pathname } = new URL(url);
      return pathname !== ABOUT && !pathname.startsWith(`${ABOUT}/${about.manifest.version}/`);
    };
    const kept = await cache.keys();
    await Promise.all(kept.filter(isOld).map((request) => cache.delete(request)));
  }

  /** What is in service; where the Worker does not say so in time, what was. */
  async #newest(): Promise<Response> {
    const kept = await this.#cache?.match(ABOUT);
    const asked = this.#fetched(ABOUT);
    const newest = kept ? await inTime(asked, kept) : await asked;
    if (newest.ok) this.#about = await newest.clone().json();
    return newest;
  }

  /** A file of a version never changes. */
  async #file(path: string): Promise<Response> {
    const kept = await this.#cache?.match(path);
    if (kept) return kept;
    const answer = await this.#fetched(path);
    if (answer.status === 404) this.#missing++;
    if (answer.ok) await this.#keep(path, answer.clone()).catch(() => undefined); // no room, or no good: fetched again
    return answer;
  }

  async #keep(path: string, answer: Response): Promise<void> {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    await verifyFile(bytes, fileEntry(this.#about!.manifest, path.split('/').at(-1)!));
    await this.#cache?.put(path, new Response(bytes));
  }
}

/** The answer; `kept` where none comes, or one of a server in trouble. */
async function inTime(asked: Promise<Response>, kept: Response): Promise<Response> {
  const late = new Promise<Response>((resolve) => setTimeout(resolve, PATIENCE, kept));
  const first = await Promise.race([asked.catch(() => kept), late]);
  return first.status >= 500 ? kept : first;
}

export async function forgetFiles(): Promise<void> {
  await globalThis.caches?.delete(NAME).catch(() => false);
}
