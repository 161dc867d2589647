import type { Manifest } from '../artifact/manifest.ts';
import type { ResponseFunction } from './response.ts';

/** What other sites call the M movies; 0 where that is not known. */
export interface FilmLinkColumns {
  readonly imdbIds: Int32Array; // (M)
  readonly tmdbIds: Int32Array; // (M)
}

/** What a catalogue of one's own says of the M movies besides. */
export interface OwnFilms {
  /** Of row: its own id and more, empty where not known. */
  id(row: number): string;
  language(row: number): string;
  poster(row: number): string;
  url(row: number): string;
  /** Row of an id of one's own, −1 when the model lacks it. */
  rowOfId(id: string): number;
  /** 0: nobody is shown it. */
  readonly available: Uint8Array; // (M)
}

/** The M movies of a version without their vectors, rows ascending by movieId. */
export interface Catalogue {
  readonly count: number; // M
  readonly factorCount: number; // K
  readonly relevanceCount: number; // E
  /** Scales of a history (`HistoryWeights`). */
  readonly scaleCount: number; // S
  readonly movieIds: Int32Array; // (M)
  /** 0 where unknown. */
  readonly years: Int16Array; // (M)
  readonly genreNames: readonly string[]; // (G)
  readonly ratingCounts: Int32Array; // (M)
  readonly ratingMeans: Float32Array; // (M), 0 where nobody rated
  /** Damped deviations of the means from μ (`bias.ts`), stars. */
  readonly deviations: Float32Array; // (M)
  readonly biases: Float32Array; // (M)
  /** Where the data set of the version named them. */
  readonly links?: FilmLinkColumns;
  /** Where the data set is a catalogue of one's own. */
  readonly own?: OwnFilms;
  title(row: number): string;
  /** The names of the movie's genres, a new array. */
  genres(row: number): string[];
  /** Whether the movie has a genre g for which asked[g] is 1; asked (G). */
  hasGenre(row: number, asked: Uint8Array): boolean;
  /** Row of a movie id, −1 when the model lacks it. */
  rowOf(movieId: number): number;
}

/** The movies of a version with all their vectors. Numeric columns are views of the file's bytes. */
export interface MovieTable extends Catalogue {
  readonly factors: Float32Array; // (M, K)
  readonly relevance: Float32Array; // (M, E)
  /** Scale s of a movie stands in the columns s·E to (s + 1)·E. */
  readonly history: Float32Array; // (M, S·E)
  readonly priors: Float32Array; // (M, D)
  readonly factorVariances: Float32Array; // (M, K)
}

/** What folding a user in needs beyond the movie table. */
export interface UserPrior {
  /** τ, precision of one rating, 1/stars². */
  readonly tau: number;
  /** μ, mean training rating, stars. */
  readonly mean: number;
  /** How a linear score becomes stars. */
  readonly response: ResponseFunction;
  /** Λ, precision of a user around their prior mean. */
  readonly precision: Float64Array; // (D, D)
  /** Prior mean's constant part: rows for 1, log(1 + n)/5 and 1/√(1 + n), n = ratings of the user. */
  readonly constants: Float64Array; // (3, D)
}

/** How a rated movie weighs in one scale of the history vector, such as what was liked or what was just watched (`history.ts`). */
export interface HistoryWeights {
  /** Ratings after which a rating's weight has fallen by e. */
  readonly decay: number;
  /** Weight that never fades, 0 to 1. */
  readonly floor: number;
  /** Stars from which a movie counts as liked. */
  readonly likeFrom: number;
  /** Stars below which a movie counts as disliked. */
  readonly dislikeBelow: number;
  /** Weight of a disliked movie. */
  readonly dislikeWeight: number;
  /** Days without a rating after which the scale has fallen by e; where absent, only later ratings make it fade. */
  readonly visitDays?: number;
}

/** Which movies people like more of late than they did on the whole: the last number of a relevance vector (`trend.ts`). */
export interface Trend {
  /** Days without a rating after which a user has come back by 1 − 1/e. */
  readonly days: number;
  /** Weight of the trend in the relevance vector of somebody who has come back. */
  readonly weight: number;
}

/** How a newcomer's relevance vector depends on the number n of their ratings: entry n, the last from there on. */
export interface NewcomerShares {
  /** What people like later of what they did not rate at first: the counterpart of `newcomer`'s constant row. */
  readonly later: Float32Array; // (E)
  /** Share of `later` in the constant part; the rest is that row's. 0 for a user without ratings. */
  readonly laterShares: Float64Array; // (N)
  /** Share of the map's prediction from a history of n ratings. */
  readonly tasteShares: Float64Array; // (N)
  /**
   * Share of what a history says comes next, where all its ratings are likes (`likedShare`). Absent in artifacts of
   * earlier releases: 0.
   */
  readonly favouritesShare?: number;
}

export interface RelevancePrior {
  readonly history: readonly HistoryWeights[]; // (S)
  /** The constant part of every relevance vector. */
  readonly base: Float32Array; // (E)
  /** From a short history and a constant to the relevance vector; the last row belongs to the constant. */
  readonly newcomer: Float32Array; // (E + 1, E)
  /** Number of ratings at which a user stops being a newcomer (`newcomerWeight`). */
  readonly newcomerDecay: number;
  /** Absent in artifacts of earlier releases. */
  readonly newcomerShares?: NewcomerShares;
  /** Absent where the ratings have no times, and in artifacts of earlier releases. */
  readonly trend?: Trend;
}

/**
 * What people watch next (`next.ts`): a regression on their histories, and what comes right after each film that they
 * rated. C movies, F ≤ E factors, S scales as in `RelevancePrior.history`, Q scales of its own, L successors.
 */
export interface NextModel {
  /** F: a movie is scored by the first F numbers of its relevance vector. */
  readonly factors: number;
  /** Rows of the movie table that take part, ascending. */
  readonly rows: Int32Array; // (C)
  /** Input vectors, weighed like those of `RelevancePrior.history`. */
  readonly history: Float32Array; // (C, S·F)
  /** How a rated movie weighs for what comes after it. */
  readonly scales: readonly HistoryWeights[]; // (Q)
  /** Where the successors of movie c begin; those of the last end at the last number. */
  readonly starts: Int32Array; // (C + 1)
  /** Indices into `rows`: movies that are watched after movie c. */
  readonly successors: Int32Array; // (L)
  /** What a successor's score gains, never negative. */
  readonly weights: Float32Array; // (L, Q)
  /** Weight of `RelevancePrior.trend` here; absent where there is none. */
  readonly trendWeight?: number;
}

/** Numbers of some movies. */
export interface RowScores {
  /** Of the movie table, ascending. */
  readonly rows: Int32Array;
  readonly scores: Float64Array;
}

/** How a movie's genres and year change its prior mean, added to `newMovie`. */
export interface MovieKinds {
  /** Genres that have a row; rows for years follow (`movie-kind.ts`). */
  readonly genres: readonly string[]; // (G)
  readonly weights: Float64Array; // (G + Y, D)
}

/** Which movies people have seen, and which are seen by the same people (`seen-movies.ts`): C movies, R factors. */
export interface SeenModel {
  /** The movies that may be asked about, ascending. */
  readonly rows: Int32Array; // (C)
  /** Share of the training users who rated the movie. */
  readonly shares: Float64Array; // (C)
  readonly factors: Float32Array; // (C, R)
  /** Variance of having seen a movie that the factors do not explain. */
  readonly noise: Float32Array; // (C)
}

/** A ready-made taste: the mean of users who like the same movies. */
export interface Profile extends StoredVectors {
  /** What `profile=` names it by: "sci-fi-action". */
  readonly profile: string;
  /** What people read: genres and films that are typical of it. */
  readonly name: string;
  /** Training users in it. */
  readonly users: number;
  readonly genres: readonly string[];
  /** Typical movies, the most first. */
  readonly movieIds: Int32Array;
}

/** A version in memory. */
export interface Model {
  readonly manifest: Manifest;
  readonly movies: MovieTable;
  readonly userPrior: UserPrior;
  readonly relevancePrior: RelevancePrior;
  readonly seen: SeenModel;
  /** Prior mean [q, b] of a movie that the model lacks. */
  readonly newMovie: Float64Array; // (D)
  /** Absent in artifacts of earlier releases. */
  readonly movieKinds?: MovieKinds;
  /** None in artifacts of earlier releases. */
  readonly profiles: readonly Profile[];
  /** Absent in artifacts of earlier releases, and where it is read when it is first needed. */
  readonly next?: NextModel;
}

/** A user's ratings, oldest first; rows of the movie table, never ids. */
export interface RatedMovies {
  readonly rows: Int32Array; // (n)
  readonly stars: Float32Array; // (n)
  /** Days since the newest of them; absent: now. */
  readonly days?: number;
}

/** What training stores of a user. */
export interface StoredVectors {
  readonly bias: number;
  readonly factors: ArrayLike<number>; // (K)
  readonly relevance: ArrayLike<number>; // (E)
}

/** What scoring needs of a user. */
export interface UserVectors extends StoredVectors {
  /** The Bias model's share of a prediction (`biasShare`): 0 for a user with enough ratings. */
  readonly biasShare: number;
  /** The user's deviation in the Bias model, stars (`userDeviation`). */
  readonly deviation: number;
  /** How many standard errors of a movie its score stays below the prediction (`ordering.ts`); none where absent. */
  readonly certainty?: number;
  /** What some movies gain by relevance besides, never negative: successors of the rated ones (`next.ts`). */
  readonly added?: RowScores;
}
