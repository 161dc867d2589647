import type { Bindings } from '../env.ts';

const HOUR = 3_600_000;
const DEFAULT_LIMIT = 48;
const DEFAULT_TTL = 10; // seconds

/** Hours since a model's training. @param now milliseconds since the epoch */
export function hoursSince(createdAt: string, now: number): number {
  return (now - Date.parse(createdAt)) / HOUR;
}

/**
 * A warning when a model is older than MODEL_MAX_AGE, else null. The age counts from its training, not from the newest
 * rating in its data.
 *
 * @param now milliseconds since the epoch
 */
export function ageWarning(createdAt: string, { MODEL_MAX_AGE }: Bindings, now: number): string | null {
  const limit = MODEL_MAX_AGE === undefined ? DEFAULT_LIMIT : Number(MODEL_MAX_AGE);
  const hours = hoursSince(createdAt, now);
  if (!(limit > 0) || hours <= limit) return null;
  return `the model in service was trained ${Math.floor(hours)} hours ago, expected at most ${limit}: see that npm run retrain runs`;
}

/** Milliseconds between two looks at which version is in service. */
export function timeToLive({ MODEL_TTL }: Pick<Bindings, 'MODEL_TTL'>): number {
  const seconds = Number(MODEL_TTL);
  return 1000 * (MODEL_TTL && seconds >= 0 ? seconds : DEFAULT_TTL);
}
