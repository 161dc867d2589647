import type { Model, UserVectors } from '../../shared/model/model.ts';
import { scoreMovies } from '../../shared/model/score.ts';

/** Scores every movie for a user. @param out (M), overwritten */
type Score = (model: Model, user: UserVectors, out: Float32Array) => void;

/** By how much the predicted rating counts against relevance, 0 to 1. */
const blended =
  (blendOf: (model: Model) => number): Score =>
  (model, user, out) =>
    scoreMovies(model, user, blendOf(model), out);

/** What a list can be ordered by. An order that is added here is one of `evaluate --by`. */
const SCORES = {
  blend: blended(({ manifest }) => manifest.blend),
  relevance: blended(() => 0),
  rating: blended(() => 1),
} satisfies Readonly<Record<string, Score>>;

/** `blend` is the model's own mixture of the other two, and what is served unless a request says otherwise. */
export type ListOrder = keyof typeof SCORES;

export const LIST_ORDERS = Object.keys(SCORES) as readonly ListOrder[];

/** Scores every movie for a user, by the order asked for. @param out (M), overwritten */
export function scoresBy(model: Model, user: UserVectors, by: ListOrder = 'blend', out: Float32Array): void {
  SCORES[by](model, user, out);
}
