import type { Experiment } from '../../shared/artifact/experiment.ts';
import { alwaysValid } from '../math/always-valid.ts';
import { differenceOf, type Estimate } from '../math/clustered-ratio.ts';
import type { Metric, Row } from './tally.ts';

/** Probability that any arm is ever declared different from the first one although none is. */
export const ALPHA = 0.05;

/** People of an arm below which it is not judged: errors of fewer are not to be trusted. */
export const LEAST_PEOPLE = 100;

interface Asked {
  readonly metric: Metric;
  /** The size of differences that are worth finding, in units of the metric. */
  readonly effect: number;
}

/** An arm beside the first one. */
export interface Comparison {
  readonly arm: string;
  /** What it has more than the first; null where that cannot be told yet. */
  readonly difference: number | null;
  /** Half width of its confidence sequence; null likewise. */
  readonly halfWidth: number | null;
  /** Always valid p value of there being no difference. */
  readonly p: number;
  readonly verdict: 'better' | 'worse' | 'open';
}

/**
 * Compares each arm with the first one, so that the answer holds however often it is asked for (`alwaysValid`; several arms
 * share `ALPHA` by Bonferroni).
 *
 * @param rows of the experiment, not by version
 */
export function compareArms(
  { arms: [first, ...others] }: Experiment,
  rows: readonly Row[],
  asked: Asked,
): Comparison[] {
  const estimateOf = (name: string) =>
    rows.find(({ arm, way }) => arm === name && way === 'all')?.metrics[asked.metric] ?? null;
  const alpha = ALPHA / others.length;
  return others.map(({ name }) => ({
    arm: name,
    ...judge(estimateOf(name), estimateOf(first.name), asked.effect, alpha),
  }));
}

/** An estimate beside that of the first arm. */
export function judge(
  arm: Estimate | null,
  first: Estimate | null,
  effect: number,
  alpha: number,
): Omit<Comparison, 'arm'> {
  const difference = differenceOf(arm, first);
  const people = Math.min(arm?.people ?? 0, first?.people ?? 0);
  if (!difference || people < LEAST_PEOPLE) return { difference: null, halfWidth: null, p: 1, verdict: 'open' };
  const { p, halfWidth } = alwaysValid(difference, effect, alpha);
  const verdict = p > alpha ? 'open' : difference.value > 0 ? 'better' : 'worse';
  return { difference: difference.value, halfWidth, p, verdict };
}
