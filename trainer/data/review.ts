import type { Dataset } from './dataset.ts';

/** What people should know of a data set before it is trained on: what it lacks, a sentence each. */
export function reviewDataset({ ratings, movies }: Pick<Dataset, 'ratings' | 'movies'>): string[] {
  const { count, userIds, movieIds, stars, timestamps } = ratings;
  const untimed = timestamps.reduce((sum, time) => (time > 0 ? sum : sum + 1), 0);
  const same = <T>(values: ArrayLike<T>) => Array.prototype.every.call(values, (value: T) => value === values[0]);
  const notes: [boolean, string][] = [
    [untimed === count, 'no rating has a time: the order of the rows in the file counts as the order in time'],
    [
      untimed > 0 && untimed < count,
      `${untimed} of ${count} ratings have no time: the ratings of their users count in the order of the file`,
    ],
    [
      movies.size === 0,
      'no movie file beside the ratings names a movie: ids stand for titles, genres and years are unknown. Put a movies.csv there',
    ],
    [same(userIds), 'all ratings are of one user: nothing can be learned from what others like'],
    [same(movieIds), 'all ratings are of one movie: there is nothing to recommend'],
    [
      same(stars),
      `all ratings are ${stars[0]} stars: every prediction will be ${stars[0]}. Rate on a scale to learn tastes`,
    ],
  ];
  return notes.flatMap(([applies, note]) => (applies ? [note] : []));
}
