import type { HeldMark } from '../../shared/ratings/mark.ts';
import { parseMarks } from '../../shared/ratings/mark-store.ts';
import type { NewRating } from '../../shared/ratings/new-rating.ts';
import { parseRatings, wasDeleted } from '../../shared/ratings/rating-store.ts';
import { asNewAs } from '../../shared/ratings/sessions.ts';
import { byHome, everyShard, type Seen } from '../../shared/ratings/shards.ts';
import { type PersonTexts, readPersonTexts } from '../../shared/ratings/tables/rating.ts';
import type { Database } from '../../shared/storage/database.ts';
import { Lru } from '../lru.ts';
import type { Metrics } from '../observe/metrics.ts';
import { Patience, withDeadline } from './deadline.ts';

/** Queries at a time. Requests beyond these share the next query. */
const QUERIES = 2;
/** Milliseconds after which the next query no longer waits for a slow one. */
const PATIENCE = 20;
/** Users of one query. */
const MOST_USERS = 32;
/** Ratings and marks to keep, of all users together, those asked about last. */
const KEPT_RATINGS = 20_000;

/** What D1 holds of a user. */
export interface Newer {
  /** Oldest first; a rating of null was taken back. */
  readonly ratings: readonly NewRating[];
  /** Oldest first. */
  readonly marks: readonly HeldMark[];
}

/** A user of whom D1 holds nothing. */
const NONE: Newer = { ratings: [], marks: [] };

interface Waiting {
  readonly userId: number;
  /** How new the answer must be; undefined: as D1 itself has it. */
  readonly seen: Seen | null | undefined;
  /** True: this request sends the next query, for all who wait. False: a query for this request was sent. */
  readonly turn: PromiseWithResolvers<boolean>;
  /** What D1 holds of the user as JSON, undefined where that is nothing, null when the user was deleted. */
  readonly texts: PromiseWithResolvers<PersonTexts | null | undefined>;
}

interface Kept extends Newer {
  readonly texts: PersonTexts;
}

/**
 * Reads ratings and marks from D1 for many requests at a time. A call of D1 costs an isolate more than its rows do, so one query
 * answers all requests that wait. A query never answers a request that came after it was sent, so that a rating counts
 * in the very next answer.
 */
export class RatingReader {
  readonly #kept = new Lru<number, Kept>(KEPT_RATINGS, ({ ratings, marks }) => ratings.length + marks.length);
  readonly #patience: Patience;
  readonly #timeout: number;
  readonly #watch: Pick<Metrics, 'used'> | undefined;
  #waiting: Waiting[] = [];
  #underWay = 0;

  /**
   * @param timeout milliseconds that D1 may take while it answers
   * @param watch hears of each use of the ratings that are kept
   */
  constructor(timeout: number, watch?: Pick<Metrics, 'used'>) {
    this.#timeout = timeout;
    this.#patience = new Patience(timeout);
    this.#watch = watch;
  }

  /** Milliseconds that D1 may take now. */
  get timeout(): number {
    return this.#patience.milliseconds;
  }

  /**
   * All ratings and marks that D1 holds of a user. Returns the same list of ratings again while that does not change and
   * the user was asked for lately.
   *
   * @param context of the request. It may have to send the query of others, even after its own answer
   * @param seen how new the answer must be, where D1's replicas may give it
   * @throws `deleted-user`; `store-unavailable`
   */
  async read(
    db: Database,
    userId: number,
    context: Pick<ExecutionContext, 'waitUntil'>,
    seen?: Seen | null,
  ): Promise<Newer> {
    const request: Waiting = { userId, seen, turn: Promise.withResolvers(), texts: Promise.withResolvers() };
    this.#waiting.push(request);
    if (this.#underWay < QUERIES) context.waitUntil(this.#ask(db));
    else context.waitUntil(request.turn.promise.then((mine) => (mine ? this.#ask(db) : undefined)));
    const texts = await withDeadline(request.texts.promise, this.timeout);
    if (texts === null) throw wasDeleted(userId);
    return texts === undefined ? NONE : this.#parsed(userId, texts);
  }

  /** Sends one query for all who wait. When it is done, or slow, the next one may be sent. */
  async #ask(db: Database): Promise<void> {
    const asking = this.#waiting.splice(0, MOST_USERS);
    if (asking.length === 0) return;
    for (const { turn } of asking) turn.resolve(false);
    this.#underWay++;
    const query = answer(asking, db).then(() => this.#patience.heard());
    const inTime = (milliseconds: number) =>
      withDeadline(query, milliseconds).then(
        () => true,
        () => false,
      );
    const done = await inTime(PATIENCE);
    this.#underWay--;
    this.#waiting[0]?.turn.resolve(true);
    if (!done && !(await inTime(this.#timeout))) this.#patience.missed(); // nobody waits for this answer any more
  }

  #parsed(userId: number, texts: PersonTexts): Newer {
    const before = this.#kept.get(userId);
    const sameRatings = before?.texts.ratings === texts.ratings;
    this.#watch?.used('ratings', sameRatings);
    if (sameRatings && before.texts.marks === texts.marks) return before;
    const ratings = sameRatings ? before.ratings : parseRatings(texts.ratings);
    const kept = { texts, ratings, marks: parseMarks(texts.marks) };
    this.#kept.set(userId, kept);
    return kept;
  }
}

/** A database that does not answer keeps only its own people waiting. */
async function answer(asking: readonly Waiting[], db: Database): Promise<void> {
  if (everyShard(db).length === 1) return answerSome(asking, db);
  const users = asking.map(({ userId }) => userId);
  const groups = await byHome(db, users).catch(() => [users]);
  const those = (userIds: readonly number[]) => asking.filter(({ userId }) => userIds.includes(userId));
  await Promise.all(groups.map((userIds) => answerSome(those(userIds), db)));
}

async function answerSome(asking: readonly Waiting[], db: Database): Promise<void> {
  const users = asking.map(({ userId }) => userId);
  try {
    const seen = asking.flatMap((request) => (request.seen === undefined ? [] : [request.seen]));
    const source = seen.length === asking.length ? asNewAs(db, seen) : db;
    const held = await readPersonTexts(source, users);
    for (const { userId, texts } of asking) texts.resolve(held.get(userId));
  } catch (error) {
    for (const { texts } of asking) texts.reject(error);
  }
}
