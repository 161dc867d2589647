import { MarqueeError } from '../../../shared/errors.ts';
import { DAY } from '../../../shared/model/time-away.ts';
import type { Dataset, Ratings } from '../../data/dataset.ts';
import { takeRatings } from '../../data/ratings.ts';

/** The most ratings that a person gives in one visit. */
const VISIT_RATINGS = 10;

/** Up to ten successive ratings of one person. */
export interface Visit {
  readonly userId: number;
  /** Positions in the ratings, oldest first. */
  readonly positions: readonly number[];
  /** Positions of the person's ratings from this visit to the end of the period. */
  readonly ahead: readonly number[];
}

export interface Period {
  /** Seconds since the epoch; `end` exclusive. */
  readonly start: number;
  readonly end: number;
  readonly visits: readonly Visit[];
}

export interface SimulationPlan {
  /** Ratings that the first model is trained on. */
  readonly base: Ratings;
  /** Without periods in which nobody rated anything. */
  readonly periods: readonly Period[];
}

/**
 * Cuts a data set in time: ratings before `from` are trained on, the others come in periods of so many days.
 *
 * @param from seconds since the epoch; by default four fifths of the ratings are older
 * @throws `bad-data` when ratings lack their time, or when either part is empty
 */
export function planSimulation({ name, ratings }: Dataset, days: number, from?: number): SimulationPlan {
  const { count, timestamps } = ratings;
  if (timestamps.some((time) => !(time > 0))) {
    throw new MarqueeError('bad-data', `${name}: a simulation needs the time of every rating`, {
      fix: 'Try --data ml-latest-small-2016.',
    });
  }
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  const start = from ?? timestamps[order[Math.floor(0.8 * count)]];
  const first = order.findIndex((i) => timestamps[i] >= start);
  if (first <= 0) {
    const [oldest, newest] = [order[0], order[count - 1]].map((i) => new Date(1000 * timestamps[i]).toISOString());
    throw new MarqueeError(
      'bad-data',
      `${name}: no ratings ${first === 0 ? 'before' : 'after'} the simulation's start`,
      {
        fix: `Its ratings are from ${oldest} to ${newest}: choose --from between them.`,
      },
    );
  }
  const periods = Map.groupBy(order.slice(first), (i) => Math.floor((timestamps[i] - start) / (days * DAY)));
  return {
    base: takeRatings(
      ratings,
      order.slice(0, first).sort((a, b) => a - b),
    ),
    periods: Array.from(periods, ([index, positions]) => ({
      start: start + index * days * DAY,
      end: start + (index + 1) * days * DAY,
      visits: visitsOf(ratings, positions),
    })),
  };
}

/** Visits in the order in which they begin. */
function visitsOf({ userIds }: Ratings, positions: readonly number[]): Visit[] {
  const byUser = Map.groupBy(positions, (i) => userIds[i]);
  const place = new Map(positions.map((i, at) => [i, at]));
  const visits = Array.from(byUser, ([userId, ratings]) =>
    Array.from({ length: Math.ceil(ratings.length / VISIT_RATINGS) }, (_, visit) => ({
      userId,
      positions: ratings.slice(visit * VISIT_RATINGS, (visit + 1) * VISIT_RATINGS),
      ahead: ratings.slice(visit * VISIT_RATINGS),
    })),
  ).flat();
  return visits.sort((a, b) => place.get(a.positions[0])! - place.get(b.positions[0])!);
}
