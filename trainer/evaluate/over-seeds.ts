import { mean, standardError } from '../math/metrics.ts';

/** Figures of several runs that differ in their seed, each in the place that it has in a run. */
export interface OverSeeds<T> {
  /** Mean of every number; what is no number is that of the first run. */
  readonly mean: T;
  /** Standard error of every mean; null in its place where there is one run only. */
  readonly error: T;
}

/** @param runs of one shape, not empty */
export function overSeeds<T>(runs: readonly T[]): OverSeeds<T> {
  return { mean: combine(runs, mean) as T, error: combine(runs, standardError) as T };
}

/** The shape of the first value, with `of` in the place of each of its numbers. */
function combine(values: readonly unknown[], of: (numbers: readonly number[]) => number | null): unknown {
  const [first] = values;
  if (typeof first === 'number') return of(values as readonly number[]);
  if (typeof first !== 'object' || first === null) return first;
  const fields = values as readonly Readonly<Record<string, unknown>>[];
  const at = (key: string) =>
    combine(
      fields.map((value) => value[key]),
      of,
    );
  if (Array.isArray(first)) return first.map((_, i) => at(String(i)));
  return Object.fromEntries(Object.keys(first).map((key) => [key, at(key)]));
}
