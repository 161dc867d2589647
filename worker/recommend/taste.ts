import { MarqueeError } from '../../shared/errors.ts';
import type { Model, RatedMovies, UserVectors } from '../../shared/model/model.ts';
import { scoredBy } from '../../shared/model/next.ts';
import type { Ordering } from '../../shared/model/ordering.ts';
import type { UserPosterior } from '../../shared/model/posterior.ts';

/** Where a user vector comes from: training, all ratings up to now, the average user, or a ready-made taste. */
type Basis = 'trained' | 'folded-in' | 'popular' | 'profile';

/** The data that an answer had to be made without. */
export type Degraded = 'ratings' | 'model-users';

/** What is known of a user when a list is made for them. */
export interface Taste {
  readonly basis: Basis;
  readonly vectors: UserVectors;
  /** The user's ratings of movies that the model knows. */
  readonly rated: RatedMovies;
  /** Rows that the user rated, where `rated` does not have them. */
  readonly hidden?: Int32Array;
  /** The posterior that the vectors came from, where they were folded in. */
  readonly posterior?: UserPosterior;
  readonly degraded: readonly Degraded[];
}

/** From how many ratings the relevance vector of a taste came. Those of a profile are beyond counting. */
export function ratingsBehind({ basis, rated }: Pick<Taste, 'basis' | 'rated'>): number {
  return basis === 'profile' ? Number.POSITIVE_INFINITY : rated.rows.length;
}

/** The user vector by which a list in some order is made. Throws `bad-parameter`. */
export function vectorsFor(model: Pick<Model, 'relevancePrior'>, taste: Taste, ordering: Ordering): UserVectors {
  if (ordering.next && taste.basis === 'profile') throw watchesNothing();
  return scoredBy(taste.vectors, ordering, model, taste.rated, ratingsBehind(taste));
}

function watchesNothing(): MarqueeError {
  return new MarqueeError('bad-parameter', 'by: got next for a profile, expected relevance or rating', {
    fix: 'A profile has no ratings that something could come next to: name a user, or send ratings.',
    details: { parameter: 'by', got: 'next', expected: 'relevance or rating' },
  });
}
