import { readFooter } from '../../shared/artifact/arrow-file.ts';
import { fileEntry, type Manifest } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { Kernel } from '../wasm/kernel.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import { checkWhole, need, orCancel, rangeReader, readThrough, verifyUnread } from './bucket.ts';
import { MoviesFile } from './movies-file.ts';
import { decoded, hasFile } from './read-file.ts';
import { ServingFile } from './serving-file.ts';
import { VectorWriter } from './vector-writer.ts';

/**
 * Bytes of the largest movies.arrow that is read whole, to hash it. Beside a serving.arrow only its beginning is needed,
 * which may be a hundredth of it.
 */
const HASHED_MOVIES = 16 * 2 ** 20;

/** The vectors that are still on their way when a version is listable (`ServedVersion`). */
export interface Arrival {
  /** Resolves when all vectors are there. */
  readonly complete: Promise<void>;
  /** Resolves when the kernel's memory is filled up to an address. */
  arrivedUpTo(address: number): Promise<void>;
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
export function vectorsReader(
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
