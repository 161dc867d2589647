import { readFooter } from '../../shared/artifact/arrow-file.ts';
import { COMPACT_COLUMNS, valuesOf } from '../../shared/artifact/compact.ts';
import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { byPopularity } from '../../shared/artifact/serving-layout.ts';
import { rangesOf } from '../../shared/artifact/users-file.ts';
import {
  type CompactMovies,
  decodeCompact,
  decodeResidual,
  type Residuals,
} from '../../shared/model/decode/compact.ts';
import { decodeAbout } from '../../shared/model/decode/model.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import { Kernel } from '../wasm/kernel.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import type { OwnModel } from '../wasm/served-model.ts';
import { decoded, hasFile, readWhole } from './read-file.ts';
import { ServedVersion } from './served-version.ts';
import { ServingFile } from './serving-file.ts';
import { VectorWriter } from './vector-writer.ts';

/** Rows that become numbers at a time. */
const ROWS = 1024;

/** What a browser keeps of a version. */
interface CompactVersion {
  readonly manifest: Manifest;
  /** Ids of movies that an operator hides. */
  readonly hidden: readonly number[];
  /** What D1 says of films besides. */
  readonly films?: readonly StoredFilm[];
}

/** A version in a browser. */
interface CompactModel {
  readonly served: ServedVersion;
  /** Loads what is left of the vectors, so that it answers as the Worker does. Throws `bad-artifact`. */
  readonly exact: () => Promise<ServedVersion>;
}

/**
 * Reads a version from compact.arrow.gz, without its users: for a browser that answers one person by itself. Files are
 * checked by size and hash. Throws `bad-artifact`.
 */
export async function loadCompact(
  bucket: R2Bucket,
  about: CompactVersion,
  kernel: WebAssembly.Module,
): Promise<CompactModel> {
  const { manifest } = about;
  const [packed, posterior, profiles] = await Promise.all([
    readWhole(bucket, manifest, FILES.compact),
    readWhole(bucket, manifest, FILES.posterior),
    hasFile(manifest, FILES.profiles) ? readWhole(bucket, manifest, FILES.profiles) : undefined,
  ]);
  const moviesOf = async () => {
    const bytes = await unpacked(packed);
    return decoded(manifest.version, () => decodeCompact(bytes, manifest));
  };
  const { catalogue, codes } = await moviesOf();
  const own = decoded(manifest.version, () => ({
    ...decodeAbout(manifest, catalogue, { posterior, profiles }),
    movies: catalogue,
    vectors: vectorsOf({ catalogue, codes }, kernel),
  }));
  const exact = async () => {
    const vectors = hasFile(manifest, FILES.residual)
      ? vectorsOf(await moviesOf(), kernel, await readResiduals(bucket, manifest, catalogue))
      : await readServing(bucket, manifest, catalogue, kernel);
    return versionOf({ ...own, vectors }, about);
  };
  return { served: await versionOf(own, about), exact };
}

async function readResiduals(bucket: R2Bucket, manifest: Manifest, catalogue: Catalogue): Promise<Residuals> {
  const bytes = await unpacked(await readWhole(bucket, manifest, FILES.residual));
  return decoded(manifest.version, () => decodeResidual(bytes, manifest, catalogue));
}

/** The vectors of a version that was trained before there were residuals. */
async function readServing(bucket: R2Bucket, manifest: Manifest, catalogue: Catalogue, kernel: WebAssembly.Module) {
  const bytes = await readWhole(bucket, manifest, FILES.serving);
  const footer = await readFooter(rangesOf(bytes), bytes.length, FILES.serving);
  return decoded(manifest.version, () => {
    const file = new ServingFile(kernel, manifest, footer);
    file.write(bytes);
    return file.finish(catalogue);
  });
}

async function versionOf(model: OwnModel, { hidden, films }: CompactVersion): Promise<ServedVersion> {
  const arrived = Promise.resolve();
  const arrival = { complete: arrived, arrivedUpTo: () => arrived };
  const users = { find: async () => null };
  const around = { loadedAt: new Date(), hidden, films };
  const served = new ServedVersion({ model, users, arrival, checked: arrived }, around);
  await served.complete;
  return served;
}

function vectorsOf(
  { catalogue, codes }: CompactMovies,
  kernel: WebAssembly.Module,
  residuals?: Residuals,
): MovieVectors {
  const writer = new VectorWriter(new Kernel(kernel), catalogue);
  const positions = new Int32Array(catalogue.count);
  for (const [position, row] of byPopularity(catalogue.ratingCounts).entries()) positions[row] = position;
  for (const name of COMPACT_COLUMNS) {
    const { width, ...coded } = { ...codes[name], residual: residuals?.[name] };
    for (let row = 0; row < catalogue.count; row += ROWS) {
      writer.write(name, new Uint8Array(valuesOf(coded, positions.subarray(row, row + ROWS), width).buffer));
    }
  }
  return writer.finish();
}

async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
