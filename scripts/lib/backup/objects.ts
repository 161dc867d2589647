import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { isMarkKey } from '../../../shared/ratings/store-mark.ts';
import { type Bucket, getObject, listObjects } from '../../../shared/storage/bucket.ts';
import { LEASE_KEY } from '../../../trainer/retrain/store.ts';
import { type BackupManifest, fileOf, readBackupFile } from './manifest.ts';

type BackupObject = BackupManifest['objects'][number];

/** Whether an object points at others. A backup reads it before them; a restore writes it after them, current.json last. */
function isPointer(key: string): boolean {
  return isMarkKey(key) || key === CURRENT_KEY;
}

function pointersAmong(keys: readonly string[]): string[] {
  return keys.filter(isPointer).sort((a, b) => Number(a === CURRENT_KEY) - Number(b === CURRENT_KEY));
}

/** Keys of everything that Marquee keeps, but for the right to retrain, which is a moment's. */
export async function objectKeys(bucket: Bucket): Promise<string[]> {
  return (await listObjects(bucket, '')).map(({ key }) => key).filter((key) => key !== LEASE_KEY);
}

/**
 * Copies a bucket into a folder. A publishing meanwhile is not in it; a version that current.json names is.
 *
 * @param only the version whose files are copied, of all versions; null for every one
 */
export async function dumpObjects(bucket: Bucket, folder: string, only: string | null): Promise<BackupObject[]> {
  const first = pointersAmong(await objectKeys(bucket));
  const pointers = await Promise.all(first.map(async (key) => copyOf(bucket, folder, key)));
  const objects = pointers.filter((object) => object !== null);
  for (const key of await objectKeys(bucket)) {
    if (isPointer(key) || (only && key.startsWith('models/') && !key.startsWith(`models/${only}/`))) continue;
    const object = await copyOf(bucket, folder, key);
    if (object) objects.push(object);
  }
  return objects;
}

/** null where the object is gone by now, as a replayed letter is: D1, which is read later, has what it held. */
async function copyOf(bucket: Bucket, folder: string, key: string): Promise<BackupObject | null> {
  const bytes = await (await getObject(bucket, key))?.bytes();
  if (!bytes) return null;
  const path = `r2/${key}`;
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
  return { key, ...fileOf(path, bytes) };
}

/**
 * Makes a bucket hold what a backup holds. Objects that point at others are written after them, and after newer parts of the
 * rating log are deleted. Versions that the backup lacks are deleted last, so that one is always in service.
 */
export async function loadObjects(bucket: Bucket, folder: string, { objects }: BackupManifest): Promise<void> {
  const keys = new Set(objects.map(({ key }) => key));
  const others = (await objectKeys(bucket)).filter((key) => !keys.has(key));
  const isModel = (key: string) => key.startsWith('models/');
  const put = async (object: BackupObject) => {
    await bucket.put(object.key, await readBackupFile(folder, object), { sha256: object.sha256 });
  };
  for (const object of objects) if (!isPointer(object.key)) await put(object);
  for (const key of others) if (!isModel(key)) await bucket.delete([key]);
  for (const pointer of pointersAmong([...keys]))
    for (const object of objects) if (object.key === pointer) await put(object);
  for (const key of others) if (isModel(key)) await bucket.delete([key]);
}
