import type { Context } from 'hono';
import { hashUnit } from '../../../shared/math/hash.ts';
import type { AppEnv } from '../app-env.ts';

/** Whether a list is put in order by a draw from the user's posterior (`recommend/drawn-order.ts`), decided by chance. */
export interface Exploration {
  readonly explored: boolean;
  /** Of `explored` being what it is. */
  readonly probability: number;
  /** Of the draw. */
  readonly seed: string;
}

/** Milliseconds for which the chance and the draw stay. */
const HOUR = 3_600_000;

/**
 * Decides by chance whether a person's list explores; null where nothing is left to chance. The chance is a hash of person
 * and hour: within an hour a person's list explores or does not, in one order, so that its pages fit together and a reload
 * changes nothing.
 *
 * @param share of lists that explore, 0 to 1
 */
export function explorationOf(c: Context<AppEnv>, userId: number, share: number): Exploration | null {
  if (!(share > 0)) return null;
  const seed = `explore/${userId}/${Math.floor(c.get('now')() / HOUR)}`;
  const explored = hashUnit(seed) < share;
  return { explored, probability: explored ? share : 1 - share, seed };
}
