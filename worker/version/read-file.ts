import { fileEntry, type Manifest, parseManifest, verifyFile, verifyHash } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { bytesOf, need } from './bucket.ts';

/** A file of a version, checked. Throws `bad-artifact`. */
export async function readWhole(bucket: R2Bucket, manifest: Manifest, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const object = await need(bucket, artifactKey(manifest.version, name));
  const bytes = await bytesOf(object, name);
  await verifyFile(bytes, fileEntry(manifest, name));
  return bytes;
}

export function hasFile(manifest: Manifest, name: string): boolean {
  return manifest.files.some((file) => file.name === name);
}

/** Runs a decoder. Throws `bad-artifact` whatever the decoder throws. */
export function decoded<T>(version: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw new MarqueeError('bad-artifact', `${version} could not be decoded`, { cause });
  }
}

/** Throws `bad-artifact`. @param sha256 of its bytes, where it is known */
export async function readManifest(bucket: R2Bucket, version: string, sha256: string | undefined): Promise<Manifest> {
  const object = await need(bucket, artifactKey(version, FILES.manifest));
  const bytes = await bytesOf(object, FILES.manifest);
  // The format first: a manifest of a later release says so, whatever else is wrong with it.
  const manifest = parseManifest(new TextDecoder().decode(bytes));
  if (sha256 !== undefined) await verifyHash(bytes, { name: FILES.manifest, sha256 });
  if (manifest.version !== version) {
    throw new MarqueeError('bad-artifact', `manifest.json: got version ${manifest.version}, expected ${version}`);
  }
  return manifest;
}
