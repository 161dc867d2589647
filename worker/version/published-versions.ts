import { type Manifest, parseManifest } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { answerOfR2 } from './bucket.ts';

/** Versions that an answer names, the newest ones. */
const MOST = 20;
/** Milliseconds for which a list counts. */
const FRESH = 60_000;
const FOLDER = 'models/';

/**
 * Manifests of the newest published versions. An isolate lists R2 once a minute at most, and reads each manifest once:
 * the files of a version never change.
 */
export class PublishedVersions {
  readonly #now: () => number;
  #manifests = new Map<string, Manifest>();
  #list: Promise<Manifest[]> | undefined;
  #since = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The newest first. One whose manifest is missing or damaged is left out. Throws `store-unavailable`. */
  read(bucket: R2Bucket): Promise<readonly Manifest[]> {
    if (this.#list && this.#now() - this.#since < FRESH) return this.#list;
    this.#since = this.#now();
    this.#list = this.#readAll(bucket).catch((cause: unknown) => {
      this.#list = undefined;
      throw new MarqueeError('store-unavailable', 'the versions cannot be listed now', { fix: 'Try again.', cause });
    });
    return this.#list;
  }

  /** The next list is a new one: there is another version. */
  forget(): void {
    this.#list = undefined;
  }

  async #readAll(bucket: R2Bucket): Promise<Manifest[]> {
    const { delimitedPrefixes } = await answerOfR2(bucket.list({ prefix: FOLDER, delimiter: '/' }));
    const names = delimitedPrefixes.map((prefix) => prefix.slice(FOLDER.length, -1));
    const newest = names.sort().reverse().slice(0, MOST);
    const found = await Promise.all(newest.map((version) => this.#manifests.get(version) ?? read(bucket, version)));
    const manifests = found.filter((manifest) => manifest !== null);
    this.#manifests = new Map(manifests.map((manifest) => [manifest.version, manifest]));
    return manifests;
  }
}

async function read(bucket: R2Bucket, version: string): Promise<Manifest | null> {
  const object = await answerOfR2(bucket.get(artifactKey(version, FILES.manifest)));
  const text = await object?.text();
  try {
    return text === undefined ? null : parseManifest(text);
  } catch {
    return null; // `npm run models` says what is wrong with it
  }
}
