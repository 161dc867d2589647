import { readFooter } from '../../shared/artifact/arrow-file.ts';
import { fileEntry, type Manifest, parseManifest, verifyFile, verifyHash } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeAbout } from '../../shared/model/decode.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { Kernel } from '../wasm/kernel.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import type { ServedModel } from '../wasm/served-model.ts';
import { checkWhole, need, orCancel, rangeReader, readThrough, verifyUnread } from './bucket.ts';
import { MoviesFile } from './movies-file.ts';
import { ServingFile } from './serving-file.ts';
import { StoredUsers } from './stored-users.ts';
import { VectorWriter } from './vector-writer.ts';

/** Files that stay in R2 until a request asks for them. */
const STAYING: readonly string[] = [FILES.network, FILES.vocabulary];

/** A version that was read and verified, and is listable. */
export interface LoadedVersion {
  readonly model: ServedModel;
  readonly users: StoredUsers;
  readonly arrival: Arrival;
}

/** The vectors that are still on their way when a version is listable (`ServedVersion`). */
export interface Arrival {
  /** Resolves when all vectors are there. */
  readonly complete: Promise<void>;
  /** Resolves when the kernel's memory is filled up to an address. */
  arrivedUpTo(address: number): Promise<void>;
}

/**
 * Reads a version from R2. Every file is checked before it is served:
 * - The movies' vectors stream into the kernel's memory. Their hash is the one that R2 recorded at the upload, else
 *   they are hashed on the way.
 * - users.arrow stays in R2, since users are fetched one by one. Only its footer is read. Its size is checked, and its
 *   hash where the upload recorded one.
 * - A neural network, which browsers ask for, is checked in the same way without being read.
 *
 * Resolves when the version is listable (`ServedVersion`). The rest of serving.arrow may still be on its way, unless
 * its hash is not known yet.
 *
 * @param kernel the compiled scorer (`wasm/kernels/scorer.as.ts`)
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
  const reader = vectorsReader(bucket, manifest, kernel);
  const others = Promise.all([
    reader.catalogue,
    readRest(bucket, manifest, reader.catalogue),
    StoredUsers.open(bucket, manifest),
    ...manifest.files
      .filter(({ name }) => STAYING.includes(name))
      .map((entry) => verifyUnread(bucket, artifactKey(version, entry.name), entry)),
  ]);
  const [[movies, rest, users], vectors] = await Promise.all([others, reader.vectors(others)]);
  const { arrival } = vectors;
  return { model: { ...rest, movies, vectors: decoded(version, () => vectors.finish(movies)) }, users, arrival };
}

/** Reads the model without its movies, while their vectors are still on the way. */
async function readRest(bucket: R2Bucket, manifest: Manifest, catalogue: Promise<Catalogue>) {
  const [movies, posterior, profiles] = await Promise.all([
    catalogue,
    readWhole(bucket, manifest, FILES.posterior),
    hasFile(manifest, FILES.profiles) ? readWhole(bucket, manifest, FILES.profiles) : undefined,
  ]);
  return decoded(manifest.version, () => decodeAbout(manifest, movies, { posterior, profiles }));
}

/** A file of a version, checked. Throws `bad-artifact`. */
export async function readWhole(bucket: R2Bucket, manifest: Manifest, name: string): Promise<Uint8Array> {
  const object = await need(bucket, artifactKey(manifest.version, name));
  const bytes = new Uint8Array(await object.arrayBuffer());
  await verifyFile(bytes, fileEntry(manifest, name));
  return bytes;
}

/** Movies on their way into the kernel's memory. */
interface VectorsReader {
  readonly catalogue: Promise<Catalogue>;
  /** Resolves when the version is listable. What is not needed for lists is read after `others`. */
  vectors(others: Promise<unknown>): Promise<ListableVectors>;
}

interface ListableVectors {
  readonly arrival: Arrival;
  finish(catalogue: Catalogue): MovieVectors;
}

/** Reads the vectors of serving.arrow where the version has that file, else those of movies.arrow. */
function vectorsReader(bucket: R2Bucket, manifest: Manifest, kernel: WebAssembly.Module): VectorsReader {
  if (hasFile(manifest, FILES.serving)) {
    const vectors = (others: Promise<unknown>) => readServing(bucket, manifest, kernel, others);
    return { catalogue: readMovies(bucket, manifest), vectors };
  }
  let writer: VectorWriter | undefined;
  const catalogue = readMovies(bucket, manifest, (movies) => {
    writer = new VectorWriter(new Kernel(kernel), movies);
    return writer;
  });
  const arrival = { complete: Promise.resolve(), arrivedUpTo: () => Promise.resolve() };
  return { catalogue, vectors: () => catalogue.then(() => ({ arrival, finish: () => writer!.finish() })) };
}

/** Reads serving.arrow: first its end, which says where the columns lie; what lists do not need only after `others`. */
async function readServing(
  bucket: R2Bucket,
  manifest: Manifest,
  kernel: WebAssembly.Module,
  others: Promise<unknown>,
): Promise<ListableVectors> {
  const entry = fileEntry(manifest, FILES.serving);
  const key = artifactKey(manifest.version, FILES.serving);
  const object = await need(bucket, key);
  const { file, known } = await orCancel(object, async () => {
    const known = checkWhole(object, entry);
    const footer = await readFooter(rangeReader(bucket, key), entry.bytes, entry.name);
    return { file: new ServingFile(kernel, manifest, footer), known };
  });
  const complete = readThrough(object, entry, async (bytes) => {
    file.write(bytes);
    if (file.isListable) await others;
  });
  complete.then(
    () => file.end(),
    (error) => file.end(error),
  );
  await (known ? file.untilListable() : complete);
  const arrivedUpTo = (address: number) => file.arrivedUpTo(address);
  return { arrival: { complete, arrivedUpTo }, finish: (catalogue) => file.finish(catalogue) };
}

/**
 * Reads movies.arrow and hands its vectors to the writer that `open` makes. Without `open` only what comes before the
 * vectors is read, unless R2 has no hash of the file: then all of it is read to check it.
 */
async function readMovies(
  bucket: R2Bucket,
  manifest: Manifest,
  open?: (catalogue: Catalogue) => VectorWriter,
): Promise<Catalogue> {
  const entry = fileEntry(manifest, FILES.movies);
  const key = artifactKey(manifest.version, FILES.movies);
  const known = await verifyUnread(bucket, key, entry);
  const footer = await readFooter(rangeReader(bucket, key), entry.bytes, entry.name);
  const file = decoded(manifest.version, () => new MoviesFile(manifest, footer, open));
  const range = known && !open ? { range: { offset: 0, length: file.bytesBeforeVectors } } : {};
  const object = await need(bucket, key, range);
  await readThrough(object, entry, (bytes) => decoded(manifest.version, () => file.write(bytes)));
  return file.catalogue;
}

function hasFile(manifest: Manifest, name: string): boolean {
  return manifest.files.some((file) => file.name === name);
}

/** Runs a decoder. Throws `bad-artifact` whatever the decoder throws. */
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
