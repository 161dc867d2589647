import type { NewRating } from '../../shared/ratings/new-rating.ts';
import { parseRatings, wasDeleted } from '../../shared/ratings/rating-store.ts';
import { readRatingTexts } from '../../shared/ratings/tables/rating.ts';
import type { Database } from '../../shared/storage/database.ts';
import { Lru } from '../lru.ts';
import { withDeadline } from './deadline.ts';

/** Queries at a time. Requests beyond these share the next query. */
const QUERIES = 2;
/** Milliseconds after which the next query no longer waits for a slow one. */
const PATIENCE = 20;
/** Users of one query. */
const MOST_USERS = 32;
/** Ratings to keep, of all users together, those asked about last. */
const KEPT_RATINGS = 20_000;

/** The ratings of a user of whom D1 holds none. */
const NONE: readonly NewRating[] = [];

interface Waiting {
  readonly userId: number;
  /** True: this request sends the next query, for all who wait. False: a query for this request was sent. */
  readonly turn: PromiseWithResolvers<boolean>;
  /** The user's ratings in D1 as JSON, undefined where it holds none, null when the user was deleted. */
  readonly text: PromiseWithResolvers<string | null | undefined>;
}

interface Kept {
  readonly text: string;
  readonly ratings: readonly NewRating[];
}

/**
 * Reads ratings from D1 for many requests at a time. A call of D1 costs an isolate more than its rows do, so one query
 * answers all requests that wait. A query never answers a request that came after it was sent, so that a rating counts
 * in the very next answer.
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
   * All ratings that D1 holds of a user, oldest first. Returns the same list again while that does not change and the
   * user was asked for lately.
   *
   * @param context of the request. It may have to send the query of others, even after its own answer
   * @throws `deleted-user`; `store-unavailable`
   */
  async read(
    db: Database,
    userId: number,
    context: Pick<ExecutionContext, 'waitUntil'>,
  ): Promise<readonly NewRating[]> {
    const request: Waiting = { userId, turn: Promise.withResolvers(), text: Promise.withResolvers() };
    this.#waiting.push(request);
    if (this.#underWay < QUERIES) context.waitUntil(this.#ask(db));
    else context.waitUntil(request.turn.promise.then((mine) => (mine ? this.#ask(db) : undefined)));
    const text = await withDeadline(request.text.promise, this.#timeout);
    if (text === null) throw wasDeleted(userId);
    return text === undefined ? NONE : this.#listOf(userId, text);
  }

  /** Sends one query for all who wait. When it is done, or slow, the next one may be sent. */
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
