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
  widthOf,
} from '../artifact/arrow-columns.ts';
import { fileEntry, type Manifest } from '../artifact/manifest.ts';
import { FILES, ONE_SCALE_FORMAT } from '../artifact/schema.ts';
import { BLOCK, blocksOf, even, type PackedRows, PLAIN_COLUMNS } from '../artifact/serving-layout.ts';
import { rowIndex } from '../math/row-index.ts';
import { topK } from '../math/topk.ts';
import { movieDeviations } from './bias.ts';
import { genreLists } from './genres.ts';
import type {
  Catalogue,
  HistoryWeights,
  Model,
  MovieKinds,
  MovieTable,
  NewcomerShares,
  NextModel,
  OwnFilms,
  Profile,
  SeenModel,
  Trend,
} from './model.ts';
import { identityResponse, sigmoidResponse } from './response.ts';

/**
 * Bytes of the required files, and of the optional ones that there are → a model. Numeric columns are views of `movies`,
 * nothing is copied: keep the bytes.
 * Checks row counts and dimensions against the manifest (sizes and hashes: `verifyFile`, before). Throws `bad-artifact`.
 */
export function decodeModel(
  manifest: Manifest,
  files: { movies: Uint8Array; posterior: Uint8Array; profiles?: Uint8Array; next?: Uint8Array },
): Model {
  const movies = decodeMovies(files.movies, manifest);
  const model = { ...decodeAbout(manifest, movies, files), movies };
  return files.next ? { ...model, next: decodeNext(files.next, model) } : model;
}

/** What the files beside movies.arrow say. */
export function decodeAbout(
  manifest: Manifest,
  movies: Catalogue,
  { posterior, profiles }: { posterior: Uint8Array; profiles?: Uint8Array },
): Omit<Model, 'movies'> {
  return {
    manifest,
    ...decodePosterior(posterior, manifest, movies),
    profiles: profiles ? decodeProfiles(profiles, manifest) : [],
  };
}

/**
 * next.arrow (`shared/artifact/schema.ts`) → what people watch next, views of its bytes: keep them. Looks at every
 * number, since lists are exact only where no successor takes anything away. Throws `bad-artifact`.
 */
export function decodeNext(
  bytes: Uint8Array,
  { manifest, movies, relevancePrior }: Pick<Model, 'manifest' | 'relevancePrior'> & { readonly movies: Catalogue },
): NextModel {
  const table = readTable(bytes, manifest, FILES.next);
  const [C, L, Q] = ['movieIds', 'successors', 'decay'].map((name) => widthOf(table, name));
  const S = relevancePrior.history.length;
  const width = widthOf(table, 'history');
  const next: NextModel = {
    factors: width / (C * S),
    rows: vectors(table, Int32Array, 'movieIds', 1, C).map(movies.rowOf),
    history: vectors(table, Float32Array, 'history', 1, width),
    scales: decodeScales(table, Q),
    starts: vectors(table, Int32Array, 'starts', 1, C + 1),
    successors: vectors(table, Int32Array, 'successors', 1, L),
    weights: vectors(table, Float32Array, 'weights', 1, L * Q),
    ...(table.getChild('trendWeight') && { trendWeight: scalars(table, Float64Array, 'trendWeight', 1)[0] }),
  };
  const { factors: F } = next;
  if (!(Number.isInteger(F) && F > 0 && F <= manifest.relevanceFactors)) {
    throw broken(
      `next.arrow: got ${width} numbers of history, expected ${C} · ${S} · (1 to ${manifest.relevanceFactors})`,
    );
  }
  requireSane(next);
  return next;
}

/** Throws `bad-artifact` for rows, places or numbers that cannot be right. */
function requireSane({ rows, history, scales, starts, successors, weights }: NextModel): void {
  const [C, L] = [rows.length, successors.length];
  rows.forEach((row, c) => {
    if (row < 0) throw broken(`next.arrow: movieIds names at ${c} a movie that movies.arrow lacks`);
    if (c > 0 && row <= rows[c - 1]) throw broken(`next.arrow: movieIds does not ascend at ${c}`);
  });
  scales.forEach(({ decay, floor, likeFrom, dislikeBelow, dislikeWeight }, q) => {
    const isSane =
      decay > 0 && floor >= 0 && floor <= 1 && dislikeWeight >= 0 && !Number.isNaN(likeFrom + dislikeBelow);
    if (!isSane) throw broken(`next.arrow: the weights of scale ${q} cannot be right`);
  });
  if (starts[0] !== 0 || starts[C] !== L) {
    throw broken(`next.arrow: got successors ${starts[0]} to ${starts[C]}, expected 0 to ${L}`);
  }
  for (let c = 0; c < C; c++) if (starts[c + 1] < starts[c]) throw broken(`next.arrow: starts falls at ${c + 1}`);
  for (let l = 0; l < L; l++) {
    if (!(successors[l] >= 0 && successors[l] < C))
      throw broken(`next.arrow: got successor ${successors[l]} at ${l}, expected 0 to ${C - 1}`);
  }
  for (let l = 0; l < weights.length; l++) {
    if (!(weights[l] >= 0 && weights[l] < MOST))
      throw broken(`next.arrow: got weight ${weights[l]} at ${l}, expected 0 or more`);
  }
  for (let at = 0; at < history.length; at++) {
    if (!(Math.abs(history[at]) < MOST)) throw broken(`next.arrow: got ${history[at]} at ${at} of history`);
  }
}

function decodeProfiles(bytes: Uint8Array, manifest: Manifest): Profile[] {
  const table = readTable(bytes, manifest, FILES.profiles);
  const P = table.numRows;
  const { factors: K, relevanceFactors: E } = manifest;
  const biases = scalars(table, Float32Array, 'bias', P);
  const factors = vectors(table, Float32Array, 'factors', P, K);
  const relevance = vectors(table, Float32Array, 'relevance', P, E);
  for (const name of ['genres', 'movies']) requireLists(table, name);
  const value = <T>(name: string, row: number) => column(table, name).at(row) as T;
  return Array.from({ length: P }, (_, row) => ({
    profile: value<string>('profile', row),
    name: value<string>('name', row),
    users: value<number>('users', row),
    genres: [...value<Iterable<string>>('genres', row)],
    movieIds: value<Int32Array>('movies', row),
    bias: biases[row],
    factors: factors.subarray(row * K, (row + 1) * K),
    relevance: relevance.subarray(row * E, (row + 1) * E),
  }));
}

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
 * What movies.arrow says besides the vectors, whose widths are checked all the same. `bytes` may lack the vectors'
 * numbers.
 */
export function decodeCatalogue(bytes: Uint8Array, manifest: Manifest): Catalogue {
  const table = readTable(bytes, manifest, FILES.movies);
  const { factors: K, relevanceFactors: E, historyScales: S } = manifest;
  const widths = { factors: K, relevance: E, history: S * E, prior: K + 1, factorVariance: K };
  for (const [name, width] of Object.entries(widths)) vectorColumn(table, name, width);
  return catalogueOf(table, manifest);
}

/** Above any mean and any bias, in stars or as a score: a large movies.arrow is not hashed before it is served. */
const MOST = 1000;

/** The movies of a table without their vectors. */
export function catalogueOf(table: Table, manifest: Manifest): Catalogue {
  const M = table.numRows;
  const { factors: K, relevanceFactors: E, historyScales: S } = manifest;
  const movieIds = scalars(table, Int32Array, 'movieId', M);
  for (let row = 1; row < M; row++) {
    if (movieIds[row] <= movieIds[row - 1]) throw broken(`movies.arrow: movieId does not ascend at row ${row}`);
  }
  requireLists(table, 'genres');
  const titles = column(table, 'title');
  const ratingCounts = scalars(table, Int32Array, 'ratingCount', M);
  const ratingMeans = scalars(table, Float32Array, 'ratingMean', M);
  const biases = scalars(table, Float32Array, 'bias', M);
  for (let row = 0; row < M; row++) {
    const sane = ratingCounts[row] >= 0 && Math.abs(ratingMeans[row]) < MOST && Math.abs(biases[row]) < MOST;
    if (!sane) throw broken(`movies.arrow: the numbers of movie ${movieIds[row]} cannot be right`);
  }
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

/**
 * posterior.arrow, one row: tau, mean float64 · precision f64[D²] · constants f64[3·D] · newMovie f64[D] ·
 * kindGenres list<utf8>? · kinds f64[(G + Y) D]? ·
 * decay, floor, likeFrom, dislikeBelow, dislikeWeight f64[S] · visitDays f64[S]? (NaN: none) · trend f64[2]? (days, weight) ·
 * strangerDecay float64 · base f32[E] · stranger f32[(E + 1) E] ·
 * later f32[E]? · laterShares, tasteShares f64[N]? · seenMovieIds int32[C]? · seenFactors f32[C R]? · seenNoise f32[C]?
 */
function decodePosterior(
  bytes: Uint8Array,
  manifest: Manifest,
  movies: Catalogue,
): Omit<Model, 'manifest' | 'movies' | 'profiles'> {
  const table = readTable(bytes, manifest, FILES.posterior);
  const D = manifest.factors + 1;
  const E = manifest.relevanceFactors;
  const scalar = (name: string) => scalars(table, Float64Array, name, 1)[0];
  const mean = scalar('mean');
  return {
    userPrior: {
      tau: scalar('tau'),
      mean,
      response: manifest.range ? sigmoidResponse(mean, manifest.range) : identityResponse(mean),
      precision: vectors(table, Float64Array, 'precision', 1, D * D),
      constants: vectors(table, Float64Array, 'constants', 1, 3 * D),
    },
    relevancePrior: {
      history: decodeScales(table, manifest.historyScales, manifest.formatVersion === ONE_SCALE_FORMAT),
      base: vectors(table, Float32Array, 'base', 1, E),
      newcomer: vectors(table, Float32Array, 'stranger', 1, (E + 1) * E),
      newcomerDecay: scalar('strangerDecay'),
      newcomerShares: decodeShares(table, E),
      trend: decodeTrend(table),
    },
    newMovie: vectors(table, Float64Array, 'newMovie', 1, D),
    movieKinds: decodeKinds(table, D),
    seen: decodeSeen(table, manifest, movies),
  };
}

/** @param isSingle one number stands where a vector of S = 1 would */
function decodeScales(table: Table, S: number, isSingle = false): HistoryWeights[] {
  const numbers = (name: string) =>
    isSingle ? scalars(table, Float64Array, name, 1) : vectors(table, Float64Array, name, 1, S);
  const [decay, floor, likeFrom] = ['decay', 'floor', 'likeFrom'].map(numbers);
  const [dislikeBelow, dislikeWeight] = ['dislikeBelow', 'dislikeWeight'].map(numbers);
  const visitDays = table.getChild('visitDays') ? numbers('visitDays') : undefined;
  return Array.from({ length: S }, (_, s) => ({
    decay: decay[s],
    floor: floor[s],
    likeFrom: likeFrom[s],
    dislikeBelow: dislikeBelow[s],
    dislikeWeight: dislikeWeight[s],
    ...(visitDays && visitDays[s] > 0 && { visitDays: visitDays[s] }),
  }));
}

function decodeTrend(table: Table): Trend | undefined {
  if (!table.getChild('trend')) return undefined;
  const [days, weight] = vectors(table, Float64Array, 'trend', 1, 2);
  if (!(days > 0 && Number.isFinite(weight)))
    throw broken(`posterior.arrow: trend: got ${days} days, weight ${weight}`);
  return { days, weight };
}

function decodeShares(table: Table, E: number): NewcomerShares | undefined {
  if (!table.getChild('later')) return undefined;
  const N = widthOf(table, 'laterShares');
  return {
    later: vectors(table, Float32Array, 'later', 1, E),
    laterShares: vectors(table, Float64Array, 'laterShares', 1, N),
    tasteShares: vectors(table, Float64Array, 'tasteShares', 1, N),
  };
}

/** Movies that may be asked about, where a version does not name them. */
const MOST_RATED = 300;

function decodeSeen(table: Table, { dataset }: Manifest, { ratingCounts, rowOf }: Catalogue): SeenModel {
  const named = Boolean(table.getChild('seenMovieIds'));
  const C = named ? widthOf(table, 'seenMovieIds') : 0;
  const rows = named
    ? vectors(table, Int32Array, 'seenMovieIds', 1, C).map(rowOf)
    : topK(ratingCounts, MOST_RATED, (row) => ratingCounts[row] > 0).sort();
  if (rows.some((row) => row < 0)) throw broken('posterior.arrow: seenMovieIds names a movie that movies.arrow lacks');
  return {
    rows,
    shares: Float64Array.from(rows, (row) => ratingCounts[row] / Math.max(1, dataset.users)),
    factors: named
      ? vectors(table, Float32Array, 'seenFactors', 1, widthOf(table, 'seenFactors'))
      : new Float32Array(0),
    noise: named ? vectors(table, Float32Array, 'seenNoise', 1, C) : new Float32Array(rows.length).fill(1),
  };
}

function decodeKinds(table: Table, D: number): MovieKinds | undefined {
  const kinds = table.getChild('kinds');
  if (!kinds) return undefined;
  const width = (kinds.type as { stride?: number }).stride ?? 0;
  if (width % D !== 0) throw broken(`kinds: got ${width} numbers, expected a multiple of ${D}`);
  const genres = [...(column(table, 'kindGenres').at(0) as Iterable<string>)];
  return { genres, weights: vectors(table, Float64Array, 'kinds', 1, width) };
}

/** The vectors of serving.arrow, views of its bytes. */
export interface ServingVectors {
  readonly rating: Float32Array; // (B, C, 16), C = even(2 + K)
  readonly relevance: Float32Array; // (R, even(E), 16)
  /** (16 R, S·E), in format 3 (R, even(E), 16). */
  readonly history: Float32Array | PackedRows;
  readonly order: Int32Array; // (M)
  readonly priors: Float32Array | PackedRows; // (M, D)
  readonly factorVariances: Float32Array | PackedRows; // (M, K)
}

/** serving.arrow → its columns; nothing is copied. Throws `bad-artifact`. */
export function decodeServing(bytes: Uint8Array, manifest: Manifest): ServingVectors {
  const table = readTable(bytes, manifest, FILES.serving);
  const M = fileEntry(manifest, FILES.movies).rows;
  const { factors: K, relevanceFactors: E, historyScales: S } = manifest;
  const known = widthOf(table, 'relevance');
  if (known % (BLOCK * even(E)) !== 0) {
    throw broken(`serving.arrow: got ${known} numbers of relevance, expected a multiple of ${BLOCK * even(E)}`);
  }
  const positions = known / even(E);
  const rows = (name: string, width: number, count = M): Float32Array | PackedRows => {
    if (!table.getChild(`${name}Scale`)) return vectors(table, Float32Array, name, 1, count * width);
    return {
      bytes: vectors(table, Uint8Array, name, 1, count * width),
      scales: vectors(table, Float32Array, `${name}Scale`, 1, count),
    };
  };
  return {
    rating: vectors(table, Float32Array, 'rating', 1, BLOCK * blocksOf(M) * even(PLAIN_COLUMNS + K)),
    relevance: vectors(table, Float32Array, 'relevance', 1, known),
    history:
      manifest.formatVersion === ONE_SCALE_FORMAT
        ? vectors(table, Float32Array, 'history', 1, known)
        : rows('history', E, positions * S),
    order: vectors(table, Int32Array, 'order', 1, M),
    priors: rows('prior', K + 1),
    factorVariances: rows('factorVariance', K),
  };
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
