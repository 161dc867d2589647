import { createHash } from 'node:crypto';
import { basename, isAbsolute, join } from 'node:path';
import { EMBEDDED_DATASET } from '../../trainer/data/index.ts';

/** Where local R2 and D1 live; MARQUEE_STATE names another folder, so that two sets of data can stand side by side. */
export const STATE = process.env.MARQUEE_STATE ?? '.wrangler/state';

/** Where `npm start` keeps ratings and models. */
export interface Place {
  /** Of R2 and D1. */
  readonly state: string;
  /** Of the models that it trains. */
  readonly models: string;
}

/**
 * The place of a data set: each has its own beside the others, unless a folder is named for everything. The embedded set has
 * the one that all commands take by default.
 *
 * @param data name, or absolute path
 * @param named the value of MARQUEE_STATE
 */
export function placeOf(data: string, named = process.env.MARQUEE_STATE): Place {
  if (named) return { state: named, models: join(named, 'models') };
  if (data === EMBEDDED_DATASET) return { state: '.wrangler/state', models: 'models' };
  const mark = isAbsolute(data) ? `-${createHash('sha256').update(data).digest('hex').slice(0, 6)}` : '';
  const state = join('.wrangler/sets', basename(data).replace(/[^\w.-]/g, '_') + mark);
  return { state, models: join(state, 'models') };
}
