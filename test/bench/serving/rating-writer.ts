import type { Database } from '../../../shared/storage/database.ts';
import { movieIdAt } from '../harness/synthetic-artifact.ts';

/** What became of the ratings that were sent in a while. */
export interface Writes {
  /** 200: D1 has it. */
  readonly stored: number;
  /** 202: the queue has it. */
  readonly queued: number;
  /** 503: nobody has it, says the answer. */
  readonly refused: number;
}

const FIRST_USER = 2_000_000;
/** Ratings of a user; the next one begins then. */
const EACH = 200;
/** Milliseconds that an answer may take. */
const PATIENCE = 60_000;
/** Senders, each of which waits for its answer. */
const AT_ONCE = 4;

/** Sends ratings of many people, no movie twice by one of them, and remembers which were accepted. */
export class RatingWriter {
  readonly #url: string;
  readonly #token: string;
  readonly #accepted: { userId: number; movieId: number; rating: number }[] = [];
  #sent = 0;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async write(seconds: number): Promise<Writes> {
    const until = performance.now() + 1000 * seconds;
    const count: Record<number, number> = {};
    const send = async () => {
      while (performance.now() < until) {
        const status = await this.#send(this.#sent++);
        count[status] = (count[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    const others = Object.keys(count).filter((status) => !['200', '202', '503'].includes(status));
    if (others.length > 0) throw new Error(`ratings were answered ${others.join(', ')}`);
    return { stored: count[200] ?? 0, queued: count[202] ?? 0, refused: count[503] ?? 0 };
  }

  /** How many accepted ratings D1 does not have as they were sent. */
  async missing(db: Database): Promise<number> {
    const of = db.prepare('SELECT half_stars FROM rating WHERE user_id = ? AND movie_id = ?');
    let missing = 0;
    for (const { userId, movieId, rating } of this.#accepted) {
      const held = await of.bind(userId, movieId).first<{ half_stars: number }>();
      if (held?.half_stars !== 2 * rating) missing++;
    }
    return missing;
  }

  async #send(number: number): Promise<number> {
    const userId = FIRST_USER + Math.floor(number / EACH);
    const [movieId, rating] = [movieIdAt(number % EACH), 0.5 + (number % 10) / 2];
    const timestamp = Math.floor(Date.now() / 1000);
    const { status } = await fetch(`${this.#url}/ratings`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: userId, movieId, rating, timestamp }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (status < 300) this.#accepted.push({ userId, movieId, rating });
    return status;
  }
}
