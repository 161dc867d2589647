import { type Manifest, sha256Hex } from '../../shared/artifact/manifest.ts';
import { partsIn } from '../../shared/artifact/parts.ts';
import { conflict, type Pointed, point, readPointer } from '../../shared/artifact/pointer.ts';
import { type Placed, putIntoService } from '../../shared/artifact/put-into-service.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { requireFits } from '../../shared/artifact/worker-memory.ts';
import { decodeMovies } from '../../shared/model/decode/catalogue.ts';
import type { MovieTable } from '../../shared/model/model.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Artifact } from './artifact.ts';
import { cut } from './cut.ts';
import {
  badArtifact,
  type Flaw,
  type Found,
  firstGood,
  hasManifest,
  readFile,
  readManifest,
  verifyVersion,
  versionNames,
} from './versions.ts';

/** A published version, as `npm run models` lists it. */
export interface PublishedModel {
  readonly version: string;
  readonly current: boolean;
  readonly manifest: Manifest;
}

/**
 * Puts an artifact into the bucket: its files, then the manifest that lists them, and last, unless it changed meanwhile,
 * current.json, which points at it. The bucket stores each file's hash, so that readers detect a damaged file without reading
 * it; current.json has the manifest's hash.
 *
 * A version's keys belong to it alone, so that readers of other versions are not disturbed. Publishing a version again
 * rewrites its files and makes it current. A damaged current.json is replaced and its previous version is lost.
 *
 * @param over the version that must be in service until then, null for none; by default any
 * @param parts into how many the catalogue is cut; by default as that of the version in service
 * @throws `publish-conflict` when current.json changed meanwhile; `store-unavailable` when there is no room;
 *   `out-of-memory` when a Worker would have none for it
 */
export async function publish(
  bucket: Bucket,
  artifact: Artifact,
  over?: string | null,
  parts?: number,
): Promise<Pointed> {
  const before = await readPointer(bucket);
  if (over !== undefined && (before?.current?.version ?? null) !== over) throw conflict();
  const { manifest, files } = cut(artifact, parts ?? (await partsInService(bucket, before?.current?.version)));
  requireFits(manifest, bucket.workerBytes);
  await bucket.requireRoom?.([...files.values()].reduce((sum, { length }) => sum + length, 0));
  for (const { name, sha256 } of manifest.files) {
    await bucket.put(artifactKey(manifest.version, name), files.get(name)!, { sha256 });
  }
  const manifestBytes = files.get(FILES.manifest)!;
  await bucket.put(artifactKey(manifest.version, FILES.manifest), manifestBytes);
  return point(bucket, before, manifest.version, await sha256Hex(manifestBytes));
}

/** None where that version cannot be read. */
async function partsInService(bucket: Bucket, version: string | undefined): Promise<number> {
  if (version === undefined) return 0;
  try {
    return partsIn((await readManifest(bucket, version)).manifest);
  } catch (error) {
    badArtifact(error);
    return 0;
  }
}

/**
 * `putIntoService` of a version whose every file is read and hashed. One that is named must fit into a Worker; the one
 * before did already.
 */
export function rollback(
  bucket: Bucket,
  version?: string,
  admit?: (version: string) => Promise<void>,
): Promise<Placed> {
  const verify = (name: string, sha256?: string) => verifyVersion(bucket, name, sha256);
  const admitFitting = async (target: string) => {
    if (version) requireFits((await readManifest(bucket, target)).manifest, bucket.workerBytes);
    await admit?.(target);
  };
  return putIntoService(bucket, { version, verify, admit: admitFitting });
}

/** The versions in the bucket, newest first, and the damaged ones. None is current when current.json is damaged. */
export async function publishedModels(bucket: Bucket): Promise<{ models: PublishedModel[]; damaged: Flaw[] }> {
  const pointer = await readPointer(bucket);
  const current = pointer?.current;
  const models: PublishedModel[] = [];
  const damaged: Flaw[] = pointer?.flaw ? [{ version: null, error: pointer.flaw }] : [];
  const names = new Set([...(await versionNames(bucket)), ...(current ? [current.version] : [])]);
  for (const version of [...names].sort().reverse()) {
    const inService = version === current?.version;
    if (!inService && !(await hasManifest(bucket, version))) continue;
    try {
      const { manifest } = await readManifest(bucket, version, inService ? current.manifestSha256 : undefined);
      models.push({ version, current: inService, manifest });
    } catch (error) {
      damaged.push({ version, error: badArtifact(error) });
    }
  }
  return { models, damaged };
}

/** The movies of the version in service, or of the last good version where that one is damaged. */
export function publishedMovies(bucket: Bucket): Promise<Found<MovieTable>> {
  return firstGood(bucket, async (version, sha256) => {
    const { manifest } = await readManifest(bucket, version, sha256);
    return decodeMovies(await readFile(bucket, manifest, FILES.movies), manifest);
  });
}

/**
 * The version to serve: the one in service if all of its files are right. Otherwise the last good version is put into
 * service. Null where there is none.
 */
export async function ensureServable(bucket: Bucket): Promise<{ version: string | null; flaws: readonly Flaw[] }> {
  const { found, flaws } = await firstGood(bucket, (version, sha256) => verifyVersion(bucket, version, sha256));
  const pointer = await readPointer(bucket);
  if (found && pointer?.current?.version !== found.version) await point(bucket, pointer, found.version, found.value);
  return { version: found?.version ?? null, flaws };
}

/** The version in service, null where there is none. Throws `bad-artifact` when current.json is damaged. */
export async function versionInService(bucket: Bucket): Promise<string | null> {
  const pointer = await readPointer(bucket);
  if (pointer?.flaw) throw pointer.flaw;
  return pointer?.current?.version ?? null;
}
