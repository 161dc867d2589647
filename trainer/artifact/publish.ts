import { changeHidden, type HiddenChange, readHidden } from '../../shared/artifact/hidden-movies.ts';
import {
  type Current,
  fileEntry,
  type Manifest,
  parseCurrent,
  parseManifest,
  sha256Hex,
  verifyFile,
} from '../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeMovies } from '../../shared/model/decode.ts';
import type { MovieTable } from '../../shared/model/model.ts';
import { type Bucket, listFolders } from '../../shared/storage/bucket.ts';
import type { Artifact } from './artifact.ts';

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
 * @throws `publish-conflict` when current.json changed meanwhile
 */
export async function publish(bucket: Bucket, { manifest, files }: Artifact, over?: string | null): Promise<Current> {
  const before = await readPointer(bucket);
  if (over !== undefined && (before?.current?.version ?? null) !== over) throw conflict();
  for (const { name, sha256 } of manifest.files) {
    await bucket.put(artifactKey(manifest.version, name), files.get(name)!, { sha256 });
  }
  const manifestBytes = files.get(FILES.manifest)!;
  await bucket.put(artifactKey(manifest.version, FILES.manifest), manifestBytes);
  return point(bucket, before, manifest.version, await sha256Hex(manifestBytes));
}

/**
 * Points current.json at an earlier version: the one named, or the one that was in service before.
 *
 * @throws `unknown-version` when the bucket lacks it, `no-model` when nothing was published, `bad-artifact` when its manifest
 *   is damaged, or when current.json is damaged and no version was named
 */
export async function rollback(bucket: Bucket, version?: string): Promise<Current> {
  const before = await readPointer(bucket);
  if (!before)
    throw new MarqueeError('no-model', 'nothing was published yet', {
      fix: 'Run `npm run publish -- --model DIR` first.',
    });
  const target = version ?? (await readCurrent(bucket))?.previous;
  if (!target) {
    throw new MarqueeError('unknown-version', `there is no version before ${before.current?.version}`, {
      fix: '`npm run models` lists the versions; name one.',
    });
  }
  if (!(await bucket.get(artifactKey(target, FILES.manifest)))) {
    const known = (await versions(bucket)).join(', ');
    throw new MarqueeError('unknown-version', `the bucket holds no version ${target}`, {
      fix: `It holds ${known || 'none'}.`,
    });
  }
  return point(bucket, before, target, await sha256Hex((await readManifest(bucket, target)).bytes));
}

/**
 * Hides movies from everybody or shows them again, in the version in service and in every later one. Without a change it
 * only reads.
 *
 * @returns ids of all hidden movies, ascending
 * @throws `bad-artifact` when the list cannot be read; `publish-conflict` when somebody else published or hid meanwhile
 */
export async function hideMovies(bucket: Bucket, change: HiddenChange): Promise<number[]> {
  if (change.hide.length + change.show.length === 0 && !change.anew) return (await readHidden(bucket)).movieIds;
  const hidden = await changeHidden(bucket, change);
  const before = await readPointer(bucket);
  // Where current.json is missing or damaged, the next publishing takes the list in.
  if (before?.current)
    await write(bucket, before, { ...before.current, hidden: hidden.length > 0 ? hidden : undefined });
  return hidden;
}

/** Every version in the bucket, newest first. None is current when current.json is damaged. */
export async function publishedModels(bucket: Bucket): Promise<PublishedModel[]> {
  const current = (await readPointer(bucket))?.current?.version;
  const models: PublishedModel[] = [];
  for (const version of (await versions(bucket)).reverse()) {
    const manifest = await bucket.get(artifactKey(version, FILES.manifest));
    if (manifest)
      models.push({ version, current: version === current, manifest: parseManifest(await manifest.text()) });
  }
  return models;
}

/** The movies of the version in service, null where there is none. Throws `bad-artifact` when they are damaged. */
export async function publishedMovies(bucket: Bucket): Promise<MovieTable | null> {
  const version = await versionInService(bucket);
  if (version === null) return null;
  const { manifest } = await readManifest(bucket, version);
  return decodeMovies(await readFile(bucket, manifest, FILES.movies), manifest);
}

/** The version in service, null where there is none. Throws `bad-artifact` when current.json is damaged. */
export async function versionInService(bucket: Bucket): Promise<string | null> {
  return (await readCurrent(bucket))?.version ?? null;
}

/** A published version with every file checked. Throws `bad-artifact` when a file is not what the manifest says. */
export async function publishedArtifact(bucket: Bucket, version: string): Promise<Artifact> {
  const { manifest, bytes } = await readManifest(bucket, version);
  const files = new Map([[FILES.manifest as string, bytes]]);
  for (const { name } of manifest.files) files.set(name, await readFile(bucket, manifest, name));
  return { manifest, files };
}

type Bytes = Uint8Array<ArrayBuffer>;

async function readManifest(bucket: Bucket, version: string): Promise<{ manifest: Manifest; bytes: Bytes }> {
  const bytes = await readObject(bucket, artifactKey(version, FILES.manifest));
  return { manifest: parseManifest(new TextDecoder().decode(bytes)), bytes };
}

async function readFile(bucket: Bucket, manifest: Manifest, name: string): Promise<Bytes> {
  const bytes = await readObject(bucket, artifactKey(manifest.version, name));
  await verifyFile(bytes, fileEntry(manifest, name));
  return bytes;
}

async function readObject(bucket: Bucket, key: string): Promise<Bytes> {
  const object = await bucket.get(key);
  if (object) return new Uint8Array(await object.arrayBuffer());
  throw new MarqueeError('bad-artifact', `${key} does not exist`);
}

/** current.json as the bucket has it; `current` is null where it is damaged. */
interface Pointer {
  readonly current: Current | null;
  readonly etag: string;
}

async function readPointer(bucket: Bucket): Promise<Pointer | null> {
  const object = await bucket.get(CURRENT_KEY);
  if (!object) return null;
  const text = await object.text();
  try {
    return { current: parseCurrent(text), etag: object.etag };
  } catch {
    return { current: null, etag: object.etag };
  }
}

async function readCurrent(bucket: Bucket): Promise<Current | null> {
  const object = await bucket.get(CURRENT_KEY);
  try {
    return object && parseCurrent(await object.text());
  } catch (error) {
    throw new MarqueeError('bad-artifact', (error as Error).message, {
      fix: '`npm run models` lists the versions; `npm run rollback -- VERSION` puts one into service.',
    });
  }
}

async function point(
  bucket: Bucket,
  before: Pointer | null,
  version: string,
  manifestSha256: string,
): Promise<Current> {
  const earlier = before?.current;
  const previous = !earlier || earlier.version === version ? (earlier?.previous ?? null) : earlier.version;
  const hidden = await hiddenIn(bucket, earlier?.hidden);
  return write(bucket, before, { version, previous, publishedAt: new Date().toISOString(), manifestSha256, hidden });
}

/** The movies that a new current.json hides; those of the one before where the list itself is damaged. */
async function hiddenIn(bucket: Bucket, otherwise: number[] | undefined): Promise<number[] | undefined> {
  try {
    const { movieIds } = await readHidden(bucket);
    return movieIds.length > 0 ? movieIds : undefined;
  } catch (error) {
    if (error instanceof MarqueeError) return otherwise;
    throw error;
  }
}

/** Writes current.json, unless it changed meanwhile: `publish-conflict`. */
async function write(bucket: Bucket, before: Pointer | null, current: Current): Promise<Current> {
  const onlyIf = before ? { etagMatches: before.etag } : { etagDoesNotMatch: '*' };
  const written = await bucket.put(CURRENT_KEY, JSON.stringify(current), { onlyIf });
  if (written === null) throw conflict();
  return current;
}

function conflict(): MarqueeError {
  return new MarqueeError('publish-conflict', 'somebody else published at the same moment', {
    fix: 'Look at `npm run models`, then try again.',
  });
}

/** Version names, oldest first: they sort by time. */
function versions(bucket: Bucket): Promise<string[]> {
  return listFolders(bucket, 'models/');
}
