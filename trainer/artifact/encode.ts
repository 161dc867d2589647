import { type Data, Float32, Float64, Int32, type RecordBatch, Uint8, Uint32 } from 'apache-arrow';
import { encodeInt32 } from '../../shared/artifact/base64.ts';
import { FIRST_USER_IDS, USER_BATCH } from '../../shared/artifact/schema.ts';
import type { HistoryWeights, NextModel, Profile } from '../../shared/model/model.ts';
import { batchOf, fileOf, genreLists, lists, nullableYears, numeric, texts, vectors } from './arrow-data.ts';
import type {
  CatalogueColumns,
  MovieColumns,
  OwnColumns,
  PosteriorColumns,
  ServingColumns,
  UserColumns,
} from './columns.ts';

/** movies.arrow: one record batch. */
export function encodeMovies(columns: MovieColumns): Uint8Array<ArrayBuffer> {
  const M = columns.movieIds.length;
  return fileOf([
    batchOf(M, {
      ...catalogueColumns(columns),
      factors: vectors(columns.factors, M),
      relevance: vectors(columns.relevance, M),
      history: vectors(columns.history, M),
      prior: vectors(columns.priors, M),
      factorVariance: vectors(columns.factorVariances, M),
    }),
  ]);
}

/** What movies.arrow says besides the vectors, of movies of a part: one record batch. */
export function encodeCatalogue(columns: CatalogueColumns): Uint8Array<ArrayBuffer> {
  return fileOf([batchOf(columns.movieIds.length, catalogueColumns(columns))]);
}

/** What is known of the movies besides their vectors. */
export function catalogueColumns(columns: CatalogueColumns): Record<string, Data> {
  return {
    movieId: numeric(new Int32(), columns.movieIds),
    title: texts(columns.titles),
    year: nullableYears(columns.years),
    genres: genreLists(columns.genres, columns.genreNames),
    ratingCount: numeric(new Int32(), columns.ratingCounts),
    ratingMean: numeric(new Float32(), columns.ratingMeans),
    bias: numeric(new Float32(), columns.biases),
    ...(columns.links && {
      imdbId: numeric(new Int32(), columns.links.imdbIds),
      tmdbId: numeric(new Int32(), columns.links.tmdbIds),
    }),
    ...(columns.ownColumns && ownColumns(columns.ownColumns)),
  };
}

function ownColumns({ ids, languages, posters, urls, available }: OwnColumns): Record<string, Data> {
  return {
    ownId: texts(ids),
    language: texts(languages),
    poster: texts(posters),
    url: texts(urls),
    available: numeric(new Uint8(), available),
  };
}

/** users.arrow: a record batch for every USER_BATCH users, and the first id of each in the schema's metadata. */
export function encodeUsers(columns: UserColumns): Uint8Array<ArrayBuffer> {
  const U = columns.userIds.length;
  const metadata = usersMetadata(columns.userIds);
  return fileOf(
    Array.from({ length: Math.ceil(U / USER_BATCH) }, (_, b) => {
      const from = b * USER_BATCH;
      return userBatch(columns, from, Math.min(U, from + USER_BATCH), metadata);
    }),
  );
}

/** The schema's metadata of users.arrow. @param userIds all of them, ascending */
export function usersMetadata(userIds: Int32Array): Map<string, string> {
  const batches = Math.ceil(userIds.length / USER_BATCH);
  const firstUserIds = Int32Array.from({ length: batches }, (_, b) => userIds[b * USER_BATCH]);
  return new Map([[FIRST_USER_IDS, encodeInt32(firstUserIds)]]);
}

/** A record batch of users.arrow: the users [from, to) of the columns. */
export function userBatch(columns: UserColumns, from: number, to: number, metadata: Map<string, string>): RecordBatch {
  const U = columns.userIds.length;
  const [K, E] = [columns.factors.length / U, columns.relevance.length / U];
  const rows = to - from;
  const [first, last] = [columns.ratedOffsets[from], columns.ratedOffsets[to]];
  const offsets = columns.ratedOffsets.slice(from, to + 1).map((offset) => offset - first);
  return batchOf(
    rows,
    {
      userId: numeric(new Int32(), columns.userIds.subarray(from, to)),
      bias: numeric(new Float32(), columns.biases.subarray(from, to)),
      factors: vectors(columns.factors.subarray(from * K, to * K), rows),
      relevance: vectors(columns.relevance.subarray(from * E, to * E), rows),
      rated: lists(offsets, numeric(new Int32(), columns.ratedMovieIds.subarray(first, last))),
      // Copies, because the writer joins neighbours in one memory: with no ratings between them it would lose one.
      ratings: lists(offsets.slice(), numeric(new Uint8(), columns.ratedHalfStars.subarray(first, last))),
      ...(columns.ratedTimes && {
        times: lists(offsets.slice(), numeric(new Uint32(), columns.ratedTimes.subarray(first, last))),
      }),
    },
    metadata,
  );
}

/** posterior.arrow: one row, as `shared/model/decode/posterior.ts` reads it. */
export function encodePosterior(columns: PosteriorColumns): Uint8Array<ArrayBuffer> {
  const scalars = Object.entries(columns.scalars).map(([name, value]) => [
    name,
    numeric(new Float64(), Float64Array.of(value)),
  ]);
  return fileOf([
    batchOf(1, {
      ...Object.fromEntries(scalars),
      ...scaleColumns(columns.history),
      precision: vectors(columns.precision, 1),
      constants: vectors(columns.constants, 1),
      base: vectors(columns.base, 1),
      stranger: vectors(columns.newcomer, 1),
      ...(columns.newcomerShares && {
        later: vectors(columns.newcomerShares.later, 1),
        laterShares: vectors(columns.newcomerShares.laterShares, 1),
        tasteShares: vectors(columns.newcomerShares.tasteShares, 1),
        ...(columns.newcomerShares.favouritesShare !== undefined && {
          favouritesShare: numeric(new Float64(), Float64Array.of(columns.newcomerShares.favouritesShare)),
        }),
      }),
      ...(columns.trend && { trend: vectors(Float64Array.of(columns.trend.days, columns.trend.weight), 1) }),
      newMovie: vectors(columns.newMovie, 1),
      ...(columns.movieKinds && {
        kindGenres: lists(Int32Array.of(0, columns.movieKinds.genres.length), texts(columns.movieKinds.genres)),
        kinds: vectors(columns.movieKinds.weights, 1),
      }),
      ...(columns.seen && {
        seenMovieIds: vectors(columns.seen.movieIds, 1),
        seenFactors: vectors(columns.seen.factors, 1),
        seenNoise: vectors(columns.seen.noise, 1),
      }),
    }),
  ]);
}

/** The weights of each scale of a history, a column for each field; NaN where a scale lacks it. */
function scaleColumns(scales: readonly HistoryWeights[]): Record<string, Data> {
  const names = new Set(scales.flatMap((weights) => Object.keys(weights) as (keyof HistoryWeights)[]));
  return Object.fromEntries(
    Array.from(names, (name) => [
      name,
      vectors(
        Float64Array.from(scales, (weights) => weights[name] ?? Number.NaN),
        1,
      ),
    ]),
  );
}

/** serving.arrow: one row. */
export function encodeServing(columns: ServingColumns): Uint8Array<ArrayBuffer> {
  return fileOf([
    batchOf(1, Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, vectors(values, 1)]))),
  ]);
}

/** profiles.arrow: one record batch. */
export function encodeProfiles(profiles: readonly Profile[]): Uint8Array<ArrayBuffer> {
  const P = profiles.length;
  const flat = (valuesOf: (profile: Profile) => ArrayLike<number>) =>
    Float32Array.from(profiles.flatMap((profile) => Array.from(valuesOf(profile))));
  const offsets = (itemsOf: (profile: Profile) => ArrayLike<unknown>) =>
    Int32Array.from({ length: P + 1 }, (_, to) =>
      profiles.slice(0, to).reduce((sum, profile) => sum + itemsOf(profile).length, 0),
    );
  const movies = Int32Array.from(profiles.flatMap(({ movieIds }) => [...movieIds]));
  return fileOf([
    batchOf(P, {
      profile: texts(profiles.map(({ profile }) => profile)),
      name: texts(profiles.map(({ name }) => name)),
      users: numeric(
        new Int32(),
        Int32Array.from(profiles, ({ users }) => users),
      ),
      genres: lists(
        offsets(({ genres }) => genres),
        texts(profiles.flatMap(({ genres }) => genres)),
      ),
      movies: lists(
        offsets(({ movieIds }) => movieIds),
        numeric(new Int32(), movies),
      ),
      bias: numeric(
        new Float32(),
        flat(({ bias }) => [bias]),
      ),
      factors: vectors(
        flat(({ factors }) => factors),
        P,
      ),
      relevance: vectors(
        flat(({ relevance }) => relevance),
        P,
      ),
    }),
  ]);
}

/** next.arrow: one row. @param movieIds of the movie table, (M) */
export function encodeNext(next: NextModel, movieIds: Int32Array): Uint8Array<ArrayBuffer> {
  const { rows, history, scales, starts, successors, weights, trendWeight } = next;
  return fileOf([
    batchOf(1, {
      movieIds: vectors(
        rows.map((row) => movieIds[row]),
        1,
      ),
      history: vectors(history, 1),
      starts: vectors(starts, 1),
      successors: vectors(successors, 1),
      weights: vectors(weights, 1),
      ...scaleColumns(scales),
      ...(trendWeight !== undefined && { trendWeight: numeric(new Float64(), Float64Array.of(trendWeight)) }),
    }),
  ]);
}
