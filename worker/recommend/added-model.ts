import { byPopularity } from '../../shared/artifact/serving-layout.ts';
import { genreLists } from '../../shared/model/genres.ts';
import { KindRelevance, meanRelevance } from '../../shared/model/kind-relevance.ts';
import type { Catalogue, MovieTable, OwnFilms } from '../../shared/model/model.ts';
import { startOfMovie } from '../../shared/model/movie-kind.ts';
import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import { withFilms } from '../wasm/beside.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import type { OwnModel, ServedModel } from '../wasm/served-model.ts';
import { TitleIndex } from './title-index.ts';

/** Films beside a version: every list scores each of them, in plain loops. */
export const MOST_ADDED = 1000;
/** The least rated films of a version, whose factors are about as uncertain as those of a film that nobody rated. */
const LEAST_RATED = 64;

/** A few films beside a version. */
export interface AddedModel {
  /** The version and these films: film f stands in row M + f. */
  readonly model: ServedModel;
  readonly films: MovieTable; // A films
  readonly titles: TitleIndex;
  /** Rows of the version whose films stand beside it instead. */
  readonly replaced: readonly number[];
}

/** What a film begins with. */
interface Start {
  readonly factors: Float32Array; // (K)
  readonly bias: number;
  readonly variances: Float32Array; // (K)
  readonly priors: Float32Array; // (D)
  readonly relevance: Float32Array; // (E)
}

/** What those are made of that nobody rated. */
interface Origin {
  /** Rows of the films that relevance knows. */
  readonly known: Int32Array;
  /** How uncertain their factors are, (K). */
  readonly variances: Float32Array;
}

/**
 * The films that a version lacks, or whose relevance it does not know since too few rated them. They begin as the average
 * film of their genres and year does, for relevance and, where the version lacks them, for stars. A film keeps its row as
 * long as the version is in memory, so that a request that began before another film came still means the same films.
 */
export class FilmsBeside {
  readonly #own: OwnModel;
  /** Which films have a row, in their order. */
  readonly #ids = new Set<string>();
  readonly #starts = new WeakMap<StoredFilm, Start>();
  #origin: Origin | undefined;

  constructor(own: OwnModel) {
    this.#own = own;
  }

  /**
   * Undefined where no film stands beside the version. Throws `store-unavailable` where its vectors are elsewhere and do
   * not come.
   *
   * @param films what D1 says, in the order in which it was first read
   */
  async with(films: readonly StoredFilm[]): Promise<AddedModel | undefined> {
    const { movies, vectors } = this.#own;
    const near = await vectors.bring(films.map(({ movieId }) => movies.rowOf(movieId)).filter((row) => row >= 0));
    const beside = films.filter(({ movieId }) => !hasRelevance(near, movies.rowOf(movieId)));
    const fresh = beside.filter(({ id }) => !this.#ids.has(id));
    const room = MOST_ADDED - this.#ids.size;
    // The newest, should those that nobody rates become too many.
    for (const { id } of fresh.slice(Math.max(0, fresh.length - room))) this.#ids.add(id);
    const added = beside.filter(({ id }) => this.#ids.has(id));
    if (added.length === 0) return undefined;
    await this.#begin(added.filter((film) => !this.#starts.has(film)));
    return this.#made(added);
  }

  #made(added: readonly StoredFilm[]): AddedModel {
    const starts = added.map((film) => this.#starts.get(film)!);
    const films = tableOf(this.#own.movies, added, starts);
    const replaced = added.map(({ movieId }) => this.#own.movies.rowOf(movieId)).filter((row) => row >= 0);
    return { model: withFilms(this.#own, films), films, titles: new TitleIndex(films), replaced };
  }

  async #begin(films: readonly StoredFilm[]): Promise<void> {
    if (films.length === 0) return;
    const { movies, vectors, ...model } = this.#own;
    this.#origin ??= await originOf(this.#own);
    const { known, variances } = this.#origin;
    const kinds = new KindRelevance(movies, known);
    const all = films.map((film) => ({ film, row: movies.rowOf(film.movieId), kin: kinds.nearest(film.about) }));
    const near = await vectors.bring(all.flatMap(({ row, kin }) => (row < 0 ? [...kin] : [row, ...kin])));
    for (const { film, row, kin } of all) {
      const relevance = meanRelevance(near.take(kin));
      const start = row < 0 ? startWithout(movies, model, film, variances) : startOfKnown(movies, near, row);
      this.#starts.set(film, { ...start, relevance });
    }
  }
}

/** What a film that a version has begins with besides relevance. */
function startOfKnown({ biases }: Catalogue, near: MovieVectors, row: number): Omit<Start, 'relevance'> {
  const { factors, factorVariances: variances, priors } = near.take([row]);
  return { factors, variances, priors, bias: biases[row] };
}

/** The same of one that it lacks. */
function startWithout(
  { factorCount: K }: Catalogue,
  model: Omit<OwnModel, 'movies' | 'vectors'>,
  { about }: StoredFilm,
  variances: Float32Array,
): Omit<Start, 'relevance'> {
  const start = startOfMovie(model, about);
  return {
    factors: Float32Array.from(start.subarray(0, K)),
    variances,
    priors: new Float32Array(K + 1),
    bias: start[K],
  };
}

function hasRelevance(vectors: MovieVectors, row: number): boolean {
  return row >= 0 && vectors.take([row]).relevance.some((value) => value !== 0);
}

async function originOf({ movies, vectors }: OwnModel): Promise<Origin> {
  const least = byPopularity(movies.ratingCounts).slice(-LEAST_RATED);
  const [known, near] = await Promise.all([vectors.known(), vectors.bring(least)]);
  return { known, variances: meanVariances(near.take(least)) };
}

function meanVariances({ count, factorCount, factorVariances }: MovieTable): Float32Array {
  const mean = new Float32Array(factorCount);
  factorVariances.forEach((value, at) => {
    mean[at % mean.length] += value / count;
  });
  return mean;
}

function tableOf(movies: Catalogue, films: readonly StoredFilm[], starts: readonly Start[]): MovieTable {
  const { factorCount: K, relevanceCount: E, scaleCount: S } = movies;
  const A = films.length;
  const rows = films.map(({ movieId }) => movies.rowOf(movieId));
  const known = (values: ArrayLike<number>) => Float32Array.from(rows, (row) => (row < 0 ? 0 : values[row]));
  const column = (of: (start: Start) => Float32Array) => Float32Array.from(starts.flatMap((start) => [...of(start)]));
  const relevance = new Float32Array(A * E);
  for (const [f, start] of starts.entries()) relevance.set(start.relevance, f * E);
  const places = new Map(films.map(({ movieId }, f) => [movieId, f]));
  return {
    count: A,
    factorCount: K,
    relevanceCount: E,
    scaleCount: S,
    movieIds: Int32Array.from(films, ({ movieId }) => movieId),
    years: Int16Array.from(films, ({ about }) => about.year ?? 0),
    ...genresOf(movies, films),
    ratingCounts: Int32Array.from(known(movies.ratingCounts)),
    ratingMeans: known(movies.ratingMeans),
    deviations: known(movies.deviations),
    biases: Float32Array.from(starts, ({ bias }) => bias),
    own: ownOf(films),
    title: (row) => films[row].about.title,
    rowOf: (movieId) => places.get(movieId) ?? -1,
    factors: column(({ factors }) => factors),
    relevance,
    history: new Float32Array(A * S * E),
    priors: column(({ priors }) => priors),
    factorVariances: column(({ variances }) => variances),
  };
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
  const places = new Map(films.map(({ id }, f) => [id, f]));
  return {
    id: (row) => films[row].id,
    language: text('language'),
    poster: text('poster'),
    url: text('url'),
    rowOfId: (id) => places.get(id) ?? -1,
    available: Uint8Array.from(films, ({ available }) => (available ? 1 : 0)),
  };
}
