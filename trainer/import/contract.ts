import type { Manifest } from '../../shared/artifact/manifest.ts';
import type { Scale } from '../../shared/ratings/rating.ts';
import type { Dataset, Movie } from '../data/dataset.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { RelevanceModel } from '../models/relevance/relevance-model.ts';
import type { LearnedMovies, MovieRatings } from '../train/columns.ts';
import type { MovieFactors } from './movie-factors.ts';
import type { ImportedUser } from './user-sorter.ts';

/** What an import takes. */
export interface ImportSources {
  /** Paths of tables: Parquet or Arrow, a file or a folder of parts. */
  readonly users: string;
  readonly movies: string;
  /** What `trainer/spark/` summed over all people. */
  readonly moments?: string;
  readonly catalogue: ReadonlyMap<number, Movie>;
  /** The catalogue's or data set's name. */
  readonly name: string;
  /** What the factors were learned from, where it is known and fits into memory. */
  readonly ratings?: Dataset;
  /** What the system adds to its dot products, stars; without it they are stars themselves. */
  readonly mean?: number;
}

/** What an import tells while it works. */
export type ImportStep =
  | { readonly step: 'movies'; readonly movies: number; readonly factors: number }
  | { readonly step: 'users' | 'written'; readonly users: number }
  | { readonly step: 'relevance' }
  | { readonly step: 'note'; readonly text: string };

/** Users that stand for all, ascending by id, and how many ratings all have. */
export interface Sample {
  readonly users: readonly ImportedUser[];
  readonly ratings: number;
}

/** What was read before anything is made of it. */
export interface Read extends Pick<ImportSources, 'catalogue' | 'mean'> {
  readonly movies: MovieFactors;
  readonly userIds: Int32Array; // (U) ascending
  readonly sample: Sample;
  readonly options: TrainingOptions;
  readonly onStep: (step: ImportStep) => void;
}

/** A model made of imported factors, and how each user is written. */
export interface Imported {
  /** What is known beside the factors, in words. */
  readonly knows: string;
  readonly learned: LearnedMovies;
  readonly movieRatings: MovieRatings;
  readonly relevance: Pick<RelevanceModel, 'output' | 'history' | 'prior' | 'next'> &
    Partial<Pick<RelevanceModel, 'seen' | 'chosen'>>;
  readonly scale: Scale;
  /** Ratings of all users. */
  readonly ratings: number;
  /** Time of the newest rating in seconds since 1970, 0 where not known. */
  readonly newest: number;
  readonly metrics: Manifest['metrics'];
  userOf(user: ImportedUser): ImportedVectors;
}

/** A user as they are written. */
export interface ImportedVectors extends Omit<ImportedUser, 'factors'> {
  readonly factors: ArrayLike<number>; // (K)
  readonly relevance: ArrayLike<number>; // (E)
}
