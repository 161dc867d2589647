import type { Engine } from '../../engines/engine.ts';
import { type AnyRows, entriesOf } from '../../math/sparse.ts';
import { longDecays, type RelevanceSettings } from './settings.ts';
import { gainsOfShares, type TrialOptions } from './trial.ts';

/** Settings in which data sets differ, so that training people choose them. */
export type Chosen = Required<Pick<RelevanceSettings, 'nextShare' | 'longDecay'>>;

/** Shares of the very next film that are tried, ascending. */
export const SHARES = [0, 0.1, 0.2, 0.3, 0.4];

/** Lists that are better by this share or less are as good, since chance could make them so: the smaller value is taken. */
const AS_GOOD = 0.005;

/**
 * What is not asked for is chosen by people whom a trial's model does not know (`trial.ts`): whether the very next film tells
 * about taste or disturbs, and whether it helps to remember all films for long. Where nobody can tell, the first of each.
 *
 * @param settings of a trial on so many ratings, with that long scale
 */
export async function chooseByTrial(
  engine: Engine,
  byUser: AnyRows,
  asked: Partial<Chosen>,
  settings: (ratings: number, longDecay: number) => TrialOptions,
): Promise<Chosen> {
  const shares = asked.nextShare === undefined ? SHARES : [asked.nextShare];
  const decays = longDecays(entriesOf(byUser), asked);
  let chosen: Chosen = { nextShare: shares[0], longDecay: decays[0] };
  if (shares.length * decays.length === 1) return chosen;
  let most = 0;
  for (const longDecay of decays) {
    const gains = await gainsOfShares(engine, byUser, shares, (ratings) => settings(ratings, longDecay));
    const best = Math.max(...gains);
    if (best <= (1 + AS_GOOD) * most) continue;
    most = best;
    chosen = { nextShare: shares[gains.findIndex((gain) => gain >= best / (1 + AS_GOOD))], longDecay };
  }
  return chosen;
}
