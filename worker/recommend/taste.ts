import { MarqueeError } from '../../shared/errors.ts';
import type { Model, RatedMovies, UserVectors } from '../../shared/model/model.ts';
import { scoredBy } from '../../shared/model/next.ts';
import type { Ordering } from '../../shared/model/ordering.ts';
import type { UserPosterior } from '../../shared/model/posterior.ts';
import type { Mark } from '../../shared/ratings/mark.ts';

/** Where a user vector comes from: training, all ratings up to now, the average user, or a ready-made taste. */
type Basis = 'trained' | 'folded-in' | 'popular' | 'profile';

/** The data that an answer had to be made without. */
export type Degraded = 'ratings' | 'model-users';

/** Rows of the movies that a user wants to see, saw without rating them, or does not want to be shown. */
export type MarkedRows = Readonly<Record<Mark, readonly number[]>>;

/** What is known of a user when a list is made for them. */
export interface Taste {
  readonly basis: Basis;
  readonly vectors: UserVectors;
  /** The user's ratings of movies that the model knows. */
  readonly rated: RatedMovies;
  /** Rows that the user rated, where `rated` does not have them. */
  readonly hidden?: Int32Array;
  /** What lists leave out or point out besides. */
  readonly marked?: MarkedRows;
  /** The posterior that the vectors came from, where they were folded in. */
  readonly posterior?: UserPosterior;
  readonly degraded: readonly Degraded[];
}

/** The rows that no list has: those seen or dismissed. */
export function leftOut({ marked }: Pick<Taste, 'marked'>): number[] {
  return marked ? [...marked.seen, ...marked.dismissed] : [];
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
