import type { NewRating } from '../shared/rating-store.ts';
import type { Ratings } from './dataset.ts';
import { distinct } from './matrix.ts';

/**
 * The ratings of a file that go to one user: all of them when the file has a single user, else that user's own.
 * Ratings without a time count as made now, in file order.
 */
export function ratingsOfUser(ratings: Ratings, userId: number, now: number): NewRating[] {
  const single = distinct(ratings.userIds).length === 1;
  const positions = Array.from({ length: ratings.count }, (_, i) => i).filter(
    (i) => single || ratings.userIds[i] === userId,
  );
  return positions.map((i) => ({
    movieId: ratings.movieIds[i],
    rating: ratings.stars[i],
    timestamp: ratings.timestamps[i] > 0 ? ratings.timestamps[i] : now,
  }));
}
