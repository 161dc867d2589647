import { MarqueeError } from '../errors.ts';

/**
 * The part of a D1 database that Marquee uses. Cloudflare's binding satisfies it, in the Worker and under Node, on this
 * machine and remote. D1 binds at most 100 parameters; longer lists are bound as JSON.
 */
export interface Database {
  prepare(sql: string): Statement;
  /** One transaction: all of the statements or none. */
  batch<T>(statements: Statement[]): Promise<{ results: T[]; readonly meta: Meta }[]>;
  /**
   * The database as it is read in one session: by copies of it that are as new as a bookmark, or by itself.
   *
   * @param from a bookmark, `first-primary` or `first-unconstrained`
   */
  withSession?(from: string): DatabaseSession;
}

/** A database whose answers are never older than its first. */
export interface DatabaseSession extends Database {
  /** How new its last answer is; null before the first. Of two bookmarks the later one is greater as a text. */
  getBookmark(): string | null;
}

export interface Meta {
  /** Rows written or deleted. */
  readonly changes: number;
}

export interface Statement {
  bind(...values: unknown[]): Statement;
  all<T>(): Promise<{ results: T[] }>;
  /** Rows as lists of values, in the order of the columns. */
  raw<T>(): Promise<T[]>;
  first<T>(): Promise<T | null>;
  run(): Promise<{ readonly meta: Meta }>;
}

/** What to say when D1 fails. */
interface Failure {
  readonly message: string;
  readonly fix: string;
}

const NO_ANSWER: Failure = {
  message: 'the rating store did not answer',
  fix: 'Try again; under `npm start` the tables come from worker/migrations.',
};

/** Waits for D1's answer. Throws `store-unavailable` when D1 fails. */
export async function answerOf<T>(answer: Promise<T>, { message, fix } = NO_ANSWER): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof MarqueeError) throw cause;
    throw new MarqueeError('store-unavailable', message, { fix, cause });
  }
}
