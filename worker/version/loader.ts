import { readFooter } from '../../shared/artifact/arrow-file.ts';
import { fileEntry, type Manifest, parseManifest, verifyFile, verifyHash } from '../../shared/artifact/manifest.ts';
import { isPartFile, partsIn } from '../../shared/artifact/parts.ts';
import { artifactKey, FILES, LARGEST_NEXT } from '../../shared/artifact/schema.ts';
import { ISOLATE, mostMemory } from '../../shared/artifact/worker-memory.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeAbout } from '../../shared/model/decode/model.ts';
import { decodeNext } from '../../shared/model/decode/next.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { CutVectors } from '../wasm/cut-vectors.ts';
import { Kernel } from '../wasm/kernel.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import type { Parts } from '../wasm/part-service.ts';
import type { OwnModel, ServedModel } from '../wasm/served-model.ts';
import { bytesOf, checkWhole, need, orCancel, rangeReader, readThrough, verifyUnread } from './bucket.ts';
import { MoviesFile } from './movies-file.ts';
import { ServingFile } from './serving-file.ts';
import { StoredUsers } from './stored-users.ts';
import { VectorWriter } from './vector-writer.ts';

/**
 * Bytes of the largest movies.arrow that is read whole, to hash it. Beside a serving.arrow only its beginning is needed,
 * which may be a hundredth of it.
 */
const HASHED_MOVIES = 16 * 2 ** 20;

/** Files that stay in R2 until a request asks for them. */
const STAYING: readonly string[] = [FILES.network, FILES.vocabulary, FILES.next, FILES.compact, FILES.residual];

/** A version that was read and verified, and is listable. */
export interface LoadedVersion {
  readonly model: OwnModel;
  readonly users: Pick<StoredUsers, 'find'>;
  readonly arrival: Arrival;
  /** Resolves when all is hashed that is to be (`loadVersion`). */
  readonly checked: Promise<void>;
}

/** The vectors that are still on their way when a version is listable (`ServedVersion`). */
export interface Arrival {
  /** Resolves when all vectors are there. */
  readonly complete: Promise<void>;
  /** Resolves when the kernel's memory is filled up to an address. */
  arrivedUpTo(address: number): Promise<void>;
}

/**
 * Reads a version from R2. Sizes are checked first, and the hashes that R2 recorded at the upload. What is read whole is
 * hashed as well, since a disk may give other bytes than it got:
 * - posterior.arrow and profiles.arrow before they are decoded; serving.arrow while it streams into the kernel's memory;
 * - movies.arrow, of which the beginning is needed first, after all others and up to `HASHED_MOVIES`.
 *
 * users.arrow and a neural network stay in R2, and are not hashed. Users are looked at as they come (`readBatch`).
 * next.arrow stays there until somebody asks for it, and is hashed then (`readNext`).
 *
 * Resolves when the version is listable (`ServedVersion`). The rest of serving.arrow may still be on its way, unless
 * R2 recorded no hash of it.
 *
 * @param kernel the compiled scorer (`wasm/kernels/scorer.as.ts`)
 * @param manifestSha256 what current.json says of manifest.json, if it does
 * @param parts Workers that have the vectors of a version that is cut
 * @throws `bad-artifact`
 */
export async function loadVersion(
  bucket: R2Bucket,
  version: string,
  kernel: WebAssembly.Module,
  manifestSha256?: string,
  parts?: Parts,
): Promise<LoadedVersion> {
  const manifest = await readManifest(bucket, version, manifestSha256);
  if (partsIn(manifest) > 0) {
    if (parts) return loadCut(bucket, manifest, { kernel, parts, manifestSha256 });
    requireRoomForAll(manifest);
  }
  const arrived = Promise.withResolvers<void>();
  const reader = vectorsReader(bucket, manifest, kernel, arrived.promise);
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
  arrival.complete.then(arrived.resolve, arrived.reject);
  arrived.promise.catch(() => undefined);
  return {
    model: { ...rest, movies, vectors: decoded(version, () => vectors.finish(movies)) },
    users,
    arrival,
    checked: reader.checked,
  };
}

interface Around {
  readonly kernel: WebAssembly.Module;
  readonly parts: Parts;
  readonly manifestSha256?: string;
}

/** Reads a version whose vectors the parts have: its catalogue, priors and users. The parts read theirs when asked. */
async function loadCut(bucket: R2Bucket, manifest: Manifest, { kernel, parts, manifestSha256 }: Around) {
  requireParts(manifest, parts.count);
  const catalogue = readCatalogueOf(bucket, manifest);
  const [movies, rest, users] = await Promise.all([
    catalogue,
    readRest(bucket, manifest, catalogue),
    StoredUsers.open(bucket, manifest),
  ]);
  const { version } = manifest;
  const vectors = new CutVectors(new Kernel(kernel), movies, { version, manifestSha256, parts });
  const there = Promise.resolve();
  const arrival = { complete: there, arrivedUpTo: () => there };
  return { model: { ...rest, movies, vectors }, users, arrival, checked: there };
}

/** Throws `bad-artifact` for a version that is cut since one Worker has no room for all of it. */
function requireRoomForAll(manifest: Manifest): void {
  const files = manifest.files.filter(({ name }) => !isPartFile(name));
  if (mostMemory({ ...manifest, files }).bytes > ISOLATE) requireParts(manifest, 0);
}

/** Throws `bad-artifact` for a version that is not cut into so many parts. */
export function requireParts(manifest: Manifest, count: number): void {
  if (partsIn(manifest) === count) return;
  throw new MarqueeError(
    'bad-artifact',
    `version ${manifest.version} is cut into ${partsIn(manifest)} parts, and ${count} are bound as PART_1 …`,
    {
      fix: `Bind as many Workers as it has parts; or npm run publish -- --parts ${count || 1} makes a version of fewer.`,
    },
  );
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

/**
 * What people watch next, checked and decoded. Throws `bad-artifact`; `bad-parameter` where the version lacks it, or too
 * much of it is there: only `by=next` asks.
 */
export async function readNext(bucket: R2Bucket, model: Pick<ServedModel, 'manifest' | 'movies' | 'relevancePrior'>) {
  const { manifest } = model;
  if (!hasFile(manifest, FILES.next)) throw noNext(manifest, `was trained without ${FILES.next}`);
  const { bytes: size } = fileEntry(manifest, FILES.next);
  if (size > LARGEST_NEXT)
    throw noNext(manifest, `has ${size} bytes of ${FILES.next}, at most ${LARGEST_NEXT} are read`);
  const bytes = await readWhole(bucket, manifest, FILES.next);
  return decoded(manifest.version, () => decodeNext(bytes, model));
}

function noNext({ version }: Manifest, why: string): MarqueeError {
  return new MarqueeError('bad-parameter', `by: got next, but version ${version} ${why}`, {
    fix: 'Ask by relevance or rating; or train a version with this release: npm run train, then npm run publish.',
    details: { parameter: 'by', got: 'next', expected: 'relevance or rating' },
  });
}

/** A file of a version, checked. Throws `bad-artifact`. */
export async function readWhole(bucket: R2Bucket, manifest: Manifest, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const object = await need(bucket, artifactKey(manifest.version, name));
  const bytes = await bytesOf(object, name);
  await verifyFile(bytes, fileEntry(manifest, name));
  return bytes;
}

/** Movies on their way into the kernel's memory. */
interface VectorsReader {
  readonly catalogue: Promise<Catalogue>;
  /** Resolves when movies.arrow is hashed, as far as it is. */
  readonly checked: Promise<void>;
  /** Resolves when the version is listable. What is not needed for lists is read after `others`. */
  vectors(others: Promise<unknown>): Promise<ListableVectors>;
}

interface ListableVectors {
  readonly arrival: Arrival;
  finish(catalogue: Catalogue): MovieVectors;
}

/**
 * Reads the vectors of serving.arrow where the version has that file, else those of movies.arrow.
 *
 * @param rest resolves when what only has to be hashed may be read
 */
function vectorsReader(
  bucket: R2Bucket,
  manifest: Manifest,
  kernel: WebAssembly.Module,
  rest: Promise<void>,
): VectorsReader {
  if (hasFile(manifest, FILES.serving)) {
    const vectors = (others: Promise<unknown>) => readServing(bucket, manifest, kernel, others);
    return { ...readCatalogue(bucket, manifest, rest), vectors };
  }
  let writer: VectorWriter | undefined;
  const open = (movies: Catalogue) => {
    writer = new VectorWriter(new Kernel(kernel), movies);
    return writer;
  };
  const checked = Promise.resolve();
  const catalogue = openMovies(bucket, manifest, open).then(async ({ file, entry, key }) => {
    await readThrough(await need(bucket, key), entry, (bytes) => decoded(manifest.version, () => file.write(bytes)));
    return file.catalogue;
  });
  const arrival = { complete: checked, arrivedUpTo: () => checked };
  return { catalogue, checked, vectors: () => catalogue.then(() => ({ arrival, finish: () => writer!.finish() })) };
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
    return { file: decoded(manifest.version, () => new ServingFile(kernel, manifest, footer)), known };
  });
  const complete = readThrough(object, entry, async (bytes) => {
    decoded(manifest.version, () => file.write(bytes));
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

/** movies.arrow, about to be read: its size, and its hash where R2 recorded one, are right. */
async function openMovies(bucket: R2Bucket, manifest: Manifest, open?: (catalogue: Catalogue) => VectorWriter) {
  const entry = fileEntry(manifest, FILES.movies);
  const key = artifactKey(manifest.version, FILES.movies);
  const known = await verifyUnread(bucket, key, entry);
  const footer = await readFooter(rangeReader(bucket, key), entry.bytes, entry.name);
  const file = decoded(manifest.version, () => new MoviesFile(manifest, footer, open));
  return { file, entry, key, known };
}

/**
 * Reads what movies.arrow says before its vectors, which nobody needs beside a serving.arrow. They are read after
 * `rest`, to hash the file, unless it is large: then at once where R2 recorded no hash, else not at all.
 */
function readCatalogue(bucket: R2Bucket, manifest: Manifest, rest: Promise<void>): Omit<VectorsReader, 'vectors'> {
  const opened = openMovies(bucket, manifest);
  const catalogue = opened.then((movies) => catalogueIn(bucket, manifest, movies));
  const checked = Promise.all([opened, catalogue, rest]).then(async ([{ entry, key, known }]) => {
    if (known && entry.bytes <= HASHED_MOVIES) await readThrough(await need(bucket, key), entry, () => undefined);
  });
  checked.catch(() => undefined);
  return { catalogue, checked };
}

type OpenMovies = Awaited<ReturnType<typeof openMovies>>;

async function catalogueIn(bucket: R2Bucket, manifest: Manifest, { file, entry, key, known }: OpenMovies) {
  const range = known ? { range: { offset: 0, length: file.bytesBeforeVectors } } : {};
  const object = await need(bucket, key, range);
  await readThrough(object, entry, (bytes) => decoded(manifest.version, () => file.write(bytes)), known);
  return file.catalogue;
}

/** The films of a version, without its vectors. Throws `bad-artifact`. */
export async function readCatalogueOf(bucket: R2Bucket, manifest: Manifest): Promise<Catalogue> {
  return catalogueIn(bucket, manifest, await openMovies(bucket, manifest));
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
