import { COMPACT_COLUMNS, valuesOf } from '../../shared/artifact/compact.ts';
import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { byPopularity } from '../../shared/artifact/serving-layout.ts';
import { type CompactMovies, decodeCompact } from '../../shared/model/decode/compact.ts';
import { decodeAbout } from '../../shared/model/decode/model.ts';
import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import { Kernel } from '../wasm/kernel.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import type { OwnModel } from '../wasm/served-model.ts';
import { decoded, hasFile, readWhole } from './read-file.ts';
import { ServedVersion } from './served-version.ts';
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

/**
 * Reads a version from compact.arrow.gz, without its users: for a browser that answers one person by itself, as the Worker
 * would. Files are checked by size and hash. Throws `bad-artifact`.
 */
export async function loadCompact(
  bucket: R2Bucket,
  about: CompactVersion,
  kernel: WebAssembly.Module,
): Promise<ServedVersion> {
  const { manifest } = about;
  const [packed, posterior, profiles] = await Promise.all([
    readWhole(bucket, manifest, FILES.compact),
    readWhole(bucket, manifest, FILES.posterior),
    hasFile(manifest, FILES.profiles) ? readWhole(bucket, manifest, FILES.profiles) : undefined,
  ]);
  const bytes = await unpacked(packed);
  const model = decoded(manifest.version, () => {
    const { catalogue, codes } = decodeCompact(bytes, manifest);
    return {
      ...decodeAbout(manifest, catalogue, { posterior, profiles }),
      movies: catalogue,
      vectors: vectorsOf({ catalogue, codes }, kernel),
    };
  });
  return versionOf(model, about);
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

function vectorsOf({ catalogue, codes }: CompactMovies, kernel: WebAssembly.Module): MovieVectors {
  const writer = new VectorWriter(new Kernel(kernel), catalogue);
  const positions = new Int32Array(catalogue.count);
  for (const [position, row] of byPopularity(catalogue.ratingCounts).entries()) positions[row] = position;
  for (const name of COMPACT_COLUMNS) {
    for (let row = 0; row < catalogue.count; row += ROWS) {
      const wanted = positions.subarray(row, row + ROWS);
      writer.write(name, new Uint8Array(valuesOf(name, codes[name], wanted, codes[name].width).buffer));
    }
  }
  return writer.finish();
}

async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
