import { readFooter } from '../shared/arrow-file.ts';
import { decodeAbout } from '../shared/decode.ts';
import { MarqueeError } from '../shared/errors.ts';
import { fileEntry, hexOf, type Manifest, parseManifest, verifyFile, verifyHash } from '../shared/manifest.ts';
import { artifactKey, FILES } from '../shared/schema.ts';
import { checkHash, checkWhole, need, rangeReader, verifyUnread } from './bucket.ts';
import type { MovieVectors } from './movie-vectors.ts';
import { MoviesFile } from './movies-file.ts';
import type { ServedModel } from './served-model.ts';
import { StoredUsers } from './stored-users.ts';

/** Files that only a request for them reads. */
const STAYING: readonly string[] = [FILES.network, FILES.vocabulary];

/** Bytes of movies.arrow that are read at a time. */
const CHUNK = 1 << 20;

/** A version that was read and found good. */
export interface LoadedVersion {
  readonly model: ServedModel;
  readonly users: StoredUsers;
}

/**
 * Reads a version from R2, every file checked before it is served. movies.arrow streams into the kernel's memory, by the
 * hash that R2 recorded at the upload, else hashed on the way; users.arrow stays where it is (users are fetched one by
 * one), so of it only the footer is read, its size checked, and its hash where the upload recorded one; a neural network,
 * which browsers ask for, is checked in the same way unread.
 *
 * @param kernel the compiled scorer (`kernels/scorer.as.ts`)
 * @param manifestSha256 what current.json says of manifest.json, if it does
 * @throws `bad-artifact`
 */
export async function loadVersion(
  bucket: R2Bucket,
  version: string,
  kernel: WebAssembly.Module,
  manifestSha256?: string,
): Promise<LoadedVersion> {
  const manifest = await readManifest(bucket, version, manifestSha256);
  const hasProfiles = manifest.files.some(({ name }) => name === FILES.profiles);
  const [vectors, posterior, profiles, users] = await Promise.all([
    readMovies(bucket, manifest, kernel),
    readWhole(bucket, manifest, FILES.posterior),
    hasProfiles ? readWhole(bucket, manifest, FILES.profiles) : undefined,
    StoredUsers.open(bucket, manifest),
    ...manifest.files
      .filter(({ name }) => STAYING.includes(name))
      .map((entry) => verifyUnread(bucket, artifactKey(version, entry.name), entry)),
  ]);
  const movies = vectors.catalogue;
  const about = decoded(version, () => decodeAbout(manifest, movies, { posterior, profiles }));
  return { model: { ...about, movies, vectors }, users };
}

/** A file of a version, checked. Throws `bad-artifact`. */
export async function readWhole(bucket: R2Bucket, manifest: Manifest, name: string): Promise<Uint8Array> {
  const object = await need(bucket, artifactKey(manifest.version, name));
  const bytes = new Uint8Array(await object.arrayBuffer());
  await verifyFile(bytes, fileEntry(manifest, name));
  return bytes;
}

/**
 * Streams movies.arrow: decoded piece by piece, and hashed where R2 knows no hash of it. A file that is damaged is refused
 * for its hash first.
 */
async function readMovies(bucket: R2Bucket, manifest: Manifest, kernel: WebAssembly.Module): Promise<MovieVectors> {
  const entry = fileEntry(manifest, FILES.movies);
  const key = artifactKey(manifest.version, FILES.movies);
  const object = await need(bucket, key);
  const opening = async () => ({
    known: checkWhole(object, entry),
    footer: await readFooter(rangeReader(bucket, key), object.size, entry.name),
  });
  const { known, footer } = await opening().catch(async (error) => {
    await object.body.cancel();
    throw error;
  });
  let flaw: unknown;
  let file: MoviesFile | undefined;
  const attempt = (work: () => void) => {
    try {
      if (flaw === undefined) decoded(manifest.version, work);
    } catch (error) {
      flaw = error;
    }
  };
  attempt(() => {
    file = new MoviesFile(kernel, manifest, footer);
  });
  const take = (bytes: Uint8Array) => attempt(() => file!.write(bytes));
  if (known) await inPieces(object.body, take);
  else checkHash(await hashing(object.body, take), entry);
  if (flaw !== undefined) throw flaw;
  return decoded(manifest.version, () => file!.finish());
}

/** SHA-256 of a stream, in hex; `take` is given every piece, which is good until it returns. */
async function hashing(body: ReadableStream, take: (bytes: Uint8Array) => void): Promise<string> {
  const digest = new crypto.DigestStream('SHA-256');
  const hash = digest.getWriter();
  await inPieces(body, async (bytes) => {
    await hash.write(bytes);
    take(bytes);
  });
  await hash.close();
  return hexOf(await digest.digest);
}

/** Hands `take` every piece of a stream, which is good until it is done with it. */
async function inPieces(body: ReadableStream, take: (bytes: Uint8Array) => void | Promise<void>): Promise<void> {
  const reader = body.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(CHUNK);
  for (;;) {
    const { done, value } = await reader.readAtLeast(CHUNK, new Uint8Array(buffer));
    if (value !== undefined && value.length > 0) await take(value);
    if (done || value === undefined) break;
    buffer = value.buffer as ArrayBuffer;
  }
}

/** Runs a decoder: what it throws is the artifact's fault. */
function decoded<T>(version: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw new MarqueeError('bad-artifact', `${version} could not be decoded`, { cause });
  }
}

async function readManifest(bucket: R2Bucket, version: string, sha256: string | undefined): Promise<Manifest> {
  const object = await need(bucket, artifactKey(version, FILES.manifest));
  const bytes = new Uint8Array(await object.arrayBuffer());
  // The format first: a manifest of a later release says so, whatever else is wrong with it.
  const manifest = parseManifest(new TextDecoder().decode(bytes));
  if (sha256 !== undefined) await verifyHash(bytes, { name: FILES.manifest, sha256 });
  if (manifest.version !== version) {
    throw new MarqueeError('bad-artifact', `manifest.json: got version ${manifest.version}, expected ${version}`);
  }
  return manifest;
}
