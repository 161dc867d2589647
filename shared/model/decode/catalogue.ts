import type { Column, Table } from '@uwdata/flechette';
import {
  batch,
  broken,
  column,
  readTable,
  requireLists,
  scalars,
  textsOf,
  typed,
  vectorColumn,
  vectors,
} from '../../artifact/arrow-columns.ts';
import type { Manifest } from '../../artifact/manifest.ts';
import { FILES } from '../../artifact/schema.ts';
import { rowIndex } from '../../math/row-index.ts';
import { movieDeviations } from '../bias.ts';
import { genreLists } from '../genres.ts';
import type { Catalogue, MovieTable, OwnFilms } from '../model.ts';

/** movies.arrow → its columns; numbers are views of the bytes: keep them. Throws `bad-artifact`. */
export function decodeMovies(bytes: Uint8Array, manifest: Manifest): MovieTable {
  const table = readTable(bytes, manifest, FILES.movies);
  const catalogue = catalogueOf(table, manifest);
  const { count: M, factorCount: K, relevanceCount: E, scaleCount: S } = catalogue;
  return {
    ...catalogue,
    factors: vectors(table, Float32Array, 'factors', M, K),
    relevance: vectors(table, Float32Array, 'relevance', M, E),
    history: vectors(table, Float32Array, 'history', M, S * E),
    priors: vectors(table, Float32Array, 'prior', M, K + 1),
    factorVariances: vectors(table, Float32Array, 'factorVariance', M, K),
  };
}

/**
 * movies.arrow without the vectors. Their widths are checked, but `bytes` may lack their numbers.
 */
export function decodeCatalogue(bytes: Uint8Array, manifest: Manifest): Catalogue {
  const table = readTable(bytes, manifest, FILES.movies);
  const { factors: K, relevanceFactors: E, historyScales: S } = manifest;
  const widths = { factors: K, relevance: E, history: S * E, prior: K + 1, factorVariance: K };
  for (const [name, width] of Object.entries(widths)) vectorColumn(table, name, width);
  return catalogueOf(table, manifest);
}

/** The movies of a table without their vectors. */
export function catalogueOf(table: Table, manifest: Manifest): Catalogue {
  const M = table.numRows;
  const { factors: K, relevanceFactors: E, historyScales: S } = manifest;
  const movieIds = scalars(table, Int32Array, 'movieId', M);
  requireLists(table, 'genres');
  const titles = column(table, 'title');
  const ratingCounts = scalars(table, Int32Array, 'ratingCount', M);
  const ratingMeans = scalars(table, Float32Array, 'ratingMean', M);
  const biases = scalars(table, Float32Array, 'bias', M);
  requireSane({ movieIds, ratingCounts, ratingMeans, biases });
  let deviations: Float32Array | undefined;
  return {
    count: M,
    factorCount: K,
    relevanceCount: E,
    scaleCount: S,
    movieIds,
    years: decodeYears(column(table, 'year'), M),
    ...decodeGenres(column(table, 'genres')),
    ratingCounts,
    ratingMeans,
    get deviations() {
      deviations ??= movieDeviations(ratingCounts, ratingMeans, manifest.mean);
      return deviations;
    },
    biases,
    ...(table.getChild('imdbId') && {
      links: {
        imdbIds: scalars(table, Int32Array, 'imdbId', M),
        tmdbIds: scalars(table, Int32Array, 'tmdbId', M),
      },
    }),
    ...(table.getChild('ownId') && { own: ownFilms(table, M) }),
    title: (row) => titles.at(row) as string,
    rowOf: rowIndex(movieIds),
  };
}

/** Above any mean and any bias, in stars or as a score: a large movies.arrow is not hashed before it is served. */
const MOST = 1000;

function requireSane(movies: Pick<Catalogue, 'movieIds' | 'ratingCounts' | 'ratingMeans' | 'biases'>): void {
  const { movieIds, ratingCounts, ratingMeans, biases } = movies;
  for (let row = 0; row < movieIds.length; row++) {
    if (row > 0 && movieIds[row] <= movieIds[row - 1]) {
      throw broken(`movies.arrow: movieId does not ascend at row ${row}`);
    }
    const sane = ratingCounts[row] >= 0 && Math.abs(ratingMeans[row]) < MOST && Math.abs(biases[row]) < MOST;
    if (!sane) throw broken(`movies.arrow: the numbers of movie ${movieIds[row]} cannot be right`);
  }
}

function ownFilms(table: Table, M: number): OwnFilms {
  const [id, language, poster, url] = ['ownId', 'language', 'poster', 'url'].map((name) => {
    const texts = column(table, name);
    return (row: number) => texts.at(row) as string;
  });
  let rows: Map<string, number> | undefined; // made once somebody asks by an id
  const rowsById = () => new Map(Array.from({ length: M }, (_, row) => [id(row), row]));
  const rowOfId = (asked: string) => {
    rows ??= rowsById();
    return asked === '' ? -1 : (rows.get(asked) ?? -1);
  };
  return { id, language, poster, url, rowOfId, available: scalars(table, Uint8Array, 'available', M) };
}

/** A year of 0 where the file has none. By columns, not row by row: a fresh isolate does this before its first answer. */
function decodeYears(years: Column<unknown>, rows: number): Int16Array {
  const { values, nullCount, validity } = batch(years, 'year');
  const decoded = typed(values, Int16Array, 'year', rows).slice();
  for (let byte = 0; nullCount > 0 && byte < validity.length; byte++) {
    if (validity[byte] === 255) continue;
    for (let bit = 0; bit < 8; bit++) if ((validity[byte] & (1 << bit)) === 0) decoded[8 * byte + bit] = 0;
  }
  return decoded;
}

function decodeGenres(genres: Column<unknown>): ReturnType<typeof genreLists> {
  const { offsets, children } = batch(genres, 'genres');
  const [{ dictionary, values: codes }] = children;
  if (dictionary === undefined) throw broken('movies.arrow: genres are no dictionary');
  return genreLists(textsOf(dictionary, 'genres'), offsets, codes);
}
