import type { Dataset, Ratings } from './dataset.ts';

/** What a review looks at, gathered from all ratings or from some after the others. */
export class RatingSummary {
  #count = 0;
  #untimed = 0;
  readonly #users = new Same();
  readonly #movies = new Same();
  readonly #stars = new Same();

  add({ count, userIds, movieIds, stars, timestamps }: Ratings): this {
    this.#count += count;
    for (let i = 0; i < count; i++) if (!(timestamps[i] > 0)) this.#untimed++;
    this.#users.add(userIds);
    this.#movies.add(movieIds);
    this.#stars.add(stars);
    return this;
  }

  /** What people should know of a data set before it is trained on: what it lacks, a sentence each. */
  notes(movies: Dataset['movies']): string[] {
    const [count, untimed] = [this.#count, this.#untimed];
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
      [this.#users.holds, 'all ratings are of one user: nothing can be learned from what others like'],
      [this.#movies.holds, 'all ratings are of one movie: there is nothing to recommend'],
      [
        this.#stars.holds,
        `all ratings are ${this.#stars.first} stars: every prediction will be ${this.#stars.first}. Rate on a scale to learn tastes`,
      ],
    ];
    return notes.flatMap(([applies, note]) => (applies ? [note] : []));
  }
}

/** Whether all values were the same so far. */
class Same {
  first: number | undefined;
  holds = true;

  add(values: ArrayLike<number>): void {
    this.first ??= values[0];
    for (let i = 0; this.holds && i < values.length; i++) if (values[i] !== this.first) this.holds = false;
  }
}
