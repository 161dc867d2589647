import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { MarqueeError } from '../../shared/errors.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { LEASE_KEY } from './store.ts';

const leaseSchema = z.object({
  /** Tells two runs of one holder apart, and makes every lease's etag its own. */
  id: z.string(),
  holder: z.string(),
  startedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

/** Who retrains, since when, and until when nobody else may. */
export type LeaseRecord = z.infer<typeof leaseSchema>;

export interface LeaseSettings {
  /** Who asks, for people to read: "host, process 123". */
  readonly holder: string;
  /** How long the lease lasts from the last step that the holder began. */
  readonly milliseconds: number;
  /** Now, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether a holder is known to be no more, so that its lease counts as expired. */
  readonly isGone?: (holder: string) => boolean;
}

/** The right to retrain. */
export interface Lease {
  /** Makes the lease last again as long. Throws `publish-conflict` when somebody took it over. */
  renew(): Promise<void>;
  /** Gives the lease back, unless it is somebody else's by now. */
  free(): Promise<void>;
}

/**
 * Takes the lease where nobody holds it, or where it expired. All writes are conditional on the object's etag: of two
 * runs that ask at the same moment one gets it.
 *
 * @returns the lease, or the record of who holds it
 */
export async function takeLease(
  bucket: Bucket,
  settings: LeaseSettings,
): Promise<{ lease: Lease } | { heldBy: LeaseRecord }> {
  const held = await readLease(bucket);
  if (held && !isStale(held.record, settings)) return { heldBy: held.record };
  const startedAt = new Date(settings.now()).toISOString();
  const own = { id: randomUUID(), holder: settings.holder, startedAt };
  const etag = await write(bucket, own, settings, held?.etag ?? null);
  if (etag !== null) return { lease: holding(bucket, own, settings, etag) };
  const winner = await readLease(bucket);
  if (winner) return { heldBy: winner.record };
  throw new MarqueeError('publish-conflict', 'somebody else took and freed the lease at the same moment', {
    fix: 'Run it again.',
  });
}

type Own = Omit<LeaseRecord, 'expiresAt'>;

function holding(bucket: Bucket, own: Own, settings: LeaseSettings, first: string): Lease {
  let etag = first;
  return {
    async renew() {
      const renewed = await write(bucket, own, settings, etag);
      if (renewed === null) {
        const holder = (await readLease(bucket))?.record.holder ?? 'nobody';
        throw new MarqueeError('publish-conflict', `the lease ran out and is ${holder}'s now`, {
          fix: 'Nothing was published. Give --lease-minutes more than the longest step takes.',
        });
      }
      etag = renewed;
    },
    async free() {
      if ((await readLease(bucket))?.record.id === own.id) await bucket.delete([LEASE_KEY]);
    },
  };
}

/** Writes the lease over the one with this etag (null: where there is none); null when it is no longer so. */
async function write(
  bucket: Bucket,
  own: Own,
  { now, milliseconds }: LeaseSettings,
  over: string | null,
): Promise<string | null> {
  const record: LeaseRecord = { ...own, expiresAt: new Date(now() + milliseconds).toISOString() };
  const onlyIf = over === null ? { etagDoesNotMatch: '*' } : { etagMatches: over };
  const written = (await bucket.put(LEASE_KEY, JSON.stringify(record), { onlyIf })) as { etag: string } | null;
  return written?.etag ?? null;
}

/** A record that nobody can read holds nobody off. */
function isStale(record: LeaseRecord, { now, isGone }: LeaseSettings): boolean {
  return now() >= Date.parse(record.expiresAt) || (isGone?.(record.holder) ?? false);
}

async function readLease(bucket: Bucket): Promise<{ record: LeaseRecord; etag: string } | null> {
  const object = await bucket.get(LEASE_KEY);
  if (!object) return null;
  const parsed = leaseSchema.safeParse(parseJson(await object.text()));
  if (parsed.success) return { record: parsed.data, etag: object.etag };
  const never = new Date(0).toISOString();
  return { record: { id: '', holder: 'nobody', startedAt: never, expiresAt: never }, etag: object.etag };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
