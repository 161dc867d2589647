import type { Data } from 'apache-arrow';
import type { HistoryWeights, MovieKinds, NewcomerShares } from '../../../shared/model/model.ts';
import { batchOf, fileOf, lists, scalar, texts, vector } from '../arrow-data.ts';
import type { PosteriorColumns } from '../columns.ts';

/** posterior.arrow: one row. */
export function encodePosterior(columns: PosteriorColumns): Uint8Array<ArrayBuffer> {
  const { newcomerShares, trend, movieKinds, seen } = columns;
  return fileOf([
    batchOf(1, {
      ...Object.fromEntries(Object.entries(columns.scalars).map(([name, value]) => [name, scalar(value)])),
      ...encodeScales(columns.history),
      precision: vector(columns.precision),
      constants: vector(columns.constants),
      base: vector(columns.base),
      stranger: vector(columns.newcomer),
      ...(newcomerShares && encodeShares(newcomerShares)),
      ...(trend && { trend: vector(Float64Array.of(trend.days, trend.weight)) }),
      newMovie: vector(columns.newMovie),
      ...(movieKinds && encodeKinds(movieKinds)),
      ...(seen && encodeSeen(seen)),
    }),
  ]);
}

/** The weights of each scale of a history, a column for each field; NaN where a scale lacks it. */
export function encodeScales(scales: readonly HistoryWeights[]): Record<string, Data> {
  const names = new Set(scales.flatMap((weights) => Object.keys(weights) as (keyof HistoryWeights)[]));
  const numbers = (name: keyof HistoryWeights) => Float64Array.from(scales, (weights) => weights[name] ?? Number.NaN);
  return Object.fromEntries(Array.from(names, (name) => [name, vector(numbers(name))]));
}

function encodeShares({ later, laterShares, tasteShares, favouritesShare }: NewcomerShares): Record<string, Data> {
  return {
    later: vector(later),
    laterShares: vector(laterShares),
    tasteShares: vector(tasteShares),
    ...(favouritesShare !== undefined && { favouritesShare: scalar(favouritesShare) }),
  };
}

function encodeKinds({ genres, weights }: MovieKinds): Record<string, Data> {
  return { kindGenres: lists(Int32Array.of(0, genres.length), texts(genres)), kinds: vector(weights) };
}

function encodeSeen({ movieIds, factors, noise }: NonNullable<PosteriorColumns['seen']>): Record<string, Data> {
  return { seenMovieIds: vector(movieIds), seenFactors: vector(factors), seenNoise: vector(noise) };
}
