import type { Bindings } from '../env.ts';
import { withDeadline } from '../ratings/deadline.ts';
import type { ServedVersion } from './served-version.ts';

/** Milliseconds after which a load belongs to a request that was cancelled; after which a load that failed is tried again. */
const ABANDONED = 30_000;
const AGAIN = 60_000;

interface Loading {
  readonly since: number;
  readonly served: Promise<ServedVersion | undefined>;
}

interface Options {
  readonly open: (bucket: R2Bucket, version: string) => Promise<ServedVersion>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds for which a load keeps requests waiting. */
  readonly patience: number;
}

/**
 * A version beside the one in service, for an arm of an experiment. There is one at most: an isolate has room for two
 * versions, and the store lets go of this one before it loads another version to change over to.
 */
export class SecondVersion {
  readonly #options: Options;
  #wanted: string | null = null;
  #served: ServedVersion | undefined;
  #loading: Loading | undefined;
  #failure: { readonly at: number; readonly why: string } | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Lets go of any version but this one. @param version null: of all */
  keep(version: string | null): void {
    if (version === this.#wanted) return;
    this.#wanted = version;
    this.#served = undefined;
    this.#loading = undefined;
    this.#failure = undefined;
  }

  /** Lets go of its version, and waits until none is on its way into memory. */
  async release(): Promise<void> {
    const loading = this.#loading?.served;
    this.keep(null);
    await (loading && withDeadline(loading, ABANDONED).catch(() => undefined));
  }

  /** The version that is kept, once it is loaded; undefined where it cannot be had. */
  async get({ MODELS }: Bindings, background: Pick<ExecutionContext, 'waitUntil'>): Promise<ServedVersion | undefined> {
    if (this.#served || this.#wanted === null) return this.#served;
    const { now, patience } = this.#options;
    if (this.#failure && now() - this.#failure.at < AGAIN) return undefined;
    if (!this.#loading || now() - this.#loading.since >= ABANDONED) {
      this.#loading = { since: now(), served: this.#load(MODELS, this.#wanted) };
      background.waitUntil(this.#loading.served);
    }
    return withDeadline(this.#loading.served, patience).catch(() => undefined);
  }

  /** Why people of its arm get the version in service; null: they get theirs. */
  get warning(): string | null {
    return this.#failure ? `the experiment's version ${this.#wanted} cannot be loaded: ${this.#failure.why}` : null;
  }

  /** Leaves these movies out of every list. */
  hide(movieIds?: Iterable<number>): void {
    this.#served?.hide(movieIds);
  }

  /** Puts these movies first. */
  pin(movieIds?: readonly number[]): void {
    this.#served?.pin(movieIds);
  }

  /** Takes in what D1 says of films. */
  async take(films: Parameters<ServedVersion['take']>[0]): Promise<void> {
    await this.#served?.take(films);
  }

  /** Never rejects. */
  async #load(bucket: R2Bucket, version: string): Promise<ServedVersion | undefined> {
    try {
      const served = await this.#options.open(bucket, version);
      if (version !== this.#wanted) return undefined;
      this.#served = served;
      this.#failure = undefined;
      return served;
    } catch (error) {
      console.error(`model ${version} of an experiment refused:`, error);
      if (version === this.#wanted) this.#failure = { at: this.#options.now(), why: String((error as Error).message) };
      return undefined;
    } finally {
      if (version === this.#wanted) this.#loading = undefined;
    }
  }
}
