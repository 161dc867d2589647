import { fileEntry, type Manifest } from '../../shared/artifact/manifest.ts';
import { FILES, LARGEST_NEXT } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeNext } from '../../shared/model/decode/next.ts';
import type { NextModel } from '../../shared/model/model.ts';
import type { ServedModel } from '../wasm/served-model.ts';
import { decoded, hasFile, readWhole } from './read-file.ts';

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

/**
 * What people watch next, checked and decoded. Throws `bad-artifact`; `bad-parameter` where the version lacks it, or too
 * much of it is there: only `by=next` asks.
 */
async function readNext(bucket: R2Bucket, model: ServedModel): Promise<NextModel> {
  const { manifest } = model;
  if (!hasFile(manifest, FILES.next)) throw noNext(manifest, `was trained without ${FILES.next}`);
  const { bytes: size } = fileEntry(manifest, FILES.next);
  if (size > LARGEST_NEXT)
    throw noNext(manifest, `has ${size} bytes of ${FILES.next}, at most ${LARGEST_NEXT} are read`);
  const bytes = await readWhole(bucket, manifest, FILES.next);
  return decoded(manifest.version, () => decodeNext(bytes, model));
}

function noNext({ version }: Manifest, why: string): MarqueeError {
  return new MarqueeError('bad-parameter', `by: got next, but version ${version} ${why}`, {
    fix: 'Ask by relevance or rating; or train a version with this release: npm run train, then npm run publish.',
    details: { parameter: 'by', got: 'next', expected: 'relevance or rating' },
  });
}
