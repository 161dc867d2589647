import type { Bucket } from '../artifact/publish.ts';

/** The part of an R2 bucket that the nightly retrain uses beyond publishing; Cloudflare's binding satisfies it. */
export interface RetrainBucket extends Bucket {
  delete(keys: string[]): Promise<unknown>;
  list(options: { prefix: string; delimiter?: string; cursor?: string }): Promise<{
    readonly objects: readonly StoredObject[];
    readonly delimitedPrefixes: readonly string[];
    readonly truncated: boolean;
    readonly cursor?: string;
  }>;
}

export interface StoredObject {
  readonly key: string;
  readonly uploaded: Date;
}

/** Key of the lease in R2. */
export const LEASE_KEY = 'retrain/lease.json';
/** Key of the report of the last run that reached a decision. */
export const LAST_REPORT_KEY = 'retrain/last.json';
/** Name of a run's report, beside the files of the version that it published. */
export const REPORT_FILE = 'retrain.json';

/** Every object under a prefix, ascending by key. */
export async function objectsUnder(bucket: RetrainBucket, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix, cursor });
    found.push(...page.objects);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}
