import { setImmediate } from 'node:timers/promises';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import type { SparseRows } from '../../math/sparse.ts';
import { longestFirst } from '../../math/sparse.ts';
import type { HistoryMoments } from '../engine.ts';
import { type NextWatchRows, userBlocks } from '../history-moments.ts';
import type { WasmMemory } from './memory.ts';
import type { WasmTensor } from './tensors.ts';
import type { WasmThreads } from './threads.ts';

/** Ratings and users whose tables lie in memory at once: 23 MB, near the caches; more would go through the matrices less often. */
const BLOCK_RATINGS = 1 << 18;

/** Bytes of the tables of one block, about. */
export const HISTORY_BYTES = 25 * 2 ** 20;

/** Of history-tables.as.ts: bytes of a rating in all tables. */
const [TASTE, VISIT, LIKE, ROW] = [16, 32, 16, 16];
const SCRATCH_ROW = 32;

/** Rows and columns of what `momentsMirror` takes at a time. */
const MIRROR_BLOCK = 64;
const USERS = 16;
const MOVIES = 4;

/** What has faded this far is nothing: numbers below float32's smallest normal one are slow. */
const NOTHING = 1e-30;

/** `Engine.historyMoments` by histories.as.ts, moments.as.ts and mirror.as.ts. */
export async function historyMoments(
  memory: WasmMemory,
  threads: WasmThreads,
  sequences: SparseRows,
  weights: HistoryWeights,
  { first, step, window, windowShare }: NextWatchRows,
): Promise<HistoryMoments> {
  const { columns: M, offsets } = sequences;
  const N = M + 1;
  const tensor = (length: number): WasmTensor => ({ length, address: memory.allocateZeros(length * 4) });
  const [xx, xy, likes] = [tensor(N * N), tensor(N * M), tensor(M * M)];
  const blocks = userBlocks(offsets, BLOCK_RATINGS);
  const longest = offsets.reduce((most, end, u) => Math.max(most, u > 0 ? end - offsets[u - 1] : 0), 0);
  const size = blocks.reduce((most, { from, to }) => Math.max(most, offsets[to] - offsets[from]), 0);
  const users = blocks.reduce((most, { from, to }) => Math.max(most, to - from), 0);

  const taken: number[] = [];
  const take = (bytes: number) => {
    taken.push(memory.allocate(bytes));
    return taken[taken.length - 1];
  };
  const [starts, counts, rowCounts] = [take((users + 1) * 4), take(users * 4), take(users * 4)];
  const [columns, stars, order, visitStarts] = [take(size * 4), take(size * 4), take(size * 4), take((M + 2) * 4)];
  const [tastes, visits, liked] = [take(size * TASTE), take(size * VISIT), take(size * LIKE)];
  const rowTable = take((size + users) * ROW);
  const [powers, fades] = [take((longest + 2) * 8), take((longest + 2) * 4)];
  const work = take(M * 4);
  const powersOf = memory.doubles(powers, longest + 2).map((_, d) => Math.exp(-d / weights.decay));
  memory.doubles(powers, longest + 2).set(powersOf);
  memory.floats(fades, longest + 2).set(powersOf.map((power) => (power < NOTHING ? 0 : power)));
  memory.integers(work, M).set(mostRatedFirst(sequences));

  const { likeFrom, dislikeBelow, dislikeWeight, floor } = weights;
  let rows = 0;
  for (const { from, to } of blocks) {
    const count = to - from;
    const [begin, end] = [offsets[from], offsets[to]];
    memory.integers(starts, count + 1).set(offsets.subarray(from, to + 1).map((offset) => offset - begin));
    memory.integers(columns, end - begin).set(sequences.indices.subarray(begin, end));
    memory.floats(stars, end - begin).set(sequences.values.subarray(begin, end));
    const tables = [tastes, visits, liked, rowTable];
    threads.run('momentsEntries', { items: count, chunk: USERS, scratch: (longest + 4) * (4 + SCRATCH_ROW) }, [
      ...[starts, columns, stars, powers, ...tables, counts, rowCounts, longest],
      ...[likeFrom, dislikeBelow, dislikeWeight, floor, first, step, window, windowShare],
    ]);
    rows += memory.integers(rowCounts, count).reduce((sum, own) => sum + own, 0);
    threads.run('momentsOrder', { items: 1, chunk: 1 }, [count, starts, counts, tastes, M, visitStarts, order]);
    threads.run('momentsRows', { items: M, chunk: MOVIES }, [
      ...[work, visitStarts, order, ...tables, fades, floor, M],
      ...[xx.address, xy.address, likes.address],
    ]);
    await setImmediate();
  }
  for (const [address, n] of [
    [xx.address, N],
    [likes.address, M],
  ]) {
    threads.run('momentsMirror', { items: Math.ceil(n / MIRROR_BLOCK), chunk: 1 }, [address, n]);
  }
  memory.floats(xx.address, N * N)[N * N - 1] = rows;
  for (const address of taken.reverse()) memory.release(address);
  return { xx, xy, likes };
}

function mostRatedFirst({ columns, indices }: SparseRows): Int32Array {
  const ends = new Int32Array(columns + 1);
  for (let k = 0; k < indices.length; k++) if (indices[k] >= 0) ends[indices[k] + 1]++;
  for (let c = 0; c < columns; c++) ends[c + 1] += ends[c];
  return longestFirst(ends);
}
