import { setImmediate } from 'node:timers/promises';
import type { HistoryWeights } from '../../shared/model.ts';
import { type NextWatchRows, spanAfter, totalWeight, type UserBlock, userBlocks } from '../history-moments.ts';
import type { SparseRows } from '../matrix.ts';
import type { HistoryMoments } from './engine.ts';
import { gridOf, type Memory, type WebgpuDevice } from './webgpu-device.ts';
import { runPass } from './webgpu-rows.ts';
import {
  panelsOf,
  placeSparse,
  range,
  releaseSparse,
  rowRange,
  rowsOfBinding,
  type WebgpuSparse,
  type WebgpuTensor,
} from './webgpu-tensors.ts';

/** Ratings and users whose tables lie in memory at once: 170 MB at most. */
export const BLOCK_RATINGS = 1 << 21;
/** Of histories.wgsl: most bytes of one table for a rating or user. */
const TABLE_BYTES = 32;
/** Visit of the constant, moments.wgsl. */
const CONSTANT = 0xffffffff;
const THREADS = 128;
const MIRROR_BLOCK = 32;

/** A block of histories on the device. */
interface Histories {
  readonly users: Memory; // (U) of (start, end, first training row, training rows)
  readonly tastes: Memory; // (N) of two words
  readonly pulls: Memory; // (N) of four
  readonly targets: Memory; // (N) of four
  readonly weights: Memory; // (training rows + U)
  readonly counts: { readonly users: number; readonly entries: number; readonly rows: number };
}

/**
 * `Engine.historyMoments` by histories.wgsl, moments.wgsl and mirror.wgsl. The host only sorts: it uploads ratings as they
 * stand and, for each movie, where the histories have it.
 */
export async function historyMoments(
  device: WebgpuDevice,
  sequences: SparseRows,
  weights: HistoryWeights,
  rows: NextWatchRows,
): Promise<HistoryMoments> {
  const { columns: M, offsets } = sequences;
  const zeros = (length: number) => ({ length, memory: device.allocateZeros(length * 4) }) satisfies WebgpuTensor;
  const [xx, xy, likes] = [zeros((M + 1) ** 2), zeros((M + 1) * M), zeros(M * M)];
  const spans = uploadSpans(device, offsets, weights, rows);
  const floats = [Math.LOG2E / weights.decay, weights.floor];
  for (const block of userBlocks(offsets, Math.min(BLOCK_RATINGS, device.maxBinding / TABLE_BYTES))) {
    const part = partOf(sequences, block);
    const histories = weighHistories(device, part, spans, weights, rows);
    const visits = placeVisits(device, part);
    const integers = [M, rows.first, rows.step];
    const add = (kind: string, matrix: WebgpuTensor, movies: WebgpuSparse, width: number) =>
      addRows(device, histories, movies, matrix.memory as Memory, width, { kind, integers, floats });
    add('INPUTS', xx, visits, M + 1);
    add('TARGETS', xy, visits, M);
    // The constant is liked by nobody.
    add('LIKES', likes, { ...visits, rows: M, offsets: visits.offsets.subarray(0, M + 1) }, M);
    releaseSparse(device, visits);
    const { counts: _, ...tables } = histories;
    for (const memory of Object.values(tables)) device.release(memory);
    await setImmediate();
  }
  device.release(spans);
  addMirrored(device, xx.memory, M + 1);
  addMirrored(device, likes.memory, M);
  return { xx, xy, likes };
}

/** The sequences of some users. */
function partOf({ columns, offsets, indices, values }: SparseRows, { from, to }: UserBlock): SparseRows {
  const [begin, end] = [offsets[from], offsets[to]];
  return {
    ...{ rows: to - from, columns },
    offsets: offsets.subarray(from, to + 1).map((offset) => offset - begin),
    indices: indices.subarray(begin, end),
    values: values.subarray(begin, end),
  };
}

/** Of every training row that a history may have: how many ratings it asks for, and 1/√W. */
function uploadSpans(device: WebgpuDevice, offsets: Int32Array, weights: HistoryWeights, rows: NextWatchRows): Memory {
  const longest = offsets.reduce((most, end, u) => Math.max(most, u > 0 ? end - offsets[u - 1] : 0), 0);
  const count = trainingRows(longest, rows);
  const words = new Uint32Array(2 * count);
  const floats = new Float32Array(words.buffer);
  for (let row = 0; row < count; row++) {
    const t = rows.first + row * rows.step;
    words[2 * row] = spanAfter(t, rows);
    floats[2 * row + 1] = 1 / Math.sqrt(totalWeight(t, weights));
  }
  const spans = device.allocate(words.byteLength);
  device.write(spans, 0, words);
  return spans;
}

/** Training rows of a history of n ratings, also those that ask for nothing liked. */
function trainingRows(n: number, { first, step }: NextWatchRows): number {
  return Math.max(0, Math.ceil((n - 2 - first) / step));
}

/** Uploads histories and runs histories.wgsl over them. */
function weighHistories(
  device: WebgpuDevice,
  sequences: SparseRows,
  spans: Memory,
  { decay, floor, likeFrom, dislikeBelow, dislikeWeight }: HistoryWeights,
  config: NextWatchRows,
): Histories {
  const { rows: U, offsets } = sequences;
  const N = offsets[U];
  const userWords = new Uint32Array(4 * U);
  let rows = 0;
  for (let u = 0; u < U; u++) {
    const own = trainingRows(offsets[u + 1] - offsets[u], config);
    userWords.set([offsets[u], offsets[u + 1], rows, own], 4 * u);
    rows += own;
  }
  const users = device.allocate(userWords.byteLength);
  device.write(users, 0, userWords);
  const ratings = placeSparse(device, sequences);
  const tables = {
    tastes: device.allocate(N * 8),
    pulls: device.allocate(N * 16),
    targets: device.allocate(N * 16),
    weights: device.allocate((rows + U) * 4),
  };
  const sums = device.allocate(rows * 32);
  const counts = { users: U, entries: N, rows };
  const bind = (memory: Memory, words: number) => range(device, memory, 0, words).binding;
  device.run({
    ...{ file: 'histories', entry: 'histories', constants: {} },
    integers: [U, config.first, config.step],
    floats: [Math.LOG2E / decay, floor, likeFrom, dislikeBelow, dislikeWeight],
    bindings: [
      bind(ratings.table, 2 * N),
      bind(users, 4 * U),
      bind(spans, spans.bytes / 4),
      bind(tables.tastes, 2 * N),
      bind(tables.pulls, 4 * N),
      bind(tables.targets, 4 * N),
      bind(tables.weights, rows + U),
      bind(sums, 8 * rows),
    ],
    grid: gridOf(U),
  });
  device.release(sums);
  releaseSparse(device, ratings);
  return { users, ...tables, counts };
}

/** (M + 1, ·): the entries (position, user) of each movie by user, and those of the constant, one a user. */
function placeVisits(device: WebgpuDevice, { rows: U, columns: M, offsets, indices }: SparseRows): WebgpuSparse {
  const starts = new Int32Array(M + 2);
  for (const column of indices) if (column >= 0) starts[column + 1]++;
  starts[M + 1] = U;
  for (let row = 0; row <= M; row++) starts[row + 1] += starts[row];
  const next = starts.slice();
  const words = new Uint32Array(2 * starts[M + 1]);
  const put = (row: number, entry: number, user: number) => {
    const at = 2 * next[row]++;
    words[at] = entry;
    words[at + 1] = user;
  };
  for (let u = 0; u < U; u++) {
    for (let e = offsets[u]; e < offsets[u + 1]; e++) if (indices[e] >= 0) put(indices[e], e, u);
    put(M, CONSTANT, u);
  }
  const table = device.allocate(words.byteLength);
  device.write(table, 0, words);
  return { rows: M + 1, columns: 1, entries: words.length / 2, offsets: starts, table, plans: new Map() };
}

/** matrix (movies, width) += what the histories add to it. */
function addRows(
  device: WebgpuDevice,
  { users, tastes, pulls, targets, weights, counts }: Histories,
  visits: WebgpuSparse,
  matrix: Memory,
  width: number,
  { kind, ...parameters }: { kind: string; integers: readonly number[]; floats: readonly number[] },
): void {
  const TILE = Math.min(Math.ceil(width / THREADS) * THREADS, device.maxWorkgroupFloats);
  const constants = { TILE, WIDTH: width, INPUTS: kind === 'INPUTS', TARGETS: kind === 'TARGETS' };
  const pass = { sparse: visits, rowWidth: width, sourceWidth: 1, slotWidth: width };
  const command = { file: 'moments', first: 'moments', constants, strips: Math.ceil(width / TILE) } as const;
  const bind = (memory: Memory, words: number) => range(device, memory, 0, words).binding;
  const tables = [
    bind(users, 4 * counts.users),
    bind(tastes, 2 * counts.entries),
    bind(pulls, 4 * counts.entries),
    bind(targets, 4 * counts.entries),
    bind(weights, counts.rows + counts.users),
  ];
  runPass(device, pass, { ...command, ...parameters }, ({ firstRow, rows }, _, parts) => [
    ...tables,
    rowRange(device, matrix, width, firstRow, rows),
    parts,
  ]);
}

/** matrix (n, n) ← matrix + its transpose. */
function addMirrored(device: WebgpuDevice, matrix: Memory, n: number): void {
  const panels = panelsOf(n, rowsOfBinding(device, n));
  const rowsFrom = ([from, to]: [number, number]) => rowRange(device, matrix, n, from, to - from);
  for (const lower of panels) {
    for (const upper of panels) {
      if (upper[0] > lower[0]) break;
      const SAME = upper === lower;
      device.run({
        ...{ file: 'mirror', entry: 'mirror', constants: { SAME } },
        integers: [n, ...lower, ...upper],
        bindings: [rowsFrom(lower), SAME ? device.unused : rowsFrom(upper)],
        grid: [upper, lower].map(([from, to]) => Math.ceil((to - from) / MIRROR_BLOCK)) as [number, number],
      });
    }
  }
}
