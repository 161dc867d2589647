import {
  fileEntry,
  type Manifest,
  parseManifest,
  sha256Hex,
  verifyFile,
  verifyHash,
} from '../../shared/artifact/manifest.ts';
import { readPointer } from '../../shared/artifact/pointer.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { type Bucket, getObject, listFolders } from '../../shared/storage/bucket.ts';
import type { Artifact } from './artifact.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Version names, oldest first: they sort by time. Some may be half published or half deleted. */
export function versionNames(bucket: Bucket): Promise<string[]> {
  return listFolders(bucket, 'models/');
}

/** A version's manifest. `sha256`: what current.json says of it, if it does. Throws `bad-artifact`. */
export async function readManifest(
  bucket: Bucket,
  version: string,
  sha256?: string,
): Promise<{ manifest: Manifest; bytes: Bytes }> {
  const key = artifactKey(version, FILES.manifest);
  const bytes = await bytesOf(bucket, key);
  const manifest = inFolder(version, () => parseManifest(new TextDecoder().decode(bytes)));
  if (sha256 !== undefined) await verifyHash(bytes, { name: key, sha256 });
  if (manifest.version === version) return { manifest, bytes };
  throw new MarqueeError('bad-artifact', `${key}: got version ${manifest.version}, expected ${version}`);
}

/** A file of a version, checked against its manifest. Throws `bad-artifact`. */
export async function readFile(bucket: Bucket, manifest: Manifest, name: string): Promise<Bytes> {
  const key = artifactKey(manifest.version, name);
  const bytes = await bytesOf(bucket, key);
  await verifyFile(bytes, { ...fileEntry(manifest, name), name: key });
  return bytes;
}

/** Every file of a version, checked. `sha256`: of its manifest, where it is known. Throws `bad-artifact`. */
export async function publishedArtifact(bucket: Bucket, version: string, sha256?: string): Promise<Artifact> {
  const { manifest, bytes } = await readManifest(bucket, version, sha256);
  const files = new Map([[FILES.manifest as string, bytes]]);
  for (const { name } of manifest.files) files.set(name, await readFile(bucket, manifest, name));
  return { manifest, files };
}

/** Checks every file that a version is served from, so not its report. Returns the SHA-256 of its manifest. */
export async function verifyVersion(bucket: Bucket, version: string, sha256?: string): Promise<string> {
  const { manifest, bytes } = await readManifest(bucket, version, sha256);
  for (const { name } of manifest.files) if (name !== FILES.report) await readFile(bucket, manifest, name);
  return sha256Hex(bytes);
}

/** Whether a version has a manifest: publishing writes it last, and deleting begins with it. */
export async function hasManifest(bucket: Bucket, version: string): Promise<boolean> {
  return (await getObject(bucket, artifactKey(version, FILES.manifest))) !== null;
}

/** Something in the bucket that cannot be used. */
export interface Flaw {
  /** null: current.json. */
  readonly version: string | null;
  readonly error: MarqueeError;
}

/** What `open` made of the first version that it could read, and what it could not read before. */
export interface Found<T> {
  readonly found: { readonly version: string; readonly value: T } | null;
  readonly flaws: readonly Flaw[];
}

/**
 * Opens the version in service. Where it is damaged: the one before it, else the newest one that is not. Opens none
 * where nothing was published.
 */
export async function firstGood<T>(
  bucket: Bucket,
  open: (version: string, manifestSha256?: string) => Promise<T>,
): Promise<Found<T>> {
  const pointer = await readPointer(bucket);
  const names = (await versionNames(bucket)).reverse();
  const flaws: Flaw[] = [];
  if (pointer?.flaw) flaws.push({ version: null, error: pointer.flaw });
  const current = pointer?.current;
  const before = current?.previous && names.includes(current.previous) ? [current.previous] : [];
  for (const version of new Set([...(current ? [current.version] : []), ...before, ...names])) {
    const inService = version === current?.version;
    if (!inService && !(await hasManifest(bucket, version))) continue;
    try {
      const value = await open(version, inService ? current.manifestSha256 : undefined);
      return { found: { version, value }, flaws };
    } catch (error) {
      flaws.push({ version, error: badArtifact(error) });
    }
  }
  return { found: null, flaws };
}

/** The error, where it says that something is damaged. Throws any other. */
export function badArtifact(error: unknown): MarqueeError {
  if (error instanceof MarqueeError && error.code === 'bad-artifact') return error;
  throw error;
}

async function bytesOf(bucket: Bucket, key: string): Promise<Bytes> {
  const object = await getObject(bucket, key);
  if (object) return object.bytes();
  throw new MarqueeError('bad-artifact', `${key} does not exist`);
}

/** Names the version in the message of an error about its manifest. */
function inFolder<T>(version: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { message, fix } = badArtifact(error);
    throw new MarqueeError('bad-artifact', artifactKey(version, message), { fix, cause: error });
  }
}
