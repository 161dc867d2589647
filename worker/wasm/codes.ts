import { BLOCK } from '../../shared/artifact/serving-layout.ts';
import type { Kernel, Sizes } from './kernel.ts';
import type { Stored } from './places.ts';

/** Codes of a blk16 area in the kernel's memory (`kernels/encode.as.ts`), from which bounds of scores follow. */
export interface Codes {
  readonly at: number;
  readonly heads: number;
  /** Address of bias and deviation, 0 where there are none. */
  readonly plain: number;
  readonly groups: number;
  /** Columns of the vectors, with codes or without. */
  readonly columns: number;
  /** The largest ‖c‖. */
  readonly length: number;
  /** The largest magnitudes of bias and deviation. */
  readonly plainPeaks: readonly number[];
  /** Where a scan may stop, the fewest columns first; behind the last there are no codes. */
  readonly cuts: readonly Cut[];
}

export interface Cut {
  readonly columns: number;
  /** Address of its heads. */
  readonly heads: number;
  /** Means over the groups: ‖r‖ and ‖v‖ of the columns before it, and the length of what is behind it. */
  readonly rest: number;
  readonly length: number;
  readonly behind: number;
}

/** Ends of the leading planes, in columns from `first` on, whose codes fit into `room` bytes. */
export function planesWithin(sizes: Sizes, room: number, stored: Stored, first: number): number[] {
  const width = stored.columns - first;
  const ends = [Math.min(width, sizes.PLANE)];
  while (ends[ends.length - 1] < width) ends.push(Math.min(width, 2 * ends[ends.length - 1]));
  while (ends.length > 0 && codeBytes(sizes, stored, first, ends) > room) ends.pop();
  return ends;
}

/** Bytes that the codes of leading planes take. */
export function codeBytes(sizes: Sizes, stored: Stored, first: number, ends: readonly number[]): number {
  return areasOf(sizes, stored, first, ends).reduce((sum, bytes) => sum + bytes, 0);
}

/** Bytes of codes, plain columns and heads. */
function areasOf({ GROUP, CUTS }: Sizes, { blocks }: Stored, first: number, ends: readonly number[]): number[] {
  if (ends.length === 0) return [];
  const groups = Math.ceil(blocks / GROUP);
  const positions = groups * GROUP * BLOCK;
  const plain = first > 0 ? 4 * positions : 0;
  return [positions * fours(ends[ends.length - 1]), plain, 4 * fours(groups) * (CUTS + 3 * ends.length)];
}

/** Makes the codes of an area: of the planes that end at `ends`. */
export function makeCodes(kernel: Kernel, stored: Stored, first: number, ends: readonly number[]): Codes {
  const { at: area, columns, blocks } = stored;
  const { GROUP, CUTS } = kernel.sizes;
  const groups = Math.ceil(blocks / GROUP);
  const row = fours(groups);
  const [at, plain, heads] = areasOf(kernel.sizes, stored, first, ends).map((bytes) => kernel.allocate(bytes));
  const kept = ends[ends.length - 1];
  const length = Math.sqrt(kernel.run.encode(area, columns, first, kept, blocks, at, plain, heads));
  const rowOf = (index: number) => kernel.floats(heads + 4 * row * index, groups);
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / groups;
  const peak = (values: Float32Array) => values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const cuts = ends.map((end, plane): Cut => {
    const index = CUTS + 3 * plane;
    return {
      columns: end,
      heads: heads + 4 * row * index,
      rest: mean(rowOf(index)),
      length: mean(rowOf(index + 1)),
      behind: mean(rowOf(index + 2)),
    };
  });
  const plainPeaks = first > 0 ? [1, 4].map((index) => Math.max(peak(rowOf(index)), peak(rowOf(index + 1)))) : [];
  return { at, heads, plain: first > 0 ? plain : 0, groups, columns: columns - first, length, plainPeaks, cuts };
}

/**
 * The cut at which the scan of a query stops reading columns. It is the first behind which so little of both vectors is
 * left that a score's bound at most doubles, else the last. None where codes end before the columns do and more than
 * three quarters of what a score may reach can come from behind: bounds would then leave out too little.
 */
export function cutFor(u: Float32Array, cuts: readonly Cut[]): Cut | undefined {
  let energy = 0;
  for (const value of u) energy += value * value;
  let [before, x] = [0, 0];
  const narrow = cuts.find(({ columns, behind, rest }) => {
    for (; x < columns; x++) before += u[x] * u[x];
    return Math.sqrt(Math.max(0, energy - before)) * behind <= Math.sqrt(before) * rest;
  });
  if (narrow) return narrow;
  const last = cuts[cuts.length - 1];
  const behind = Math.sqrt(Math.max(0, energy - before)) * last.behind;
  return last.columns === u.length || behind <= 0.75 * Math.sqrt(before) * last.length ? last : undefined;
}

/** The next multiple of four. */
export function fours(count: number): number {
  return 4 * Math.ceil(count / 4);
}
