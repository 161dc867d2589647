import type { RelevancePrior } from '../../../shared/model/model.ts';
import { DAY } from '../../../shared/model/time-away.ts';
import { newestTimes, type Times, timesBetween } from '../../data/times.ts';
import { rowDots } from '../../math/dense.ts';
import { type AnyRows, rowBlocks } from '../../math/sparse.ts';
import type { RelevanceModel } from './relevance-model.ts';
import { VISIT_DAYS } from './settings.ts';
import { variance } from './user-vectors.ts';

/** How many days count as lately: e-folding days, more of them where fewer than this many ratings a movie came in so many. */
const LATELY = { days: 30, ratingsPerMovie: 10 };

/** Share of a movie's whole popularity in its recent one, so that chance does not make a trend of a few ratings. */
const DAMPING = 0.1;

/**
 * How much the trend, the logarithm of a ratio, counts beside a score in units of its standard deviation over movies: in
 * lists of what people will like, and of what they watch next. Chosen by people of the embedded set and of ML-100K who came
 * back after one of seven cuts in time, between a twentieth and half of the ratings from the end (`test/bench/README.md`).
 */
const COUNTS = { relevance: 1, next: 1.5 };

/** Users over whom scores are compared. */
const SCALE_USERS = 64;

/** A user's ratings with their times. */
interface TimedRatings {
  readonly byUser: AnyRows; // (U, M) stars
  readonly times: Times; // (N) seconds since 1970, 0 where not known
}

/**
 * How much more of the likes a movie has had of late than on the whole:
 *   trend_i = log(recent_i / all_i) − mean,   recent ∝ Σ likes · e^{−age / lately} + damping · all
 * Both are shares of all likes. (M), 0 for movies outside `core`, and for all where no rating has a time.
 *
 * @param core rows that take part
 */
export function trendOf({ byUser, times }: TimedRatings, core: Int32Array, likeFrom: number): Float64Array {
  const newest = newestTimes(times, byUser, Math.max(1, LATELY.ratingsPerMovie * core.length));
  const now = newest.at(-1) ?? 0;
  const trend = new Float64Array(byUser.columns);
  if (now === 0 || core.length === 0) return trend;
  const lately = Math.max(LATELY.days * DAY, now - newest[0]);
  const [all, recent] = [new Float64Array(byUser.columns).fill(0.5), new Float64Array(byUser.columns)];
  for (const { from, block } of rowBlocks(byUser)) {
    const { rows, indices, values } = block;
    const given = timesBetween(times, byUser.offsets[from], byUser.offsets[from + rows]);
    for (let k = 0; k < given.length; k++) {
      if (values[k] < likeFrom) continue;
      all[indices[k]]++;
      if (given[k] > 0) recent[indices[k]] += Math.exp((given[k] - now) / lately);
    }
  }
  const sum = (values: Float64Array) => core.reduce((total, row) => total + values[row], 0);
  const [whole, late] = [sum(all), sum(recent)];
  if (late === 0) return trend;
  const logs = Float64Array.from(core, (row) => Math.log((recent[row] / late) * (whole / all[row]) + DAMPING));
  const mean = logs.reduce((total, value) => total + value, 0) / core.length;
  core.forEach((row, c) => {
    trend[row] = logs[c] - mean;
  });
  return trend;
}

/**
 * The relevance model with the trend as its last factor. No history has a part in it, and nobody who was asked right after
 * their newest rating: `RelevancePrior.trend` is how it counts for those who come back.
 */
export function withTrend(model: RelevanceModel, trend: Float64Array, core: Int32Array): RelevanceModel {
  const { prior, next } = model;
  const before = prior.base.length;
  const E = before + 1;
  const length = lengthOf(model.output, before);
  const size = Math.sqrt(trend.reduce((sum, value) => sum + value * value, 0));
  const shrink = size > 0 ? length / size : 0;
  const perUnit = shrink > 0 ? spread(model, core) / shrink : 0;
  const widened = (rows: Float32Array, last?: (row: number) => number) => widen(rows, before, last);
  const shares = prior.newcomerShares;
  return {
    ...model,
    output: widened(model.output, (row) => shrink * trend[row]),
    history: widened(model.history),
    users: widened(model.users),
    prior: {
      ...prior,
      base: widened(prior.base),
      newcomer: withoutInput(widened(prior.newcomer), E),
      ...(shares && { newcomerShares: { ...shares, later: widened(shares.later) } }),
      ...(perUnit > 0 && { trend: { days: VISIT_DAYS, weight: COUNTS.relevance * perUnit } }),
    },
    ...(next && { next: { ...next, ...(perUnit > 0 && { trendWeight: COUNTS.next * perUnit }) } }),
  };
}

/** (rows, before) → (rows, before + 1). */
function widen(rows: Float32Array, before: number, last: (row: number) => number = () => 0): Float32Array {
  const out = new Float32Array((rows.length / before) * (before + 1));
  for (let row = 0, at = 0; at < rows.length; row++, at += before) {
    out.set(rows.subarray(at, at + before), at + row);
    out[at + row + before] = last(row);
  }
  return out;
}

/** A newcomers' map (E, E) with a row of zeros, for the trend, before that of the constant: (E + 1, E). */
function withoutInput(map: Float32Array, E: number): Float32Array {
  const out = new Float32Array((E + 1) * E);
  out.set(map.subarray(0, map.length - E));
  out.set(map.subarray(map.length - E), E * E);
  return out;
}

/** Length of the last column, popularity: the trend, too, must not matter in similarities of movies. */
function lengthOf(output: Float32Array, E: number): number {
  let sum = 0;
  for (let at = E - 1; at < output.length; at += E) sum += output[at] ** 2;
  return Math.sqrt(sum);
}

/** Standard deviation of the scores by relevance over movies, for the average user. */
function spread({ output, users, prior }: RelevanceModel, core: Int32Array): number {
  const E = prior.base.length;
  const U = users.length / E;
  const scores = new Float64Array(core.length);
  const step = Math.max(1, Math.floor(U / SCALE_USERS));
  let [sum, count] = [0, 0];
  for (let u = 0; u < U; u += step, count++) {
    rowDots(Float64Array.from(users.subarray(u * E, (u + 1) * E)), output, E, core, scores);
    sum += variance(scores);
  }
  return count > 0 ? Math.sqrt(sum / count) : 0;
}

/** Rows that take part in the relevance model. */
export function rowsInRelevance(output: Float32Array, { base }: RelevancePrior): Int32Array {
  const E = base.length;
  const rows = Int32Array.from({ length: output.length / E }, (_, row) => row);
  return rows.filter((row) => output.subarray(row * E, (row + 1) * E).some((value) => value !== 0));
}
