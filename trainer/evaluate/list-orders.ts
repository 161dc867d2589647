import type { Model, UserVectors } from '../../shared/model/model.ts';
import { type Ordering, orderedBy, usualCertainty } from '../../shared/model/ordering.ts';
import { scoreMovies } from '../../shared/model/score.ts';

/** How much better known films count, as in a request. */
interface Leaning extends Pick<Ordering, 'popularity'> {
  /** From how many ratings the user's vectors came. */
  readonly known: number;
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

/** What a list can be ordered by. An order that is added here is one of `evaluate --by`. */
const SCORES = {
  blend: blended(({ manifest }) => manifest.blend),
  relevance: blended(() => 0),
  rating: blended(() => 1),
} satisfies Readonly<Record<string, Score>>;

/** `blend` is the model's own mixture of the other two, and what is served unless a request says otherwise. */
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
