import { decodeModel } from '../shared/decode.ts';
import { MarqueeError } from '../shared/errors.ts';
import { type FileEntry, fileEntry, parseManifest, verifyFile } from '../shared/manifest.ts';
import type { Model } from '../shared/model.ts';
import { artifactKey, FILES } from '../shared/schema.ts';

/**
 * Reads a version from R2, every byte checked before it is used. users.arrow stays where it is (users are fetched one
 * by one), so only its size is checked, and its hash where the upload recorded one. Throws `bad-artifact`.
 */
export async function loadModel(bucket: R2Bucket, version: string): Promise<Model> {
  const text = await (await need(bucket, artifactKey(version, FILES.manifest))).text();
  const manifest = parseManifest(text);
  if (manifest.version !== version) {
    throw new MarqueeError('bad-artifact', `manifest.json: got version ${manifest.version}, expected ${version}`);
  }
  const read = async (name: string) => {
    const object = await need(bucket, artifactKey(version, name));
    const bytes = new Uint8Array(await object.arrayBuffer());
    await verifyFile(bytes, fileEntry(manifest, name));
    return bytes;
  };
  const hasProfiles = manifest.files.some(({ name }) => name === FILES.profiles);
  const [movies, posterior, profiles] = await Promise.all([
    read(FILES.movies),
    read(FILES.posterior),
    hasProfiles ? read(FILES.profiles) : undefined,
    verifyStored(bucket, artifactKey(version, FILES.users), fileEntry(manifest, FILES.users)),
  ]);
  try {
    return decodeModel(manifest, { movies, posterior, profiles });
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw new MarqueeError('bad-artifact', `${version} could not be decoded`, { cause });
  }
}

async function need(bucket: R2Bucket, key: string): Promise<R2ObjectBody> {
  const object = await bucket.get(key);
  if (object === null) throw missing(key);
  return object;
}

/** Checks a file without reading it. */
async function verifyStored(bucket: R2Bucket, key: string, entry: FileEntry): Promise<void> {
  const object = await bucket.head(key);
  if (object === null) throw missing(key);
  if (object.size !== entry.bytes) {
    throw new MarqueeError('bad-artifact', `${entry.name}: got ${object.size} bytes, expected ${entry.bytes}`);
  }
  const hash = object.checksums.toJSON().sha256;
  if (hash !== undefined && hash !== entry.sha256) {
    throw new MarqueeError('bad-artifact', `${entry.name}: got sha256 ${hash}, expected ${entry.sha256}`);
  }
}

function missing(key: string): MarqueeError {
  return new MarqueeError('bad-artifact', `${key} does not exist`, { fix: 'Publish the version again, or roll back.' });
}
