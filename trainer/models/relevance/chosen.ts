import type { Engine } from '../../engines/engine.ts';
import type { AnyRows } from '../../math/sparse.ts';
import type { RelevanceSettings } from './settings.ts';
import { gainsOfShares, type TrialOptions } from './trial.ts';

/** Settings in which data sets differ, so that training people choose them. */
export type Chosen = Required<Pick<RelevanceSettings, 'nextShare'>>;

/** Shares of the very next film that are tried, ascending. */
export const SHARES = [0, 0.1, 0.2, 0.3, 0.4];

/** Lists that are better by this share or less are as good, since chance could make them so: the smaller value is taken. */
const AS_GOOD = 0.005;

/**
 * What is not asked for is chosen by people whom a trial's model does not know (`trial.ts`): whether the very next film tells
 * about taste or disturbs. Where nobody can tell, it has no share.
 *
 * @param settings of a trial on so many ratings
 */
export async function chooseByTrial(
  engine: Engine,
  byUser: AnyRows,
  asked: Partial<Chosen>,
  settings: (ratings: number) => TrialOptions,
): Promise<Chosen> {
  if (asked.nextShare !== undefined) return { nextShare: asked.nextShare };
  const gains = await gainsOfShares(engine, byUser, SHARES, settings);
  const enough = Math.max(...gains) / (1 + AS_GOOD);
  return { nextShare: SHARES[gains.findIndex((gain) => gain >= enough)] };
}
