import type { Catalogue, MovieTable, OwnFilms } from '../../shared/model/model.ts';
import { JoinedVectors } from './joined-vectors.ts';
import type { OwnModel, ServedModel } from './served-model.ts';

/**
 * A version and a few films beside it as one model, so that whatever takes rows takes theirs: film f stands in row M + f
 * behind the version's M. A film that both have stands in the latter row.
 */
export function withFilms({ movies, vectors, ...model }: OwnModel, films: MovieTable): ServedModel {
  return { ...model, movies: joined(movies, films), vectors: new JoinedVectors(vectors, films) };
}

type Column = Float32Array | Int32Array | Int16Array | Uint8Array;

/** Both catalogues as one. */
function joined(own: Catalogue, films: MovieTable): Catalogue {
  const M = own.count;
  const at = <T>(row: number, read: (movies: Catalogue, row: number) => T) =>
    row < M ? read(own, row) : read(films, row - M);
  const both = <C extends Column>(
    name: 'years' | 'ratingCounts' | 'ratingMeans' | 'deviations' | 'biases' | 'movieIds',
  ) => concatenated(own[name] as C, films[name] as C);
  return {
    count: M + films.count,
    factorCount: own.factorCount,
    relevanceCount: own.relevanceCount,
    scaleCount: own.scaleCount,
    movieIds: both('movieIds'),
    years: both('years'),
    genreNames: films.genreNames,
    ratingCounts: both('ratingCounts'),
    ratingMeans: both('ratingMeans'),
    deviations: both('deviations'),
    biases: both('biases'),
    links: own.links && {
      imdbIds: concatenated(own.links.imdbIds, new Int32Array(films.count)),
      tmdbIds: concatenated(own.links.tmdbIds, new Int32Array(films.count)),
    },
    own: films.own && joinedOwn(own, films.own),
    title: (row) => at(row, (movies, r) => movies.title(r)),
    genres: (row) => at(row, (movies, r) => movies.genres(r)),
    hasGenre: (row, asked) => at(row, (movies, r) => movies.hasGenre(r, asked)),
    rowOf(movieId) {
      const film = films.rowOf(movieId);
      return film < 0 ? own.rowOf(movieId) : M + film;
    },
  };
}

function joinedOwn({ count: M, own }: Catalogue, films: OwnFilms): OwnFilms {
  const text = (name: 'id' | 'language' | 'poster' | 'url') => (row: number) =>
    row < M ? (own?.[name](row) ?? '') : films[name](row - M);
  return {
    id: text('id'),
    language: text('language'),
    poster: text('poster'),
    url: text('url'),
    rowOfId(id) {
      const film = films.rowOfId(id);
      return film < 0 ? (own?.rowOfId(id) ?? -1) : M + film;
    },
    available: concatenated(own?.available ?? new Uint8Array(M).fill(1), films.available),
  };
}

function concatenated<C extends Column>(a: C, b: C): C {
  const both = new (a.constructor as new (length: number) => C)(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
