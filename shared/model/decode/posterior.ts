import type { Table } from '@uwdata/flechette';
import { broken, column, readTable, scalars, vectors, widthOf } from '../../artifact/arrow-columns.ts';
import type { Manifest } from '../../artifact/manifest.ts';
import { FILES, ONE_SCALE_FORMAT } from '../../artifact/schema.ts';
import { topK } from '../../math/topk.ts';
import type {
  Catalogue,
  HistoryWeights,
  Model,
  MovieKinds,
  NewcomerShares,
  SeenModel,
  Trend,
  UserPrior,
} from '../model.ts';
import { identityResponse, sigmoidResponse } from '../response.ts';

/**
 * posterior.arrow, one row: tau, mean float64 · precision f64[D²] · constants f64[3·D] · newMovie f64[D] ·
 * kindGenres list<utf8>? · kinds f64[(G + Y) D]? ·
 * decay, floor, likeFrom, dislikeBelow, dislikeWeight f64[S] · visitDays f64[S]? (NaN: none) · trend f64[2]? (days, weight) ·
 * strangerDecay float64 · base f32[E] · stranger f32[(E + 1) E] ·
 * later f32[E]? · laterShares, tasteShares f64[N]? · favouritesShare float64? ·
 * seenMovieIds int32[C]? · seenFactors f32[C R]? · seenNoise f32[C]?
 */
export function decodePosterior(
  bytes: Uint8Array,
  manifest: Manifest,
  movies: Catalogue,
): Omit<Model, 'manifest' | 'movies' | 'profiles'> {
  const table = readTable(bytes, manifest, FILES.posterior);
  const D = manifest.factors + 1;
  const E = manifest.relevanceFactors;
  return {
    userPrior: userPriorIn(table, manifest),
    relevancePrior: {
      history: decodeScales(table, manifest.historyScales, manifest.formatVersion === ONE_SCALE_FORMAT),
      base: vectors(table, Float32Array, 'base', 1, E),
      newcomer: vectors(table, Float32Array, 'stranger', 1, (E + 1) * E),
      newcomerDecay: scalars(table, Float64Array, 'strangerDecay', 1)[0],
      newcomerShares: decodeShares(table, E),
      trend: decodeTrend(table),
    },
    newMovie: vectors(table, Float64Array, 'newMovie', 1, D),
    movieKinds: decodeKinds(table, D),
    seen: decodeSeen(table, manifest, movies),
  };
}

/** What posterior.arrow says that has nothing to do with single movies. */
export function decodeUserPrior(bytes: Uint8Array, manifest: Manifest): UserPrior {
  return userPriorIn(readTable(bytes, manifest, FILES.posterior), manifest);
}

function userPriorIn(table: Table, manifest: Manifest): UserPrior {
  const D = manifest.factors + 1;
  const scalar = (name: string) => scalars(table, Float64Array, name, 1)[0];
  const mean = scalar('mean');
  return {
    tau: scalar('tau'),
    mean,
    response: manifest.range ? sigmoidResponse(mean, manifest.range) : identityResponse(mean),
    precision: vectors(table, Float64Array, 'precision', 1, D * D),
    constants: vectors(table, Float64Array, 'constants', 1, 3 * D),
  };
}

/** @param isSingle one number stands where a vector of S = 1 would */
export function decodeScales(table: Table, S: number, isSingle = false): HistoryWeights[] {
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
    ...(table.getChild('favouritesShare') && {
      favouritesShare: scalars(table, Float64Array, 'favouritesShare', 1)[0],
    }),
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
