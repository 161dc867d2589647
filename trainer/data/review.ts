import type { Dataset, Ratings } from './dataset.ts';

/** A newest time within, the first day of 1970, is more likely a year or the number that table programs have for a day. */
const NO_SECONDS = { from: 1900, to: 60_000 };

/** What a review looks at, gathered from all ratings or from some after the others. */
export class RatingSummary {
  #count = 0;
  #untimed = 0;
  #newest = 0;
  readonly #users = new Same();
  readonly #movies = new Same();
  readonly #stars = new Same();

  add({ count, userIds, movieIds, stars, timestamps }: Ratings): this {
    this.#count += count;
    for (let i = 0; i < count; i++) {
      if (!(timestamps[i] > 0)) this.#untimed++;
      else if (timestamps[i] > this.#newest) this.#newest = timestamps[i];
    }
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
        this.#newest >= NO_SECONDS.from && this.#newest < NO_SECONDS.to,
        `the newest time is ${this.#newest}: times are seconds since 1970, and this looks like a year or a day`,
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
