import { DAY } from '../../../shared/model/time-away.ts';
import type { LogRow } from '../../../shared/ratings/tables/rating-log.ts';
import type { Ratings } from '../../data/dataset.ts';
import { distinct } from '../../math/ids.ts';

/** Limits on how much newcomers, people whom the data set lacks, may move a model. */
export interface GuardSettings {
  /** From this many ratings on, a newcomer who gave only one value is left out: that shows no taste. */
  readonly flatFrom: number;
  /** Newcomers' ratings that a movie takes on any day. */
  readonly movieFloor: number;
  /** It takes more in this proportion to the ratings that it had before that day. */
  readonly movieShare: number;
}

/**
 * None of the 7,654 people of ML-100K, ML-1M and ml-latest-small-2016 gave only one value. With the later half of each
 * set's people as newcomers (in ML-1M, of those ratings that carry a time), no rating exceeds its movie's daily allowance.
 */
export const DEFAULT_GUARD: GuardSettings = { flatFrom: 20, movieFloor: 2, movieShare: 1 };

/** What a retrain left out. */
export interface LeftOut {
  /** People who gave only one value, and their ratings. */
  readonly flatPeople: number;
  readonly flatRatings: number;
  /** Ratings beyond a movie's daily allowance, and their movies. */
  readonly pushedRatings: number;
  readonly pushedMovies: number;
}

export const NOTHING_LEFT_OUT: LeftOut = { flatPeople: 0, flatRatings: 0, pushedRatings: 0, pushedMovies: 0 };

/**
 * The rows of the log that a training may learn from. All ratings by people of the data set pass. Left out are newcomers
 * who gave only one value, and newcomers' ratings of a movie beyond its daily allowance
 *   floor + share · (ratings that it had before that day),   days by the Worker's clock,
 * of which the earliest ratings pass. So a movie that becomes popular can double every day, while one that ten sessions push
 * at once hardly moves. What is left out stays in the log and passes later, once the person has shown a taste.
 *
 * @param log rows in any order
 */
export function guardLog(
  base: Ratings,
  log: readonly LogRow[],
  settings: GuardSettings,
): { readonly log: LogRow[]; readonly leftOut: LeftOut } {
  const counts = new Map<number, number>();
  for (const movieId of base.movieIds) counts.set(movieId, (counts.get(movieId) ?? 0) + 1);
  return guardAgainst({ people: distinct(base.userIds), counts }, log, settings);
}

/** What the guard asks of a data set: its people, and how many ratings each film has. */
export interface Known {
  readonly people: Int32Array;
  readonly counts: Map<number, number>;
}

/** The same where the data set's ratings are not held. @param known its counts go on to those of the log */
export function guardAgainst(
  { people, counts }: Known,
  log: readonly LogRow[],
  settings: GuardSettings,
): { readonly log: LogRow[]; readonly leftOut: LeftOut } {
  const known = new Set(people);
  const opinions = latestOpinions(log.filter(({ userId }) => !known.has(userId)));
  const flat = flatPeople(opinions, settings.flatFrom);
  const varied = opinions.filter(({ userId }) => !flat.has(userId));
  const pushed = beyondAllowance(counts, varied, settings);
  const isPushed = new Set(pushed.map(pairOf));
  return {
    log: log.filter((row) => !flat.has(row.userId) && !isPushed.has(pairOf(row))),
    leftOut: {
      flatPeople: flat.size,
      flatRatings: opinions.length - varied.length,
      pushedRatings: pushed.length,
      pushedMovies: new Set(pushed.map(({ movieId }) => movieId)).size,
    },
  };
}

type Opinion = LogRow & { readonly halfStars: number };

function pairOf({ userId, movieId }: LogRow): string {
  return `${userId} ${movieId}`;
}

/** The latest row of each (user, movie), except where the rating was taken back. */
function latestOpinions(rows: readonly LogRow[]): Opinion[] {
  const latest = new Map<string, LogRow>();
  for (const row of rows) {
    const other = latest.get(pairOf(row));
    const isNewer =
      !other || row.timestamp > other.timestamp || (row.timestamp === other.timestamp && row.seq > other.seq);
    if (isNewer) latest.set(pairOf(row), row);
  }
  return [...latest.values()].filter((row): row is Opinion => row.halfStars !== null);
}

function flatPeople(opinions: readonly Opinion[], flatFrom: number): Set<number> {
  const values = new Map<number, { count: number; first: number; varied: boolean }>();
  for (const { userId, halfStars } of opinions) {
    const person = values.get(userId) ?? { count: 0, first: halfStars, varied: false };
    person.count++;
    person.varied ||= halfStars !== person.first;
    values.set(userId, person);
  }
  return new Set([...values].filter(([, { count, varied }]) => count >= flatFrom && !varied).map(([userId]) => userId));
}

/** The opinions beyond their movie's allowance of the day on which they arrived. */
function beyondAllowance(
  counts: Map<number, number>,
  opinions: readonly Opinion[],
  { movieFloor, movieShare }: GuardSettings,
): Opinion[] {
  const dayOf = ({ receivedAt, timestamp }: LogRow) => Math.floor((receivedAt ?? timestamp) / DAY);
  const today = new Map<number, { day: number; left: number }>();
  const beyond: Opinion[] = [];
  for (const opinion of opinions.toSorted((a, b) => dayOf(a) - dayOf(b) || a.seq - b.seq)) {
    const { movieId } = opinion;
    const day = dayOf(opinion);
    const before = counts.get(movieId) ?? 0;
    const latest = today.get(movieId);
    const allowance = latest?.day === day ? latest : { day, left: Math.floor(movieFloor + movieShare * before) };
    today.set(movieId, allowance);
    if (allowance.left === 0) {
      beyond.push(opinion);
      continue;
    }
    allowance.left--;
    counts.set(movieId, before + 1);
  }
  return beyond;
}
