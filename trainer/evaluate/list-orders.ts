import { FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Model, NextModel, RatedMovies, UserVectors } from '../../shared/model/model.ts';
import { scoredBy } from '../../shared/model/next.ts';
import { type Ordering, orderedBy, usualCertainty } from '../../shared/model/ordering.ts';
import { scoreMovies } from '../../shared/model/score.ts';

/** How much better known films count, as in a request. */
interface Leaning extends Pick<Ordering, 'popularity'> {
  /** From how many ratings the user's vectors came. */
  readonly known: number;
  /** What the user rated, oldest first: `next` needs it. */
  readonly rated?: RatedMovies;
}

const UPRIGHT: Leaning = { popularity: 0, known: 0 };

/** Scores every movie for a user. @param out (M), overwritten */
type Score = (model: Model, user: UserVectors, leaning: Leaning, out: Float32Array) => void;

/** Scores as they are served. @param blendOf weight of the predicted rating against relevance, 0 to 1 */
const blended =
  (blendOf: (model: Model) => number): Score =>
  (model, user, { popularity, known }, out) => {
    const blend = blendOf(model);
    const ordering = { blend, popularity, certainty: usualCertainty(blend) };
    scoreMovies(model, orderedBy(user, ordering, model.relevancePrior, known), blend, out);
  };

/** Scores as they are served for what somebody watches next. Throws `bad-flag` where the model did not learn that. */
const next: Score = (model, user, { popularity, rated }, out) => {
  if (!rated) throw new Error('a list by what somebody watches next needs what they rated');
  const ordering = { blend: 0, popularity, next: nextOf(model) };
  scoreMovies(model, scoredBy(user, ordering, model, rated), ordering.blend, out);
};

/** What people watch next, by a model that learned it. Throws `bad-flag`. */
export function nextOf({ next, manifest }: Model): NextModel {
  if (next) return next;
  throw new MarqueeError('bad-flag', `--by: got next, but ${manifest.version} was trained without ${FILES.next}`, {
    fix: 'Train a model with this release, or order by relevance or rating.',
  });
}

/** What a list can be ordered by. An order that is added here is one of `evaluate --by`. */
const SCORES = {
  blend: blended(({ manifest }) => manifest.blend),
  relevance: blended(() => 0),
  rating: blended(() => 1),
  next,
} satisfies Readonly<Record<string, Score>>;

/**
 * `blend` is the model's own mixture of relevance and rating, and what is served unless a request says otherwise. `next`
 * is what somebody watches next, liked or not.
 */
export type ListOrder = keyof typeof SCORES;

export const LIST_ORDERS = Object.keys(SCORES) as readonly ListOrder[];

/** A list's order, by default that of `blend` without leaning. */
export interface ListOrdering extends Partial<Leaning> {
  readonly by?: ListOrder;
}

/** Scores every movie for a user, in the order asked for. @param out (M), overwritten */
export function scoresBy(model: Model, user: UserVectors, ordering: ListOrdering, out: Float32Array): void {
  const { by = 'blend', ...leaning } = ordering;
  SCORES[by](model, user, { ...UPRIGHT, ...leaning }, out);
}
