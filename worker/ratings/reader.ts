import { type NewRating, parseRatings } from '../../shared/ratings/rating-store.ts';
import { readRatingTexts } from '../../shared/ratings/tables/rating.ts';
import type { Database } from '../../shared/storage/database.ts';
import { Lru } from '../lru.ts';
import { withDeadline } from './deadline.ts';

/** Queries that others wait for: whoever asks beyond these shares the next one. */
const QUERIES = 2;
/** Milliseconds after which a query holds up nobody any more. */
const PATIENCE = 20;
/** Users of one query. */
const MOST_USERS = 32;
/** Ratings of users asked about last that are kept, in all. */
const KEPT_RATINGS = 20_000;

/** What D1 holds of nobody. */
const NONE: readonly NewRating[] = [];

interface Waiting {
  readonly userId: number;
  /** Whether to ask for all who wait, since a query may leave; not for whom a query asks already. */
  readonly turn: PromiseWithResolvers<boolean>;
  /** What D1 holds of the user as JSON, undefined where that is nothing. */
  readonly text: PromiseWithResolvers<string | undefined>;
}

interface Kept {
  readonly text: string;
  readonly ratings: readonly NewRating[];
}

/**
 * The ratings that D1 holds, for many requests at a time: a call of D1 costs an isolate more than its rows do, and so one
 * query answers all who wait. It never serves whoever asks after it has left, so that a rating is in the very next answer.
 */
export class RatingReader {
  readonly #kept = new Lru<number, Kept>(KEPT_RATINGS, ({ ratings }) => ratings.length);
  readonly #timeout: number;
  #waiting: Waiting[] = [];
  #underWay = 0;

  /** @param timeout milliseconds that D1 may take */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /**
   * All that D1 holds of a user, oldest first: the same list as long as that does not change, if it was asked for lately.
   *
   * @param context of the request: who waits for others may have to ask for them, even when nobody waits for the answer
   * @throws `store-unavailable`
   */
  async read(
    db: Database,
    userId: number,
    context: Pick<ExecutionContext, 'waitUntil'>,
  ): Promise<readonly NewRating[]> {
    const own: Waiting = { userId, turn: Promise.withResolvers(), text: Promise.withResolvers() };
    this.#waiting.push(own);
    if (this.#underWay < QUERIES) context.waitUntil(this.#ask(db));
    else context.waitUntil(own.turn.promise.then((mine) => (mine ? this.#ask(db) : undefined)));
    const text = await withDeadline(own.text.promise, this.#timeout);
    return text === undefined ? NONE : this.#listOf(userId, text);
  }

  /** One query for all who wait; when it is done or slow the next may leave. */
  async #ask(db: Database): Promise<void> {
    const asking = this.#waiting.splice(0, MOST_USERS);
    if (asking.length === 0) return;
    for (const { turn } of asking) turn.resolve(false);
    this.#underWay++;
    const query = answer(asking, db);
    const inTime = (milliseconds: number) =>
      withDeadline(query, milliseconds).then(
        () => true,
        () => false,
      );
    const done = await inTime(PATIENCE);
    this.#underWay--;
    this.#waiting[0]?.turn.resolve(true);
    if (!done) await inTime(this.#timeout); // after that nobody waits
  }

  #listOf(userId: number, text: string): readonly NewRating[] {
    const kept = this.#kept.get(userId);
    if (kept?.text === text) return kept.ratings;
    const ratings = parseRatings(text);
    this.#kept.set(userId, { text, ratings });
    return ratings;
  }
}

async function answer(asking: readonly Waiting[], db: Database): Promise<void> {
  const users = asking.map(({ userId }) => userId);
  try {
    const texts = await readRatingTexts(db, users);
    for (const { userId, text } of asking) text.resolve(texts.get(userId));
  } catch (error) {
    for (const { text } of asking) text.reject(error);
  }
}
