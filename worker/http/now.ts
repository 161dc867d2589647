import type { Context } from 'hono';
import type { AppEnv } from './app-env.ts';

/** Seconds since the epoch. */
export function now(c: Context<AppEnv>): number {
  return Math.floor(c.get('now')() / 1000);
}
