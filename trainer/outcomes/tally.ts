import { EVENT_KINDS } from '../../shared/ratings/tables/event.ts';
import type { ListShown } from '../../shared/ratings/tables/list-shown.ts';
import { ClusteredRatio, type Estimate } from '../math/clustered-ratio.ts';
import type { ListOutcome } from './join.ts';

/** What is said of lists: shares of them out of which something came, and NDCG@10 of what was liked later. */
export const METRICS = [...EVENT_KINDS, 'rated', 'ndcg'] as const;
export type Metric = (typeof METRICS)[number];

/**
 * Which lists a row is about: `all`; `usual` or `explored`, an estimate of what lists in the usual order, or in a drawn
 * order, would come to if everybody had them; `pinned`, the films that an operator pinned, which no other row counts.
 */
const WAYS = ['all', 'usual', 'explored', 'pinned'] as const;
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

/** A list in one of the rows that it counts in. */
interface Counted {
  readonly way: Way;
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
  readonly #experiment: string | undefined;

  /**
   * @param byVersion whether versions of the model stand apart
   * @param experiment whose lists alone to count; all lists when absent
   */
  constructor(byVersion: boolean, experiment?: string) {
    this.#byVersion = byVersion;
    this.#experiment = experiment;
  }

  /** Adds one person: their lists, and what came of each. */
  add(lists: readonly ListShown[], outcomes: readonly ListOutcome[]): void {
    const groups = new Map<Tally, Counted[]>();
    for (const [at, list] of lists.entries()) {
      if (this.#experiment !== undefined && list.experiment !== this.#experiment) continue;
      for (const counted of waysOf(list, outcomes[at])) {
        const tally = this.#tallyOf(list, counted.way);
        groups.set(tally, [...(groups.get(tally) ?? []), counted]);
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
function waysOf({ explored, probability, movieIds }: ListShown, outcome: ListOutcome): Counted[] {
  const ways: Counted[] = [];
  if (outcome.pinned) ways.push({ way: 'pinned', outcome: { ...outcome.pinned, ndcg: null }, weight: 1 });
  if (movieIds.length === 0) return ways; // all of it was the operator's
  ways.push({ way: 'all', outcome, weight: 1 });
  if (probability !== null) ways.push({ way: explored ? 'explored' : 'usual', outcome, weight: 1 / probability });
  return ways;
}

function addPerson(metrics: Tally['metrics'], theirs: readonly Counted[]): void {
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
