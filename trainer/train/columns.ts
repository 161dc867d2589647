import type { ArtifactColumns } from '../artifact/artifact.ts';
import type { MovieColumns, OwnColumns, PosteriorColumns, UserColumns } from '../artifact/columns.ts';
import type { Dataset, Movie } from '../data/dataset.ts';
import { type AnyMatrix, type RatingMatrix, timesByUser } from '../data/rating-matrix.ts';
import { idAsTitle } from '../data/titled.ts';
import { rowBlocks } from '../math/sparse.ts';
import { biasesOf, type Factorization, factorsOf } from '../models/learned.ts';
import { genresOf } from '../models/movie-features.ts';
import type { RelevanceModel } from '../models/relevance/relevance-model.ts';

/** A factorisation as far as movies and folding in go. */
export type LearnedMovies = Omit<Factorization, 'users'>;

/** Lays out what was learned as the artifact's columns. */
export function columnsOf(
  matrix: RatingMatrix,
  dataset: Pick<Dataset, 'movies' | 'ratings'>,
  factorization: Factorization,
  relevance: RelevanceModel,
): ArtifactColumns {
  const catalogue = dataset.movies;
  return {
    movies: movieColumns(ratedMovies(matrix), catalogue, factorization, relevance),
    users: { ...userColumns(matrix, factorization, relevance), ratedTimes: timesByUser(dataset.ratings) },
    posterior: posteriorColumns(matrix, catalogue, factorization, relevance),
    next: relevance.next,
  };
}

/** The movies and what the training ratings say of them on the whole. */
export type MovieRatings = Pick<MovieColumns, 'movieIds' | 'ratingCounts' | 'ratingMeans'>;

export function ratedMovies({ movieIds, byMovie }: Pick<AnyMatrix, 'movieIds' | 'byMovie'>): MovieRatings {
  const M = movieIds.length;
  const ratingCounts = Int32Array.from({ length: M }, (_, row) => byMovie.offsets[row + 1] - byMovie.offsets[row]);
  const ratingMeans = new Float32Array(M);
  for (const { from, block } of rowBlocks(byMovie)) {
    for (let r = 0; r < block.rows; r++) {
      let sum = 0;
      for (let k = block.offsets[r]; k < block.offsets[r + 1]; k++) sum += block.values[k];
      ratingMeans[from + r] = ratingCounts[from + r] > 0 ? sum / ratingCounts[from + r] : 0;
    }
  }
  return { movieIds, ratingCounts, ratingMeans };
}

export function movieColumns(
  { movieIds, ratingCounts, ratingMeans }: MovieRatings,
  catalogue: ReadonlyMap<number, Movie>,
  { factors: K, movies, userPriorWeights }: LearnedMovies,
  relevance: Pick<RelevanceModel, 'output' | 'history'>,
): MovieColumns {
  const M = movieIds.length;
  const about = Array.from(movieIds, (movieId) => catalogue.get(movieId));
  return {
    movieIds,
    titles: about.map((movie, row) => movie?.title ?? idAsTitle(movieIds[row])),
    years: Int16Array.from(about, (movie) => movie?.year ?? 0),
    genres: about.map((movie) => movie?.genres ?? []),
    ratingCounts,
    ratingMeans,
    biases: biasesOf(movies, K),
    factors: factorsOf(movies.means, K),
    relevance: relevance.output,
    history: relevance.history,
    priors: new Float32Array(userPriorWeights.subarray(0, M * (K + 1))),
    factorVariances: factorsOf(movies.variances, K),
    ...(about.some((movie) => movie?.imdbId ?? movie?.tmdbId) && {
      links: {
        imdbIds: Int32Array.from(about, (movie) => movie?.imdbId ?? 0),
        tmdbIds: Int32Array.from(about, (movie) => movie?.tmdbId ?? 0),
      },
    }),
    ...(about.some((movie) => movie?.own) && { ownColumns: ownColumns(about) }),
  };
}

function ownColumns(about: readonly (Movie | undefined)[]): OwnColumns {
  const texts = (name: 'id' | 'language' | 'poster' | 'url') => about.map((movie) => movie?.own?.[name] ?? '');
  return {
    ids: texts('id'),
    languages: texts('language'),
    posters: texts('poster'),
    urls: texts('url'),
    available: Uint8Array.from(about, (movie) => (movie?.own?.available === false ? 0 : 1)),
  };
}

function userColumns(
  { userIds, movieIds, byUser }: RatingMatrix,
  { factors: K, users }: Factorization,
  relevance: RelevanceModel,
): UserColumns {
  const ratedMovieIds = new Int32Array(byUser.indices.length);
  const ratedHalfStars = new Uint8Array(byUser.indices.length);
  for (let k = 0; k < byUser.indices.length; k++) {
    ratedMovieIds[k] = movieIds[byUser.indices[k]];
    ratedHalfStars[k] = byUser.values[k] * 2;
  }
  return {
    userIds,
    biases: biasesOf(users, K),
    factors: factorsOf(users.means, K),
    relevance: relevance.users,
    ratedOffsets: byUser.offsets,
    ratedMovieIds,
    ratedHalfStars,
  };
}

export function posteriorColumns(
  { movieIds }: Pick<AnyMatrix, 'movieIds'>,
  catalogue: ReadonlyMap<number, Movie>,
  { factors: K, tau, mean, userPrecision, userPriorWeights, newMovie, movieKinds }: LearnedMovies,
  { prior, seen }: Pick<RelevanceModel, 'prior'> & Partial<Pick<RelevanceModel, 'seen'>>,
): PosteriorColumns {
  return {
    scalars: { tau, mean, strangerDecay: prior.newcomerDecay },
    history: prior.history,
    precision: userPrecision,
    constants: new Float64Array(userPriorWeights.subarray(movieIds.length * (K + 1))),
    base: prior.base,
    newcomer: prior.newcomer,
    newcomerShares: prior.newcomerShares,
    trend: prior.trend,
    newMovie,
    movieKinds: { genres: genresOf(catalogue), weights: movieKinds },
    seen: seen && { ...seen, movieIds: seen.rows.map((row) => movieIds[row]) },
  };
}
