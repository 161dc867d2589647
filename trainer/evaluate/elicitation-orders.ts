import type { Model } from '../../shared/model/model.ts';
import { HALF_STARS } from '../../shared/ratings/rating.ts';
import type { Ratings } from '../data/dataset.ts';
import { random, STREAMS, shuffled } from '../math/random.ts';

/** An order of questions that does not depend on the answers. */
interface FixedOrder {
  readonly name: string;
  /** Rows of the movie table in the order of asking. */
  orderFor(userId: number): ArrayLike<number>;
}

/** How many values a rating can have. */
const VALUES = HALF_STARS.max / HALF_STARS.step;
/** Weight of "not rated" beside the ratings' 1 each in entropy0, as in the paper. */
const UNRATED_WEIGHT = 0.5;

/**
 * Orders of the literature over the same movies: random; popularity; log(popularity) · entropy of the ratings (Rashid et
 * al., "Getting to know you", IUI 2002); and entropy0, in which "not rated" is a value too, at half the weight (Rashid,
 * Karypis & Riedl, "Learning preferences of new users in recommender systems", SIGKDD Explorations 2008).
 */
export function fixedOrders({ movies, seen, manifest }: Model, train: Ratings, seed: number): FixedOrder[] {
  const rows = Array.from(seen.rows);
  const histograms = new Map(rows.map((row) => [row, new Float64Array(VALUES)]));
  for (let i = 0; i < train.count; i++) {
    const histogram = histograms.get(movies.rowOf(train.movieIds[i]));
    if (histogram) histogram[Math.round(train.stars[i] / HALF_STARS.step) - 1]++;
  }
  const entropy = (row: number, total: number) => entropyOf(histograms.get(row)!, total);
  const users = manifest.dataset.users;
  const orderBy = (name: string, value: (row: number) => number): FixedOrder => {
    const values = new Map(rows.map((row) => [row, value(row)]));
    const order = [...rows].sort((a, b) => values.get(b)! - values.get(a)! || a - b);
    return { name, orderFor: () => order };
  };
  return [
    orderBy('popularity', (row) => movies.ratingCounts[row]),
    orderBy('log pop × entropy', (row) => Math.log(movies.ratingCounts[row]) * entropy(row, movies.ratingCounts[row])),
    orderBy('entropy0', (row) => {
      const unrated = Float64Array.of(users - movies.ratingCounts[row]);
      return entropy(row, users) + UNRATED_WEIGHT * entropyOf(unrated, users);
    }),
    {
      name: 'random',
      orderFor: (userId) => shuffled(rows.length, random(seed + userId, STREAMS.questions)).map((place) => rows[place]),
    },
  ];
}

/** −Σ p log p in nats, p = count / total. */
function entropyOf(counts: Float64Array, total: number): number {
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / total) * Math.log(count / total);
  return sum;
}
