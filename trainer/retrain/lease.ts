import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { MarqueeError } from '../../shared/errors.ts';
import { type Bucket, getObject, type ReadableObject } from '../../shared/storage/bucket.ts';
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
  /** Who takes the lease, for people to read: "host, process 123". */
  readonly holder: string;
  /** How long the lease lasts after the holder began its last step. */
  readonly milliseconds: number;
  /** Now, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether a holder is known to have ended, so that its lease counts as expired. */
  readonly isGone?: (holder: string) => boolean;
}

/** The right to retrain. */
export interface Lease {
  /** Restarts the lease's time. Throws `publish-conflict` when another holder took it over. */
  renew(): Promise<void>;
  /** Gives the lease back, unless another holder has it by now. */
  free(): Promise<void>;
}

/**
 * Takes the lease when it is free or expired. All writes are conditional on the object's etag, so that one of two runs
 * that ask at the same moment gets it.
 *
 * @returns the lease, or the record of its holder
 */
export async function takeLease(
  bucket: Bucket,
  settings: LeaseSettings,
): Promise<{ lease: Lease } | { heldBy: LeaseRecord }> {
  const present = await readLease(bucket);
  if (present && !isStale(present.record, settings)) return { heldBy: present.record };
  const startedAt = new Date(settings.now()).toISOString();
  const owner = { id: randomUUID(), holder: settings.holder, startedAt };
  const etag = await write(bucket, owner, settings, present?.etag ?? null);
  if (etag !== null) return { lease: leaseOf(bucket, owner, settings, etag) };
  const winner = await readLease(bucket);
  if (winner) return { heldBy: winner.record };
  throw new MarqueeError('publish-conflict', 'somebody else took and freed the lease at the same moment', {
    fix: 'Run it again.',
  });
}

type Owner = Omit<LeaseRecord, 'expiresAt'>;

function leaseOf(bucket: Bucket, owner: Owner, settings: LeaseSettings, first: string): Lease {
  let etag = first;
  return {
    async renew() {
      const renewed = await write(bucket, owner, settings, etag);
      if (renewed === null) {
        const holder = (await readLease(bucket))?.record.holder ?? 'nobody';
        throw new MarqueeError('publish-conflict', `the lease ran out and is ${holder}'s now`, {
          fix: 'Nothing was published. Give --lease-minutes more than the longest step takes.',
        });
      }
      etag = renewed;
    },
    async free() {
      if ((await readLease(bucket))?.record.id === owner.id) await bucket.delete([LEASE_KEY]);
    },
  };
}

/** Replaces the lease with this etag (null: there is none). Returns null when the stored lease is another one. */
async function write(
  bucket: Bucket,
  owner: Owner,
  { now, milliseconds }: LeaseSettings,
  replaced: string | null,
): Promise<string | null> {
  const record: LeaseRecord = { ...owner, expiresAt: new Date(now() + milliseconds).toISOString() };
  const onlyIf = replaced === null ? { etagDoesNotMatch: '*' } : { etagMatches: replaced };
  const written = (await bucket.put(LEASE_KEY, JSON.stringify(record), { onlyIf })) as { etag: string } | null;
  return written?.etag ?? null;
}

function isStale(record: LeaseRecord, { now, isGone }: LeaseSettings): boolean {
  return now() >= Date.parse(record.expiresAt) || (isGone?.(record.holder) ?? false);
}

async function readLease(bucket: Bucket): Promise<{ record: LeaseRecord; etag: string } | null> {
  const object = await getObject(bucket, LEASE_KEY);
  if (!object) return null;
  const parsed = leaseSchema.safeParse(await jsonOf(object));
  if (parsed.success) return { record: parsed.data, etag: object.etag };
  // A record that cannot be read keeps no run away.
  const never = new Date(0).toISOString();
  return { record: { id: '', holder: 'nobody', startedAt: never, expiresAt: never }, etag: object.etag };
}

async function jsonOf(object: ReadableObject): Promise<unknown> {
  try {
    return JSON.parse(await object.text());
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof MarqueeError && error.code === 'bad-artifact'))
      return undefined;
    throw error;
  }
}
