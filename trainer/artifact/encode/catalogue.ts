import { type Data, Float32, Int32, Uint8 } from 'apache-arrow';
import { batchOf, fileOf, genreLists, nullableYears, numeric, texts, vectors } from '../arrow-data.ts';
import type { CatalogueColumns, MovieColumns, OwnColumns } from '../columns.ts';

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
