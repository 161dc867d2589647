import { FIRST_PERSON } from '../../../shared/ratings/people.ts';
import { EVERY_MOVIE } from '../../../shared/ratings/rating.ts';
import { lastPerson, type Person, readPeople } from '../../../shared/ratings/tables/person.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';
import type { Database } from '../../../shared/storage/database.ts';
import type { ComparedLogs } from './compare-logs.ts';
import type { Restored } from './identity.ts';

type NewPerson = Pick<Person, 'userId' | 'createdAt'>;

/** What a heal has to do. */
export interface Plan {
  /** Ratings of R2 that D1 lacks, and has nothing newer for; ascending by seq. */
  readonly lost: readonly LogRow[];
  /** Deletions in R2 of people who are not deleted in D1. */
  readonly deletions: readonly LogRow[];
  /** People who were given an id that D1 does not know. */
  readonly people: readonly NewPerson[];
  /** The last id that may have been given to a person. */
  readonly lastPerson: number;
  /** People of R2's log whose id is somebody else's in D1. */
  readonly renamed: readonly NewPerson[];
}

/** Seconds by which the Worker's clock and D1's may differ. */
export const CLOCKS = 60;
/** Where no mark says which ids were given out: a larger gap between ids than this was made by a program. */
const GAP = 10_000;
/** Ids of one question to D1. */
const PAGE = 10_000;

/** @param givesIds whether the database is the one that gives people their ids; another one only has who was deleted there */
export async function planHeal(db: Database, { mark, logs }: Restored, givesIds = true): Promise<Plan> {
  const times = receivedTimes(logs.copied);
  const known = await knownPeople(db, [...times.keys()]);
  const personOf = (userId: number) => ({ userId, createdAt: times.get(userId)!.first });
  // Whoever was created after all that R2 has of their id is somebody else.
  const isAnother = (userId: number) =>
    givesIds && userId >= FIRST_PERSON && (known.get(userId)?.createdAt ?? 0) > times.get(userId)!.last + CLOCKS;
  const deletions = logs.copied.filter(({ movieId }) => movieId === EVERY_MOVIE);
  const gone = new Set(deletions.map(({ userId }) => userId));
  const isGone = (userId: number) => known.get(userId)?.deletedAt != null;
  const ids = [...times.keys()].filter((userId) => userId >= FIRST_PERSON).sort((a, b) => a - b);
  const given = mark?.lastPerson ?? lastWithoutGap(ids, await lastPerson(db));
  return {
    lost: lostRatings(logs, isAnother).filter(
      ({ userId }) => !gone.has(userId) && (isAnother(userId) || !isGone(userId)),
    ),
    deletions: deletions.filter(({ userId }) => !isAnother(userId) && !isGone(userId)),
    people: ids.filter((userId) => givesIds && !known.has(userId) && userId <= given).map(personOf),
    lastPerson: given,
    renamed: ids.filter(isAnother).map(personOf),
  };
}

/** When R2's first and last row of each user was received. */
function receivedTimes(rows: readonly LogRow[]): Map<number, { first: number; last: number }> {
  const times = new Map<number, { first: number; last: number }>();
  for (const { userId, receivedAt, timestamp } of rows) {
    const at = receivedAt ?? timestamp;
    const { first, last } = times.get(userId) ?? { first: at, last: at };
    times.set(userId, { first: Math.min(first, at), last: Math.max(last, at) });
  }
  return times;
}

async function knownPeople(db: Database, ids: readonly number[]): Promise<Map<number, Person>> {
  const known = new Map<number, Person>();
  for (let at = 0; at < ids.length; at += PAGE) {
    for (const person of await readPeople(db, ids.slice(at, at + PAGE))) known.set(person.userId, person);
  }
  return known;
}

function lastWithoutGap(ids: readonly number[], from: number): number {
  let last = from;
  for (const userId of ids) {
    if (userId > last + GAP) break;
    last = Math.max(last, userId);
  }
  return last;
}

/** The latest of each (user, movie) in R2's log, where D1's log has neither that row nor a newer one. */
function lostRatings({ copied, held, shared }: ComparedLogs, isAnother: (userId: number) => boolean): LogRow[] {
  const pairOf = ({ userId, movieId }: LogRow) => `${userId} ${movieId}`;
  const latest = new Map<string, LogRow>();
  for (const row of copied) {
    if (row.movieId === EVERY_MOVIE) continue;
    const before = latest.get(pairOf(row));
    if (!before || row.timestamp >= before.timestamp) latest.set(pairOf(row), row);
  }
  for (const row of held) {
    const copy = latest.get(pairOf(row));
    if (!copy || isAnother(row.userId) || row.timestamp < copy.timestamp) continue;
    const isOlder = shared.has(row.seq) && row.seq < copy.seq; // of two in one second
    if (!isOlder) latest.delete(pairOf(row));
  }
  return [...latest.values()].sort((a, b) => a.seq - b.seq);
}
