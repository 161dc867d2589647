import { readdir, rm } from 'node:fs/promises';
import { readPointer } from '../../../shared/artifact/pointer.ts';
import { MarqueeError } from '../../../shared/errors.ts';
import { everyShard, requireRest } from '../../../shared/ratings/shards.ts';
import { readStore } from '../../../shared/ratings/tables/store.ts';
import { partialOf, writeWhole } from '../../../trainer/artifact/write-whole.ts';
import { type Lease, type LeaseSettings, takeLease } from '../../../trainer/retrain/lease.ts';
import type { Bindings } from '../bindings.ts';
import { dumpDatabase } from './dump.ts';
import { type BackupDatabase, type BackupManifest, readBackup, writeManifest } from './manifest.ts';
import { dumpObjects } from './objects.ts';

export interface BackupSettings {
  readonly folder: string;
  /** Leaves out versions that are not in service. */
  readonly onlyInService: boolean;
  readonly lease: LeaseSettings;
}

/**
 * Copies R2, then D1, into a new folder, which appears whole or not at all. No retrain or heal runs meanwhile; so D1 is not
 * older than R2's copy of its log, and the two go on together.
 */
export async function backUp({ MODELS, DB }: Bindings, settings: BackupSettings): Promise<BackupManifest> {
  const { folder, onlyInService } = settings;
  await requireNothing(folder);
  return withLease({ MODELS, DB }, settings.lease, async () => {
    await rm(partialOf(folder), { recursive: true, force: true });
    await writeWhole(folder, async (partial) => {
      const only = onlyInService ? ((await readPointer(MODELS))?.current?.version ?? null) : null;
      const objects = await dumpObjects(MODELS, partial, only);
      const before = await requireRest(DB);
      const databases: BackupDatabase[] = [];
      for (const [shard, db] of everyShard(DB).entries()) {
        const { id, epoch } = await readStore(db);
        databases.push({ store: { id, epoch }, ...(await dumpDatabase(db, partial, shard)) });
      }
      await requireRest(DB, before);
      const madeAt = new Date(settings.lease.now()).toISOString();
      const [first, ...further] = databases;
      await writeManifest(partial, { madeAt, ...first, further, objects });
      await readBackup(partial); // as it lies on the disk
    });
    return readBackup(folder);
  });
}

/** Holds the right to retrain during `work`. Throws `publish-conflict` when another program has it. */
export async function withLease<T>(
  { MODELS }: Bindings,
  settings: LeaseSettings,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const taken = await takeLease(MODELS, settings);
  if ('heldBy' in taken) {
    const { holder, startedAt } = taken.heldBy;
    throw new MarqueeError('publish-conflict', `${holder} retrains, heals or copies since ${startedAt}`, {
      fix: 'Run it again when that has ended; if it is dead, with --take-over.',
    });
  }
  try {
    return await work(taken.lease);
  } finally {
    await taken.lease.free();
  }
}

async function requireNothing(folder: string): Promise<void> {
  const present = await readdir(folder).catch(() => null);
  if (present === null) return;
  throw new MarqueeError('bad-data', `${folder} is there already`, {
    fix: 'Name a new folder: a backup is never written over another.',
  });
}
