import { MarqueeError } from '../errors.ts';
import { answerOf, type Database } from '../storage/database.ts';
import type { MarkRow } from './mark.ts';
import { homeOf } from './shards.ts';
import { MARK_ROOM, MOST_MARKS } from './tables/mark.ts';
import { LATEST, MOST_STORED } from './tables/rating.ts';

/**
 * Rows that one session may add to the rating log in a day, midnight to midnight UTC by D1's clock; and how many marks it
 * may change in a day, by the Worker's.
 */
export const MOST_A_DAY = 20_000;

/** Ratings that are about to be written, as a change has them (`user-change.ts`). */
interface Writing {
  readonly user: number;
  /** Movie, stars or null, seconds since the epoch. */
  readonly ratings: readonly (readonly [movieId: number, stars: number | null, ratedAt: number])[];
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
}

/** The same of marks. */
interface MarkWriting extends Pick<Writing, 'user' | 'acceptedAt'> {
  readonly marks: readonly MarkRow[];
}

interface Room {
  readonly stored: number;
  /** Movies that D1 holds nothing of yet, and movies for which something changes. */
  readonly added: number;
  readonly changed: number;
  readonly today: number;
  /** Seconds until midnight. */
  readonly left: number;
}

const ROOM = `
  SELECT (SELECT count(*) FROM rating WHERE user_id = ?1) AS stored,
         (SELECT count(DISTINCT value ->> 0) FROM json_each(?2) WHERE NOT EXISTS (
            SELECT 1 FROM rating WHERE user_id = ?1 AND movie_id = value ->> 0)) AS added,
         (SELECT count(DISTINCT movie_id) FROM (${LATEST}) WHERE NOT known) AS changed,
         (SELECT count(*) FROM rating_log WHERE user_id = ?1 AND source <> 'api'
            AND received_at >= unixepoch() - unixepoch() % 86400) AS today,
         86400 - unixepoch() % 86400 AS left`;

/**
 * Refuses ratings beyond what one person may have in D1. To be asked before the first of them is written. Two requests of
 * one person at the same moment may both pass.
 *
 * @param daily whether `MOST_A_DAY` holds: for sessions, not for programs with the API token, nor for commands
 * @throws `too-many-ratings`, `too-many-requests` with `retryAfter`; `store-unavailable`
 */
export async function requireRoom(
  db: Database,
  { user, ratings, acceptedAt }: Writing,
  daily: boolean = false,
): Promise<void> {
  const rows = ratings.map(([movieId, stars, ratedAt]) => [movieId, stars === null ? null : stars * 2, ratedAt]);
  const select = homeOf(db, user).prepare(ROOM).bind(user, JSON.stringify(rows), acceptedAt);
  const room = (await answerOf(select.first<Room>()))!;
  refuseBeyond(room, { user, code: 'too-many-ratings', things: 'ratings', most: MOST_STORED, daily });
}

/** The same for marks. Throws `too-many-marks`, `too-many-requests` with `retryAfter`; `store-unavailable`. */
export async function requireRoomForMarks(
  db: Database,
  { user, marks, acceptedAt }: MarkWriting,
  daily: boolean = false,
): Promise<void> {
  const select = homeOf(db, user).prepare(MARK_ROOM).bind(user, JSON.stringify(marks), acceptedAt);
  const room = (await answerOf(select.first<Room>()))!;
  refuseBeyond(room, { user, code: 'too-many-marks', things: 'marks', most: MOST_MARKS, daily });
}

interface Limit {
  readonly user: number;
  readonly code: 'too-many-ratings' | 'too-many-marks';
  readonly things: string;
  readonly most: number;
  readonly daily: boolean;
}

function refuseBeyond({ stored, added, changed, today, left }: Room, { user, code, things, most, daily }: Limit): void {
  if (added > 0 && stored + added > most) {
    throw new MarqueeError(
      code,
      `user ${user} has ${stored} ${things}, and ${added} more would be beyond the ${most} of a person`,
      { fix: 'Nothing of this was stored. Send fewer films.', details: { stored, added, most } },
    );
  }
  if (!daily || changed === 0 || today + changed <= MOST_A_DAY) return;
  throw new MarqueeError(
    'too-many-requests',
    `user ${user} changed ${today} ${things} today, and ${changed} more would be beyond the ${MOST_A_DAY} of a day`,
    {
      fix: 'Nothing of this was stored. Try again after midnight UTC.',
      details: { retryAfter: left, most: MOST_A_DAY },
    },
  );
}
