import type { RatedMovies, UserVectors } from '../../shared/model/model.ts';
import type { UserPosterior } from '../../shared/model/posterior.ts';

/** Where a user vector comes from: training, training and newer ratings, what everybody likes, or a ready-made taste. */
type Basis = 'trained' | 'folded-in' | 'popular' | 'profile';

/** What an answer had to do without. */
export type Degraded = 'ratings' | 'model-users';
export interface Taste {
  readonly basis: Basis;
  readonly vectors: UserVectors;
  /** Every rating of the user that the model can use. */
  readonly rated: RatedMovies;
  /** Rows that the user rated, where those are not `rated`. */
  readonly hidden?: Int32Array;
  /** What the vectors came from, where they were not stored. */
  readonly posterior?: UserPosterior;
  readonly degraded: readonly Degraded[];
}
