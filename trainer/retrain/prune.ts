import { versionsOf } from '../../shared/artifact/experiment.ts';
import { readPointer } from '../../shared/artifact/pointer.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { type Bucket, listObjects, type StoredObject } from '../../shared/storage/bucket.ts';

/** Milliseconds after which files without a manifest count as left by a killed publishing: none takes a day. */
const ABANDONED = 24 * 3600 * 1000;

/**
 * Deletes all versions except the newest `keep`, the one in service, the one before it and that of an experiment, and what
 * killed publishings left.
 * A version for which `mustGo` is true is deleted too, unless it is in service. A version's manifest is deleted first: a
 * half deleted version is then no version any more, and the next run deletes the rest.
 *
 * @param now milliseconds since the epoch
 * @returns the versions deleted, oldest first
 */
export async function pruneVersions(
  bucket: Bucket,
  keep: number,
  now: number,
  mustGo: (version: string) => Promise<boolean> = async () => false,
): Promise<string[]> {
  const versions = Map.groupBy(await listObjects(bucket, 'models/'), ({ key }) => key.split('/')[1]);
  const isWhole = ([version, objects]: [string, StoredObject[]]) =>
    objects.some(({ key }) => key === artifactKey(version, FILES.manifest));
  const whole = [...versions].filter(isWhole).map(([version]) => version);
  const [current, ...others] = await inService(bucket);
  const kept = new Set<string | null>([...whole.sort().reverse().slice(0, keep), current, ...others]);
  for (const version of whole) {
    if (kept.has(version) && version !== current && (await mustGo(version))) kept.delete(version);
  }
  const isAbandoned = (objects: readonly StoredObject[]) =>
    objects.every(({ uploaded }) => now - uploaded.getTime() > ABANDONED);
  const deleted: string[] = [];
  for (const [version, objects] of versions) {
    if (kept.has(version) || !(whole.includes(version) || isAbandoned(objects))) continue;
    const manifest = artifactKey(version, FILES.manifest);
    await bucket.delete([manifest]);
    const rest = objects.map(({ key }) => key).filter((key) => key !== manifest);
    if (rest.length > 0) await bucket.delete(rest);
    deleted.push(version);
  }
  return deleted.sort();
}

/** The version in service, the one that `rollback` returns to, and that of an experiment. */
async function inService(bucket: Bucket): Promise<[string | null, ...(string | null)[]]> {
  const pointer = await readPointer(bucket);
  if (pointer?.flaw) throw pointer.flaw;
  if (!pointer) return [null];
  const { version, previous, experiment } = pointer.current;
  return [version, previous, ...versionsOf(experiment?.arms ?? [])];
}
