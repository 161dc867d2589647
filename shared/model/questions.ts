import { topK } from '../math/topk.ts';
import type { Model, RatedMovies } from './model.ts';
import { inferUser, predictionVariance } from './posterior.ts';
import { chanceOfSeen } from './seen-movies.ts';

/**
 * Effort of answering "not seen", where rating a movie is 1. With less, people are asked about movies that tell more,
 * and answer "not seen" more often.
 */
const NOT_SEEN_EFFORT = 0.07;

/** A movie to ask about. Its score: expected nats of information for the effort of one rating. */
export interface Question {
  readonly row: number;
  readonly score: number;
}

/**
 * The information in a rating of each movie that may be asked about, (C), in nats. The two blocks of the model learn
 * different things from a rating. This is the geometric mean of both, so that a movie needs some of each:
 * - stars: ½ log(1 + τ fᵀA⁻¹f), the mutual information of the rating and the user vector under the posterior;
 * - lists: −log share, the self-information of having seen the movie. A movie that everybody has seen tells nothing
 *   about this user's list.
 */
export function informationOf({ movies, userPrior, seen }: Model, rated: RatedMovies): Float64Array {
  const posterior = inferUser(movies, userPrior, rated);
  return Float64Array.from(seen.rows, (row, place) => {
    const ofStars = 0.5 * Math.log1p(userPrior.tau * predictionVariance(posterior, movies, userPrior, row));
    return Math.sqrt(ofStars * -Math.log(seen.shares[place]));
  });
}

/**
 * The movies most worth asking a user about, best first, by expected information over expected effort:
 *   P information / (P + effort (1 − P)),   P: the chance that they have seen the movie, given all of their answers so far.
 * Only the C most rated movies are asked about, and none that the user rated or has not seen.
 *
 * @param notSeen rows that the user is known not to have seen; −1 stands for movies that the model lacks
 * @param information of `informationOf`, where it is known already: it depends on the ratings alone
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
