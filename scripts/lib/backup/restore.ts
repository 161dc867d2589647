import { parseCurrent, parseManifest } from '../../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { requireFits } from '../../../shared/artifact/worker-memory.ts';
import { MarqueeError } from '../../../shared/errors.ts';
import { deletePerson } from '../../../shared/ratings/people.ts';
import { everyShard } from '../../../shared/ratings/shards.ts';
import { lastPerson, putBackPeople } from '../../../shared/ratings/tables/person.ts';
import { answerOf, type Database } from '../../../shared/storage/database.ts';
import type { LeaseSettings } from '../../../trainer/retrain/lease.ts';
import type { Bindings } from '../bindings.ts';
import { migrate } from '../migrations.ts';
import { withLease } from './backup.ts';
import { tableNames } from './dump.ts';
import { emptyDatabase, loadDatabase } from './load.ts';
import { type BackupDatabase, type BackupManifest, readBackup, readBackupFile } from './manifest.ts';
import { loadObjects, objectKeys } from './objects.ts';

export interface RestoreSettings {
  readonly folder: string;
  /** Whether what is there may be replaced. */
  readonly replace: boolean;
  readonly lease: LeaseSettings;
}

/** What a restore did besides. */
export interface Restored {
  readonly manifest: BackupManifest;
  /** People deleted after the backup was made, who were deleted again. */
  readonly deletedAgain: number;
}

/**
 * Ids that are passed over: those of people who came after the backup, whose cookies are still out, are never given to
 * anybody else. They end at 2,147,483,647, after ten thousand restores.
 */
const PASSED_OVER = 100_000;

/** Tables that a database without any data has rows in. */
const ALWAYS_FILLED = ['d1_migrations', 'store'];

/** Brings R2 and D1 to the state of a backup, which is checked whole before anything is changed. */
export async function restore(bindings: Bindings, settings: RestoreSettings): Promise<Restored> {
  const { folder, replace, lease } = settings;
  const manifest = await readBackup(folder);
  const parts: BackupDatabase[] = [manifest, ...manifest.further];
  await requireServableThere(folder, manifest, bindings.MODELS.workerBytes);
  return withLease(bindings, lease, async () => {
    const { MODELS, DB } = bindings;
    const bound = everyShard(DB).length;
    if (bound < parts.length) throw tooFew(parts.length, bound);
    const found = await contentsOf(bindings);
    if (found.length > 0 && !replace) throw notEmpty(found);
    const before = await peopleIn(DB);
    for (const [shard, db] of everyShard(DB).entries()) {
      if (parts[shard]) await loadDatabase(db, folder, parts[shard]);
      else await emptyDatabase(db);
    }
    await migrate(DB);
    await loadObjects(MODELS, folder, manifest);
    const deletedAgain = await keepPromises(DB, before);
    return { manifest, deletedAgain };
  });
}

/** Throws `out-of-memory` where a Worker has no room for the version in service of a backup. One that is damaged fits. */
async function requireServableThere(folder: string, { objects }: BackupManifest, most?: number): Promise<void> {
  const textOf = async (asked: string) => {
    const object = objects.find(({ key }) => key === asked);
    return object && new TextDecoder().decode(await readBackupFile(folder, object));
  };
  const current = await textOf(CURRENT_KEY);
  const version = current && versionNamed(current);
  const manifest = version && (await textOf(artifactKey(version, FILES.manifest)));
  if (manifest) requireFits(parseManifest(manifest), most);
}

function versionNamed(current: string): string | null {
  try {
    return parseCurrent(current).version;
  } catch {
    return null;
  }
}

/** What is there, in words. */
async function contentsOf({ MODELS, DB }: Bindings): Promise<string[]> {
  const found: string[] = [];
  const keys = await objectKeys(MODELS);
  if (keys.length > 0) found.push(`${keys.length} objects in R2`);
  for (const [shard, db] of everyShard(DB).entries()) {
    for (const name of await tableNames(db)) {
      if (ALWAYS_FILLED.includes(name)) continue;
      const { rows } = (await answerOf(db.prepare(`SELECT count(*) AS rows FROM ${name}`).first<{ rows: number }>()))!;
      if (rows > 0) found.push(`${rows} rows of ${name} in ${shard === 0 ? 'D1' : `DB_${shard}`}`);
    }
  }
  return found;
}

function tooFew(held: number, bound: number): MarqueeError {
  return new MarqueeError('bad-data', `the backup is of ${held} databases, and wrangler.toml binds ${bound}`, {
    fix: 'Add the others to wrangler.toml, DB_1 and so on. Nothing was changed.',
  });
}

function notEmpty(found: readonly string[]): MarqueeError {
  return new MarqueeError('bad-data', `there is something already: ${found.join(', ')}`, {
    fix:
      'Back that up first, then give --replace: all of it is replaced by the backup. The same goes on after a restore that ' +
      'broke off. After a restore of D1 alone: npm run heal, which loses nothing.',
  });
}

interface People {
  readonly last: number;
  readonly deleted: readonly { readonly userId: number; readonly deletedAt: number }[];
}

/** Who was deleted, and the last id that was given out; nobody where there are no tables yet. */
async function peopleIn(db: Database): Promise<People> {
  if (!(await tableNames(db)).includes('person')) return { last: 0, deleted: [] };
  const select = db.prepare(
    'SELECT user_id AS userId, deleted_at AS deletedAt FROM person WHERE deleted_at IS NOT NULL ORDER BY user_id',
  );
  const { results: deleted } = await answerOf(select.all<People['deleted'][number]>());
  return { last: await lastPerson(db), deleted };
}

/** Whoever was deleted stays deleted, and no id is given out twice. Returns how many were deleted again. */
async function keepPromises(db: Database, before: People): Promise<number> {
  const held = await peopleIn(db);
  const known = new Set(held.deleted.map(({ userId }) => userId));
  const again = before.deleted.filter(({ userId }) => !known.has(userId));
  for (const { userId, deletedAt } of again) await deletePerson(db, userId, deletedAt);
  await answerOf(db.batch(putBackPeople(db, [], Math.max(before.last, held.last + PASSED_OVER))));
  return again.length;
}
