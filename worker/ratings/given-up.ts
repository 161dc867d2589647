import { waitingLetters } from '../../shared/ratings/dead-letters.ts';
import { withDeadline } from './deadline.ts';

/** Milliseconds for which a count holds: R2 asks more for a list than for a read. */
const FRESH = 60_000;
/** Milliseconds that R2 may take. */
const PATIENCE = 2000;

/** How many accepted writes the queue gave up on, which wait in R2 for `npm run replay`. */
export class GivenUp {
  readonly #now: () => number;
  #count: Promise<number | null> = Promise.resolve(null);
  #since = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Null when R2 does not tell. */
  count(bucket: R2Bucket): Promise<number | null> {
    if (this.#now() - this.#since < FRESH) return this.#count;
    this.#since = this.#now();
    this.#count = withDeadline(waitingLetters(bucket), PATIENCE, 'R2').then(
      ({ length }) => length,
      () => null,
    );
    return this.#count;
  }
}
