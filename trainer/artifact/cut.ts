import {
  allParts,
  isPartFile,
  MOST_PARTS,
  type Part,
  partFile,
  partsIn,
  rowsInPart,
} from '../../shared/artifact/parts.ts';
import { FILES, ONE_SCALE_FORMAT } from '../../shared/artifact/schema.ts';
import { BLOCK, blocksOf, even, type PackedRows, PLAIN_COLUMNS } from '../../shared/artifact/serving-layout.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeMovies } from '../../shared/model/decode/catalogue.ts';
import { decodeServing, type ServingVectors } from '../../shared/model/decode/serving.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { type Artifact, withFile, withoutFiles } from './artifact.ts';
import type { CatalogueColumns, OwnColumns, ServingColumns } from './columns.ts';
import { encodeCatalogue } from './encode/catalogue.ts';
import { encodeServing } from './encode/serving.ts';

/**
 * The artifact with its catalogue cut into parts, each for a Worker of its own. The files of before stay as they are, so
 * that one Worker can serve it, too. Numbers are copied, packed ones as they are packed: a part's scores are those of
 * the whole, to the bit.
 *
 * @param of how many parts; 0: none
 */
export function cut(artifact: Artifact, of: number): Artifact {
  const { manifest, files } = artifact;
  if (partsIn(manifest) === of) return artifact;
  const whole = withoutFiles(artifact, isPartFile);
  if (of === 0) return whole;
  const serving = files.get(FILES.serving);
  if (!serving || manifest.formatVersion === ONE_SCALE_FORMAT || of > MOST_PARTS) throw uncut(manifest.version, of);
  const movies = decodeMovies(files.get(FILES.movies)!, manifest);
  const vectors = decodeServing(serving, manifest);
  return allParts(of).reduce((before, part) => {
    const rows = Int32Array.from(movies.movieIds.keys()).filter((row) => row % of === part.index - 1);
    const catalogue = encodeCatalogue(columnsAt(movies, rows));
    const own = encodeServing(vectorsAt(vectors, { part, rows, catalogue: movies }));
    const named = withFile(before, partFile('movies', part), catalogue, rows.length);
    return withFile(named, partFile('serving', part), own, 1);
  }, whole);
}

function uncut(version: string, of: number): MarqueeError {
  return new MarqueeError('bad-data', `version ${version} cannot be cut into ${of} parts`, {
    fix: `Take 2 to ${MOST_PARTS} parts, and a version that this release trained.`,
  });
}

function columnsAt(movies: Catalogue, rows: Int32Array): CatalogueColumns {
  const { links, own } = movies;
  return {
    movieIds: rows.map((row) => movies.movieIds[row]),
    titles: Array.from(rows, movies.title),
    years: Int16Array.from(rows, (row) => movies.years[row]),
    genres: Array.from(rows, movies.genres),
    genreNames: movies.genreNames,
    ratingCounts: rows.map((row) => movies.ratingCounts[row]),
    ratingMeans: Float32Array.from(rows, (row) => movies.ratingMeans[row]),
    biases: Float32Array.from(rows, (row) => movies.biases[row]),
    ...(links && {
      links: {
        imdbIds: rows.map((row) => links.imdbIds[row]),
        tmdbIds: rows.map((row) => links.tmdbIds[row]),
      },
    }),
    ...(own && { ownColumns: ownColumnsAt(own, rows) }),
  };
}

function ownColumnsAt(own: NonNullable<Catalogue['own']>, rows: Int32Array): OwnColumns {
  const texts = (text: (row: number) => string) => Array.from(rows, (row) => text(row));
  return {
    ids: texts(own.id),
    languages: texts(own.language),
    posters: texts(own.poster),
    urls: texts(own.url),
    available: Uint8Array.from(rows, (row) => own.available[row]),
  };
}

interface Wanted {
  readonly part: Part;
  /** Of the catalogue. */
  readonly rows: Int32Array;
  readonly catalogue: Pick<Catalogue, 'factorCount' | 'relevanceCount' | 'scaleCount'>;
}

function vectorsAt(vectors: ServingVectors, { part, rows, catalogue }: Wanted): ServingColumns {
  const { factorCount: K, relevanceCount: E, scaleCount: S } = catalogue;
  const { order, rating, relevance, history, priors, factorVariances } = vectors;
  const positions = Int32Array.from(order.keys()).filter((position) => order[position] % part.of === part.index - 1);
  const known = positions.filter((position) => position < relevance.length / even(E));
  const R = Math.max(1, blocksOf(known.length));
  const scales = Int32Array.from({ length: S * known.length }, (_, at) => known[Math.floor(at / S)] * S + (at % S));
  return {
    order: rowsInPart(order, part),
    relevance: blocksAt(relevance, even(E), known, R),
    rating: blocksAt(rating, even(PLAIN_COLUMNS + K), positions, blocksOf(positions.length)),
    ...named('history', rowsAt(history, E, scales, BLOCK * R * S)),
    ...named('prior', rowsAt(priors, K + 1, rows)),
    ...named('factorVariance', rowsAt(factorVariances, K, rows)),
  };
}

/** The movies at some positions of blocks of 16 (blk16), in blocks of their own. */
function blocksAt(values: Float32Array, columns: number, positions: Int32Array, blocks: number): Float32Array {
  const out = new Float32Array(BLOCK * blocks * columns);
  const startOf = (position: number) => (position - (position % BLOCK)) * columns + (position % BLOCK);
  for (const [at, position] of positions.entries()) {
    for (let x = 0, from = startOf(position), to = startOf(at); x < columns; x++, from += BLOCK, to += BLOCK) {
      out[to] = values[from];
    }
  }
  return out;
}

/** Some rows of a column. @param count of rows: behind the given ones come zeros */
function rowsAt<V extends Float32Array | PackedRows>(
  values: V,
  width: number,
  rows: Int32Array,
  count = rows.length,
): V {
  const pick = <T extends Float32Array | Uint8Array>(from: T, out: T, step: number): T => {
    for (const [at, row] of rows.entries()) out.set(from.subarray(row * step, (row + 1) * step), at * step);
    return out;
  };
  if (values instanceof Float32Array) return pick(values as Float32Array, new Float32Array(count * width), width) as V;
  const bytes = pick(values.bytes, new Uint8Array(count * width).fill(128), width);
  return { bytes, scales: pick(values.scales, new Float32Array(count), 1) } as PackedRows as V;
}

function named(name: string, values: Float32Array | PackedRows): ServingColumns {
  return values instanceof Float32Array
    ? { [name]: values }
    : { [name]: values.bytes, [`${name}Scale`]: values.scales };
}
