import type { LogRow } from '../../shared/ratings/tables/rating-log.ts';
import type { Ratings } from '../data/dataset.ts';
import { distinct } from '../math/ids.ts';

/** How much people whom the data set lacks may move a model. */
export interface GuardSettings {
  /** Ratings from which on somebody who only ever gave one value is left out: that is no taste. */
  readonly flatFrom: number;
  /** A movie takes so many of their ratings a day, */
  readonly movieFloor: number;
  /** and this share of the ratings that it had before that day. */
  readonly movieShare: number;
}

/**
 * Of the 7,654 people of ML-100K, ML-1M and ml-latest-small-2016 nobody only ever gave one value. With the later half of
 * each set's people as newcomers (of ML-1M what carries a time), no rating goes beyond its movie's share of a day.
 */
export const DEFAULT_GUARD: GuardSettings = { flatFrom: 20, movieFloor: 2, movieShare: 1 };

/** What a retrain did not take up. */
export interface LeftOut {
  /** People who only ever gave one value, and their ratings. */
  readonly flatPeople: number;
  readonly flatRatings: number;
  /** Ratings beyond a movie's share of a day, and their movies. */
  readonly pushedRatings: number;
  readonly pushedMovies: number;
}

export const NOTHING_LEFT_OUT: LeftOut = { flatPeople: 0, flatRatings: 0, pushedRatings: 0, pushedMovies: 0 };

/**
 * The rows of the log that a training may learn from. People of the data set pass as they are; of newcomers those are left
 * out who only ever gave one value, and the ratings of a movie beyond its allowance of a day,
 *   floor + share · (ratings that it had before that day),   days as the Worker's clock had them,
 * the earliest first: a movie that people flock to doubles every day, one that ten sessions push at once hardly moves. What
 * is left out stays in the log, and comes in once the person has shown a taste.
 *
 * @param log rows in any order
 */
export function guardLog(
  base: Ratings,
  log: readonly LogRow[],
  settings: GuardSettings,
): { readonly log: LogRow[]; readonly leftOut: LeftOut } {
  const known = new Set(distinct(base.userIds));
  const opinions = latestOpinions(log.filter(({ userId }) => !known.has(userId)));
  const flat = flatPeople(opinions, settings.flatFrom);
  const given = opinions.filter(({ userId }) => !flat.has(userId));
  const pushed = beyondAllowance(base, given, settings);
  const isPushed = new Set(pushed.map(pairOf));
  return {
    log: log.filter((row) => !flat.has(row.userId) && !isPushed.has(pairOf(row))),
    leftOut: {
      flatPeople: flat.size,
      flatRatings: opinions.length - given.length,
      pushedRatings: pushed.length,
      pushedMovies: new Set(pushed.map(({ movieId }) => movieId)).size,
    },
  };
}

type Opinion = LogRow & { readonly halfStars: number };

function pairOf({ userId, movieId }: LogRow): string {
  return `${userId} ${movieId}`;
}

/** Of each (user, movie) the row that holds, unless the rating was taken back. */
function latestOpinions(rows: readonly LogRow[]): Opinion[] {
  const latest = new Map<string, LogRow>();
  for (const row of rows) {
    const held = latest.get(pairOf(row));
    const newer = !held || row.timestamp > held.timestamp || (row.timestamp === held.timestamp && row.seq > held.seq);
    if (newer) latest.set(pairOf(row), row);
  }
  return [...latest.values()].filter((row): row is Opinion => row.halfStars !== null);
}

function flatPeople(opinions: readonly Opinion[], flatFrom: number): Set<number> {
  const values = new Map<number, { count: number; first: number; varied: boolean }>();
  for (const { userId, halfStars } of opinions) {
    const own = values.get(userId) ?? { count: 0, first: halfStars, varied: false };
    own.count++;
    own.varied ||= halfStars !== own.first;
    values.set(userId, own);
  }
  return new Set([...values].filter(([, { count, varied }]) => count >= flatFrom && !varied).map(([userId]) => userId));
}

const DAY = 86_400;

/** The opinions beyond their movie's allowance of the day on which they arrived. */
function beyondAllowance(
  base: Ratings,
  opinions: readonly Opinion[],
  { movieFloor, movieShare }: GuardSettings,
): Opinion[] {
  const counts = new Map<number, number>();
  for (const movieId of base.movieIds) counts.set(movieId, (counts.get(movieId) ?? 0) + 1);
  const dayOf = ({ receivedAt, timestamp }: LogRow) => Math.floor((receivedAt ?? timestamp) / DAY);
  const today = new Map<number, { day: number; left: number }>();
  const beyond: Opinion[] = [];
  for (const opinion of opinions.toSorted((a, b) => dayOf(a) - dayOf(b) || a.seq - b.seq)) {
    const { movieId } = opinion;
    const day = dayOf(opinion);
    const before = counts.get(movieId) ?? 0;
    const held = today.get(movieId);
    const allowance = held?.day === day ? held : { day, left: Math.floor(movieFloor + movieShare * before) };
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
