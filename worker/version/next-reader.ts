import type { NextModel } from '../../shared/model/model.ts';
import type { ServedModel } from '../wasm/served-model.ts';
import { readNext } from './loader.ts';

/** A read that took longer belongs to a request that was cancelled, milliseconds. */
const ABANDONED = 30_000;

/** What a read goes on with when its request is done. */
type Background = Pick<ExecutionContext, 'waitUntil'>;

/** What people watch next, by one version: read when it is first asked for, then kept as long as the version. */
export class NextReader {
  readonly #model: ServedModel;
  #kept: NextModel | undefined;
  /** The read under way: requests that come meanwhile share it. */
  #pending: { readonly next: Promise<NextModel>; readonly since: number } | undefined;

  constructor(model: ServedModel) {
    this.#model = model;
  }

  /**
   * A read that fails is tried again by the next request. Throws as `readNext`.
   *
   * @param now milliseconds since the epoch
   */
  async read(bucket: R2Bucket, background: Background, now: number): Promise<NextModel> {
    if (this.#kept) return this.#kept;
    if (this.#pending && now - this.#pending.since < ABANDONED) return this.#pending.next;
    const pending = { next: readNext(bucket, this.#model), since: now };
    this.#pending = pending;
    const settled = pending.next.then(
      (next) => {
        this.#kept = next;
      },
      () => undefined,
    );
    background.waitUntil(
      settled.finally(() => {
        if (this.#pending === pending) this.#pending = undefined;
      }),
    );
    return pending.next;
  }
}
