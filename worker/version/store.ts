import { type Current, parseCurrent } from '../../shared/artifact/manifest.ts';
import { CURRENT_KEY } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { type Bindings, partsOf } from '../env.ts';
import type { Metrics } from '../observe/metrics.ts';
import { withDeadline } from '../ratings/deadline.ts';
import type { Parts } from '../wasm/part-service.ts';
import type { AddedFilms } from './added-films.ts';
import { timeToLive } from './age.ts';
import { answerOfR2, bytesOf } from './bucket.ts';
import { loadVersion } from './loader.ts';
import { SecondVersion } from './second-version.ts';
import { ServedVersion } from './served-version.ts';
import { inferTaste, NOBODY } from './taste-of.ts';

/** A load that took longer belongs to a request that was cancelled. */
const ABANDONED = 30_000;
/** The share of the TTL after which a look begins in the background. */
const AHEAD = 0.5;
/** Requests that have a version to answer from wait no longer for a look. R2 answers within a fraction of it. */
const LOOK_PATIENCE = 5_000;
const LONGEST_BACKOFF = 300_000;

/** Why the newest version is not the one in service. */
export interface Trouble {
  /** The version refused; null when current.json itself could not be read. */
  readonly version: string | null;
  readonly error: MarqueeError;
  readonly at: Date;
  readonly attempts: number;
}

type Background = Pick<ExecutionContext, 'waitUntil'>;

/** A look at current.json that is under way. */
interface Look {
  done: Promise<void>;
  /** When it began, in milliseconds. */
  readonly since: number;
}

export interface ModelStoreOptions {
  /** The compiled scorer. */
  readonly kernel: WebAssembly.Module;
  readonly films: AddedFilms;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds that a look at current.json, with the loading that follows, may keep requests waiting. */
  readonly patience?: number;
  /** Hears of loads and of uses of caches. */
  readonly watch?: Pick<Metrics, 'loaded' | 'used'>;
}

/**
 * Keeps the version in service. A request that finds the last look at current.json older than the TTL waits for the next
 * one, and for the version that it loads: once a pointer is older than the TTL, everybody is answered by what it names.
 * A look begins in the background after half of the TTL already, so that requests of a busy isolate do not wait. A slow R2
 * keeps nobody waiting beyond `patience`; then the version in memory
 * answers, and nobody waits at all until a look is in time again.
 *
 * A version that fails is never served: the last good one stays, and the bad one is tried again after 2, 4, 8 … TTLs, at
 * most five minutes.
 */
export class ModelStore {
  readonly #kernel: WebAssembly.Module;
  readonly #films: AddedFilms;
  readonly #now: () => number;
  readonly #patience: number;
  readonly #watch: ModelStoreOptions['watch'];
  #served: ServedVersion | undefined;
  /** The version that a look at current.json loads, once it is listable; undefined when the look loads none. */
  #listable = Promise.withResolvers<ServedVersion | undefined>();
  #pointer: { current: Current; etag: string } | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #pending: Look | undefined;
  /** Whether a look took longer than `patience`, and none has been in time since. */
  #isLate = false;
  #trouble: Trouble | undefined;
  readonly #second: SecondVersion;
  #changesOver = false;
  /** Whether what was read of films was not taken in. */
  #mustTake = false;
  /** Of this Worker's bindings, which never change. */
  #parts: Parts | undefined;

  constructor({ kernel, films, now = Date.now, patience = LOOK_PATIENCE, watch }: ModelStoreOptions) {
    this.#kernel = kernel;
    this.#films = films;
    this.#now = now;
    this.#patience = patience;
    this.#watch = watch;
    this.#second = new SecondVersion({ open: (...named) => this.#openBeside(...named), now, patience });
  }

  /** The version in service. Throws what keeps it from loading when there is none. */
  async get(env: Bindings, background: Background): Promise<ServedVersion> {
    const pending = this.#refresh(env, background);
    if (this.#served === undefined) await pending?.done;
    else if (pending && this.#age() >= timeToLive(env)) await this.#untilLooked(pending);
    if (this.#served === undefined) throw this.#trouble?.error ?? noModel();
    return this.#served;
  }

  /** The version in service. In a fresh isolate, which has none: the one that it loads, as soon as it is listable. */
  async getListable(env: Bindings, background: Background): Promise<ServedVersion> {
    const pending = this.#refresh(env, background);
    // Not a race with `pending`: what still waits when its request is done makes workerd warn.
    const listable = pending && !this.#served ? await this.#listable.promise : undefined;
    return listable ?? this.get(env, background);
  }

  /** The version in service now, without waiting, and why a newer one is not. */
  state(): { version: ServedVersion | undefined; trouble: Trouble | undefined; warning?: string | null } {
    return { version: this.#served, trouble: this.#trouble, warning: this.#second.warning };
  }

  /** current.json, as it was last read. */
  current(): Current | undefined {
    return this.#pointer?.current;
  }

  /**
   * A version beside the one in service, which an arm of the experiment names; undefined where it cannot be had, and while
   * the version in service changes over, since three versions have no room.
   */
  async beside(env: Bindings, background: Background, version: string): Promise<ServedVersion | undefined> {
    if (this.#changesOver) return undefined;
    this.#second.keep(version);
    return this.#second.get(env, background);
  }

  /** Lets the version in service take in what was read of films. Where a part does not answer, the next look tries again. */
  async takeFilms(): Promise<void> {
    const { all } = this.#films;
    try {
      await Promise.all([this.#served?.take(all), this.#second.take(all)]);
      this.#mustTake = false;
    } catch (error) {
      this.#mustTake = true;
      console.error('answering with the films of before:', error);
    }
  }

  /** Starts a look at current.json when one is due; one at a time. */
  #refresh(env: Bindings, background: Background): Look | undefined {
    const now = this.#now();
    if (this.#pending && now - this.#pending.since < ABANDONED) return this.#pending;
    if (this.#age() < timeToLive(env) * (this.#served ? AHEAD : 1)) return undefined;
    this.#parts ??= partsOf(env);
    this.#listable = Promise.withResolvers();
    const pending = { done: this.#follow(env, background), since: now };
    pending.done = pending.done.finally(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
    this.#pending = pending;
    background.waitUntil(pending.done);
    return pending;
  }

  /** Milliseconds since the last look began. Without end where the clock was set back since then. */
  #age(): number {
    const age = this.#now() - this.#checkedAt;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }

  async #untilLooked({ done, since }: Look): Promise<void> {
    const left = this.#isLate ? 0 : Math.min(this.#patience, since + this.#patience - this.#now());
    if (left <= 0) return;
    await withDeadline(done, left).catch(() => {
      this.#isLate = true; // a look never rejects, so that only the deadline does
    });
  }

  /** Reads current.json and loads the version that it names. Never rejects: failures become trouble. */
  async #follow(env: Bindings, background: Background): Promise<void> {
    const since = this.#now();
    let at = since; // what is published while a version loads is not seen yet
    try {
      await this.#readPointer(env.MODELS);
      const current = this.#pointer?.current;
      const films = current?.films ? this.#films.look(env.DB, this.#patience) : false;
      if (current) await this.#load(env, current, background);
      if ((await films) || this.#mustTake) await this.takeFilms();
    } catch (error) {
      this.#fail(null, error);
      at = this.#now();
    } finally {
      this.#checkedAt = at;
      if (this.#now() - since < this.#patience) this.#isLate = false;
      this.#listable.resolve(undefined);
    }
  }

  async #readPointer(bucket: R2Bucket): Promise<void> {
    const known = this.#pointer?.etag;
    const unless = known ? { onlyIf: { etagDoesNotMatch: known } } : {};
    const object = await answerOfR2(bucket.get(CURRENT_KEY, unless));
    if (object === null) throw noModel();
    if (!('body' in object) || !object.body) return; // unchanged
    const current = parseCurrent(new TextDecoder().decode(await bytesOf(object, CURRENT_KEY)));
    this.#pointer = { current, etag: object.etag };
    this.#served?.hide(current.hidden);
    this.#served?.pin(current.pinned);
    this.#second.hide(current.hidden);
    this.#second.pin(current.pinned);
    if (!current.experiment) this.#second.keep(null);
  }

  async #load(env: Bindings, { version, previous, manifestSha256 }: Current, background: Background): Promise<void> {
    if (this.#served?.version === version) {
      this.#trouble = undefined;
      return;
    }
    if (this.#trouble?.version === version && !this.#mayRetry(this.#trouble, timeToLive(env))) return;
    try {
      this.#changesOver = this.#served !== undefined;
      await this.#second.release();
      const opened = await this.#open(env.MODELS, version, manifestSha256);
      if (this.#served) await opened.checked;
      else background.waitUntil(this.#check(env.MODELS, opened, previous));
      this.#served = opened;
      this.#trouble = undefined;
    } catch (error) {
      this.#fail(version, error);
      await this.#second.release();
      this.#served ??= await this.#openEarlier(env.MODELS, previous);
    } finally {
      this.#changesOver = false;
    }
  }

  /** Hashes the first version of a fresh isolate after its first answers. The one before it replaces a damaged one. */
  async #check(bucket: R2Bucket, first: ServedVersion, previous: string | null): Promise<void> {
    try {
      await first.checked;
    } catch (error) {
      this.#fail(first.version, error);
      this.#changesOver = true;
      await this.#second.release();
      const earlier = await this.#openEarlier(bucket, previous);
      if (this.#served === first) this.#served = earlier;
      this.#changesOver = false;
    }
  }

  /** The version before, where it is good. A fresh isolate has no last good one in memory; current.json names it. */
  async #openEarlier(bucket: R2Bucket, version: string | null): Promise<ServedVersion | undefined> {
    if (version === null) return undefined;
    try {
      const opened = await this.#open(bucket, version);
      await opened.checked;
      return opened;
    } catch {
      return undefined;
    }
  }

  #around() {
    const { hidden, pinned } = this.#pointer?.current ?? {};
    return { loadedAt: new Date(this.#now()), hidden, pinned, films: this.#films.all };
  }

  /** A version for an arm: whole and hashed. */
  async #openBeside(bucket: R2Bucket, version: string): Promise<ServedVersion> {
    const loaded = await loadVersion(bucket, version, this.#kernel, undefined, this.#parts);
    const served = new ServedVersion(loaded, this.#around());
    await served.complete;
    await served.recommender.requireSane(inferTaste(served, NOBODY).vectors);
    await served.checked;
    return served;
  }

  async #open(bucket: R2Bucket, version: string, manifestSha256?: string): Promise<ServedVersion> {
    const since = this.#now();
    let result: 'loaded' | 'refused' = 'refused';
    try {
      const opened = await this.#openWhole(bucket, version, manifestSha256);
      result = 'loaded';
      return opened;
    } finally {
      this.#watch?.loaded(result, this.#now() - since);
    }
  }

  async #openWhole(bucket: R2Bucket, version: string, manifestSha256?: string): Promise<ServedVersion> {
    const loaded = await loadVersion(bucket, version, this.#kernel, manifestSha256, this.#parts);
    const served = new ServedVersion(loaded, { ...this.#around(), watch: this.#watch });
    this.#listable.resolve(served);
    try {
      await served.complete;
      await served.recommender.requireSane(inferTaste(served, NOBODY).vectors);
    } catch (error) {
      this.#listable = Promise.withResolvers();
      throw error;
    }
    return served;
  }

  #mayRetry({ at, attempts }: Trouble, ttl: number): boolean {
    const passed = Math.abs(this.#now() - at.getTime()); // also where the clock was set back
    return passed >= Math.min(LONGEST_BACKOFF, ttl * 2 ** attempts);
  }

  #fail(version: string | null, cause: unknown): void {
    console.error(`model ${version ?? CURRENT_KEY} refused:`, cause);
    const error =
      cause instanceof MarqueeError
        ? cause
        : new MarqueeError('store-unavailable', `R2 did not answer: ${String(cause)}`, { cause });
    const attempts = this.#trouble?.version === version ? this.#trouble.attempts + 1 : 1;
    this.#trouble = { version, error, at: new Date(this.#now()), attempts };
  }
}

function noModel(): MarqueeError {
  return new MarqueeError('no-model', `no model is published: the bucket has no ${CURRENT_KEY}`, {
    fix: 'Train one and publish it: npm run train, then npm run publish.',
  });
}
