import { topK } from '../math/topk.ts';
import type { Model, RatedMovies } from './model.ts';
import { inferUser, predictionVariance } from './posterior.ts';
import { chanceOfSeen } from './seen-movies.ts';

/**
 * Effort of saying "not seen", rating a movie being 1. With less, people are asked about movies that tell more, and more
 * often say so.
 */
const NOT_SEEN_EFFORT = 0.07;

/** A movie to ask about, and what asking is worth: nats of information for the effort of one rating. */
export interface Question {
  readonly row: number;
  readonly score: number;
}

/**
 * What a rating of each movie that may be asked about would tell, (C), in nats. The two blocks of the model learn different
 * things from it, and this is the geometric mean of both, so that neither is bought with the other:
 * - stars: ½ log(1 + τ fᵀA⁻¹f), the mutual information of the rating and the user vector under the posterior;
 * - lists: −log share, the self-information of having seen the movie. What everybody has seen says nothing of whose list
 *   it is; that this person belongs to the few who saw a rarer one does.
 */
export function informationOf({ movies, userPrior, seen }: Model, rated: RatedMovies): Float64Array {
  const posterior = inferUser(movies, userPrior, rated);
  return Float64Array.from(seen.rows, (row, place) => {
    const ofStars = 0.5 * Math.log1p(userPrior.tau * predictionVariance(posterior, movies, userPrior, row));
    return Math.sqrt(ofStars * -Math.log(seen.shares[place]));
  });
}

/**
 * The movies most worth asking a user about, most first: information that can be hoped for over the effort that it takes,
 *   P information / (P + effort (1 − P)),   P the chance that they have seen the movie, from all of their answers so far.
 * Movies rated or named as not seen are not asked about, nor are any but the C most rated ones.
 *
 * @param notSeen rows that the user is known not to have seen; −1 stands for movies that the model lacks
 * @param information what `informationOf` says, where it is known already: it changes with ratings alone
 */
export function worthAsking(
  model: Model,
  rated: RatedMovies,
  notSeen: readonly number[],
  count: number,
  information = informationOf(model, rated),
): Question[] {
  const { rows } = model.seen;
  const chances = chanceOfSeen(model.seen, rated.rows, notSeen);
  const values = information.map((nats, place) => {
    const chance = chances[place];
    return (chance * nats) / (chance + NOT_SEEN_EFFORT * (1 - chance));
  });
  const answered = new Set([...rated.rows, ...notSeen]);
  const best = topK(values, count, (place) => !answered.has(rows[place]));
  return Array.from(best, (place) => ({ row: rows[place], score: values[place] }));
}
