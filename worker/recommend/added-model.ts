import { BLOCK, byPopularity } from '../../shared/artifact/serving-layout.ts';
import { rowIndex } from '../../shared/math/row-index.ts';
import { genreLists } from '../../shared/model/genres.ts';
import { KindRelevance } from '../../shared/model/kind-relevance.ts';
import type { Catalogue, Model, MovieTable, OwnFilms } from '../../shared/model/model.ts';
import { type MovieKind, startOfMovie } from '../../shared/model/movie-kind.ts';
import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import type { ServedModel } from '../wasm/served-model.ts';
import { TitleIndex } from './title-index.ts';

/** Films beside a version: every list scores each of them, in plain loops. */
export const MOST_ADDED = 1000;

/** A few films beside a version, as a model of their own: whatever takes a model takes it. */
export interface AddedModel {
  readonly model: Model;
  readonly titles: TitleIndex;
  /** What films of the version are like them. */
  readonly kinds: KindRelevance;
}

/**
 * The films that the version lacks, or whose relevance it does not know since too few rated them. They begin as the
 * average film of their genres and year does, for relevance and, where the version lacks them, for stars.
 *
 * @param hidden ids of films that nobody is shown
 */
export function addedModel(
  served: ServedModel,
  films: readonly StoredFilm[],
  hidden: ReadonlySet<number>,
): AddedModel | undefined {
  const { vectors, movies, ...model } = served;
  const isNew = ({ movieId, available }: StoredFilm) =>
    available && !hidden.has(movieId) && !hasRelevance(served, movieId);
  // The newest, should those that nobody rates become too many.
  const added = films
    .filter(isNew)
    .slice(-MOST_ADDED)
    .sort((a, b) => a.movieId - b.movieId);
  if (added.length === 0) return undefined;
  const kinds = kindsOf(served);
  const table = tableOf(served, added, kinds);
  return { model: { ...model, movies: table }, titles: new TitleIndex(table), kinds };
}

function hasRelevance({ movies, vectors }: ServedModel, movieId: number): boolean {
  const row = movies.rowOf(movieId);
  return row >= 0 && vectors.take([row]).relevance.some((value) => value !== 0);
}

/** By the films of the relevance model: the most rated ones. */
function kindsOf({ movies, vectors }: ServedModel): KindRelevance {
  const known = byPopularity(movies.ratingCounts).subarray(0, BLOCK * vectors.places.relevance.blocks);
  const rows = known.filter((row) => movies.ratingCounts[row] > 0);
  return new KindRelevance(movies, rows, vectors.take(rows).relevance);
}

function tableOf(served: ServedModel, films: readonly StoredFilm[], kinds: KindRelevance): MovieTable {
  const { movies } = served;
  const { factorCount: K, relevanceCount: E, scaleCount: S } = movies;
  const A = films.length;
  const rows = films.map(({ movieId }) => movies.rowOf(movieId));
  const starts = films.map(({ about }, f) => ratingVectorOf(served, rows[f], about));
  const relevance = new Float32Array(A * E);
  for (const [f, { about }] of films.entries()) relevance.set(kinds.of(about), f * E);
  const movieIds = Int32Array.from(films, ({ movieId }) => movieId);
  const known = (values: ArrayLike<number>) => Float32Array.from(rows, (row) => (row < 0 ? 0 : values[row]));
  return {
    count: A,
    factorCount: K,
    relevanceCount: E,
    scaleCount: S,
    movieIds,
    years: Int16Array.from(films, ({ about }) => about.year ?? 0),
    ...genresOf(movies, films),
    ratingCounts: Int32Array.from(known(movies.ratingCounts)),
    ratingMeans: known(movies.ratingMeans),
    deviations: known(movies.deviations),
    biases: Float32Array.from(starts, (start) => start[K]),
    own: ownOf(films),
    title: (row) => films[row].about.title,
    rowOf: rowIndex(movieIds),
    factors: Float32Array.from(starts.flatMap((start) => start.slice(0, K))),
    relevance,
    history: new Float32Array(A * S * E),
    priors: new Float32Array(A * (K + 1)),
    factorVariances: new Float32Array(A * K),
  };
}

/** [q, b] of a film: the version's, or the average of its kind. */
function ratingVectorOf({ movies, vectors, ...model }: ServedModel, row: number, kind: MovieKind): number[] {
  if (row < 0) return [...startOfMovie(model, kind)];
  return [...vectors.take([row]).factors, movies.biases[row]];
}

/** Genres under the version's numbers, behind them those that it lacks. */
function genresOf({ genreNames }: Catalogue, films: readonly StoredFilm[]) {
  const names = [...new Set([...genreNames, ...films.flatMap(({ about }) => about.genres)])];
  const offsets = [0];
  for (const { about } of films) offsets.push(offsets.at(-1)! + about.genres.length);
  return genreLists(
    names,
    offsets,
    films.flatMap(({ about }) => about.genres.map((genre) => names.indexOf(genre))),
  );
}

function ownOf(films: readonly StoredFilm[]): OwnFilms {
  const text = (name: 'language' | 'poster' | 'url') => (row: number) => films[row].about[name] ?? '';
  return {
    id: (row) => films[row].id,
    language: text('language'),
    poster: text('poster'),
    url: text('url'),
    rowOfId: (id) => films.findIndex((film) => film.id === id),
    available: new Uint8Array(films.length).fill(1),
  };
}
