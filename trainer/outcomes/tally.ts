import { EVENT_KINDS } from '../../shared/ratings/tables/event.ts';
import type { ListShown } from '../../shared/ratings/tables/list-shown.ts';
import { ClusteredRatio, type Estimate } from '../math/clustered-ratio.ts';
import type { ListOutcome } from './join.ts';

/** What is said of lists: shares of them out of which something came, and NDCG@10 of what was liked later. */
export const METRICS = [...EVENT_KINDS, 'rated', 'ndcg'] as const;
export type Metric = (typeof METRICS)[number];

/**
 * Of which lists a row tells: of all; or what lists in the usual order, or those that a draw put in order, would come to if
 * everybody had them.
 */
export const WAYS = ['all', 'usual', 'explored'] as const;
type Way = (typeof WAYS)[number];

/** What came of the lists of one group. */
export interface Row {
  readonly version: string | null;
  readonly experiment: string | null;
  readonly arm: string | null;
  readonly way: Way;
  readonly lists: number;
  readonly metrics: Readonly<Record<Metric, Estimate | null>>;
}

type Group = Pick<Row, 'version' | 'experiment' | 'arm' | 'way'>;

class Tally {
  readonly group: Group;
  lists = 0;
  readonly metrics = Object.fromEntries(METRICS.map((metric) => [metric, new ClusteredRatio()])) as Record<
    Metric,
    ClusteredRatio
  >;

  constructor(group: Group) {
    this.group = group;
  }
}

interface Weighted {
  readonly outcome: ListOutcome;
  readonly weight: number;
}

/**
 * Adds up what came of lists, by group. Where a chance decided in which way a list was made, each way's row weighs its lists
 * by 1 / the probability of that way and divides by the sum of the weights: the self-normalised inverse propensity
 * estimate (Swaminathan & Joachims, "The self-normalized estimator for counterfactual learning", NIPS 2015).
 */
export class Tallies {
  readonly #tallies = new Map<string, Tally>();
  readonly #byVersion: boolean;

  /** @param byVersion whether versions of the model stand apart */
  constructor(byVersion: boolean) {
    this.#byVersion = byVersion;
  }

  /** Adds one person: their lists, and what came of each. */
  add(lists: readonly ListShown[], outcomes: readonly ListOutcome[]): void {
    const groups = new Map<Tally, Weighted[]>();
    for (const [at, list] of lists.entries()) {
      for (const { way, weight } of waysOf(list)) {
        const tally = this.#tallyOf(list, way);
        groups.set(tally, [...(groups.get(tally) ?? []), { outcome: outcomes[at], weight }]);
      }
    }
    for (const [tally, theirs] of groups) {
      tally.lists += theirs.length;
      addPerson(tally.metrics, theirs);
    }
  }

  /** By version and arm, the newest version first. */
  rows(): Row[] {
    const rows = [...this.#tallies.values()].map(({ group, lists, metrics }) => ({
      ...group,
      lists,
      metrics: Object.fromEntries(METRICS.map((metric) => [metric, metrics[metric].estimate()])) as Row['metrics'],
    }));
    const key = ({ experiment, arm, way }: Row) => [experiment ?? '', arm ?? '', WAYS.indexOf(way)].join('\n');
    const versionOf = ({ version }: Row) => version ?? '';
    return rows.sort((a, b) => compare(versionOf(b), versionOf(a)) || compare(key(a), key(b)));
  }

  #tallyOf({ version, experiment, arm }: ListShown, way: Way): Tally {
    const group = { version: this.#byVersion ? version : null, experiment, arm, way };
    const key = JSON.stringify(group);
    const tally = this.#tallies.get(key) ?? new Tally(group);
    this.#tallies.set(key, tally);
    return tally;
  }
}

/** The rows that a list counts in. */
function waysOf({ explored, probability }: ListShown): { way: Way; weight: number }[] {
  const all = { way: 'all' as const, weight: 1 };
  if (probability === null) return [all];
  return [all, { way: explored ? 'explored' : 'usual', weight: 1 / probability }];
}

function addPerson(metrics: Tally['metrics'], theirs: readonly Weighted[]): void {
  for (const metric of METRICS) {
    let [s, n] = [0, 0];
    for (const { outcome, weight } of theirs) {
      const value = outcome[metric];
      if (value === null) continue;
      s += weight * Number(value);
      n += weight;
    }
    metrics[metric].add(s, n);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
