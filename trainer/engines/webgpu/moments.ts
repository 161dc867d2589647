import { setImmediate } from 'node:timers/promises';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import { longestRow, rowsBetween, type SparseRows } from '../../math/sparse.ts';
import type { HistoryMoments } from '../engine.ts';
import { type NextWatchRows, spanAfter, totalWeight, userBlocks } from '../history-moments.ts';
import { type Binding, type Command, gridOf, type Memory, type WebgpuDevice } from './device.ts';
import { runPass } from './rows.ts';
import {
  panelsOf,
  placeSparse,
  range,
  releaseSparse,
  rowRange,
  rowsOfBinding,
  type WebgpuSparse,
  type WebgpuTensor,
} from './tensors.ts';

/** Ratings and users whose tables are in memory at once: 130 MB at most. */
const BLOCK_RATINGS = 1 << 21;

/** Bytes of a rating in the tables of a block on the device, and in what is uploaded for it. */
const RATING_TABLES = 64;
const RATING_WORDS = 20;

/** Bytes of the tables of a block on the device, of N ratings in all. */
export function historyBytes(N: number): number {
  return Math.min(N, BLOCK_RATINGS) * RATING_TABLES;
}

/** Bytes of what JavaScript uploads for a block, of N ratings in all. */
export function uploadBytes(N: number): number {
  return Math.min(N, BLOCK_RATINGS) * RATING_WORDS;
}

/** Most bytes that a table of histories.wgsl has for a rating or user. */
const TABLE_BYTES = 32;

/** Entry of the constant's visits, as in moments.wgsl. */
const CONSTANT = 0xffffffff;
const THREADS = 64;
const MIRROR_BLOCK = 32;

/**
 * `Engine.historyMoments` by histories.wgsl, moments.wgsl and mirror.wgsl. The host only sorts: it uploads the ratings as they
 * are and, for each movie, its positions in the histories.
 */
export async function historyMoments(
  device: WebgpuDevice,
  sequences: SparseRows,
  weights: HistoryWeights,
  rows: NextWatchRows,
): Promise<HistoryMoments> {
  const { columns: M, offsets } = sequences;
  const [xx, xy, likes] = [(M + 1) ** 2, (M + 1) * M, M * M].map((length) => device.allocateZeros(length * 4));
  const spans = upload(device, spansOf(offsets, weights, rows));
  const parameters = { integers: [M, rows.first, rows.step], floats: [fadeRate(weights), weights.floor] };
  for (const { from, to } of userBlocks(offsets, Math.min(BLOCK_RATINGS, device.maxBinding / TABLE_BYTES))) {
    const part = rowsBetween(sequences, from, to);
    const tables = weighHistories(device, part, spans, weights, rows);
    const visits = placeVisits(device, part, rows);
    // Nobody likes the constant.
    const likers = { ...visits, rows: M, offsets: visits.offsets.subarray(0, M + 1) };
    addRows(device, 'INPUTS', tables, visits, xx, M + 1, parameters);
    addRows(device, 'TARGETS', tables, visits, xy, M, parameters);
    addRows(device, 'LIKES', tables, likers, likes, M, parameters);
    releaseSparse(device, visits);
    for (const { memory } of tables) device.release(memory);
    await device.settle(); // so that uploads do not pile up behind a kernel
    await setImmediate();
  }
  device.release(spans.memory);
  addMirrored(device, xx, M + 1);
  addMirrored(device, likes, M);
  const tensor = (memory: Memory, length: number): WebgpuTensor => ({ memory, length });
  return { xx: tensor(xx, (M + 1) ** 2), xy: tensor(xy, (M + 1) * M), likes: tensor(likes, M * M) };
}

/** e^{−d/h} = 2^{−rate · d}. */
const fadeRate = ({ decay }: HistoryWeights): number => Math.LOG2E / decay;

/** A binding of new memory for `words` words. */
function table(device: WebgpuDevice, words: number): Binding {
  return range(device, device.allocate(words * 4), 0, words).binding;
}

function upload(device: WebgpuDevice, words: Uint32Array): Binding {
  const binding = table(device, words.length);
  device.write(binding.memory, 0, words);
  return binding;
}

/** For each training row that a history may have: how many ratings it asks for, and the bits of 1/√W. */
function spansOf(offsets: Int32Array, weights: HistoryWeights, rows: NextWatchRows): Uint32Array {
  const words = new Uint32Array(2 * trainingRows(longestRow(offsets), rows));
  const floats = new Float32Array(words.buffer);
  for (let at = 0, t = rows.first; at < words.length; at += 2, t += rows.step) {
    words[at] = spanAfter(t, rows);
    floats[at + 1] = 1 / Math.sqrt(totalWeight(t, weights));
  }
  return words;
}

/** Training rows of a history of n ratings, those that ask for nothing liked included. */
function trainingRows(n: number, { first, step }: NextWatchRows): number {
  return Math.max(0, Math.ceil((n - 2 - first) / step));
}

/**
 * Uploads histories and runs histories.wgsl over them.
 *
 * @returns users, tastes, pulls, targets, weights
 */
function weighHistories(
  device: WebgpuDevice,
  sequences: SparseRows,
  spans: Binding,
  weights: HistoryWeights,
  config: NextWatchRows,
): Binding[] {
  const { rows: U, offsets } = sequences;
  const N = offsets[U];
  const userWords = new Uint32Array(4 * U);
  let rows = 0;
  for (let u = 0; u < U; u++) {
    const userRows = trainingRows(offsets[u + 1] - offsets[u], config);
    userWords.set([offsets[u], offsets[u + 1], rows, userRows], 4 * u);
    rows += userRows;
  }
  const ratings = placeSparse(device, sequences);
  const users = upload(device, userWords);
  const tables = [2 * N, 4 * N, 4 * N, rows + U].map((words) => table(device, words));
  const sums = table(device, 8 * rows);
  const { floor, likeFrom, dislikeBelow, dislikeWeight } = weights;
  device.run({
    file: 'histories',
    entry: 'histories',
    constants: {},
    integers: [U, config.first, config.step],
    floats: [fadeRate(weights), floor, likeFrom, dislikeBelow, dislikeWeight],
    bindings: [range(device, ratings.table, 0, 2 * N).binding, users, spans, ...tables, sums],
    grid: gridOf(U),
  });
  device.release(sums.memory);
  releaseSparse(device, ratings);
  return [users, ...tables];
}

/** The visits (position, user) of each movie by user, (M + 1, ·); the constant has one of each user with training rows. */
function placeVisits(
  device: WebgpuDevice,
  { rows: U, columns: M, offsets, indices }: SparseRows,
  config: NextWatchRows,
): WebgpuSparse {
  const trained = (u: number) => trainingRows(offsets[u + 1] - offsets[u], config) > 0;
  const starts = new Int32Array(M + 2);
  for (let e = 0; e < indices.length; e++) if (indices[e] >= 0) starts[indices[e] + 1]++;
  for (let u = 0; u < U; u++) if (trained(u)) starts[M + 1]++;
  for (let row = 0; row <= M; row++) starts[row + 1] += starts[row];
  const next = starts.slice();
  const words = new Uint32Array(2 * starts[M + 1]);
  for (let u = 0; u < U; u++) {
    for (let e = offsets[u], end = offsets[u + 1]; e < end; e++) {
      if (indices[e] < 0) continue;
      const at = 2 * next[indices[e]]++;
      words[at] = e;
      words[at + 1] = u;
    }
    if (!trained(u)) continue;
    const at = 2 * next[M]++;
    words[at] = CONSTANT;
    words[at + 1] = u;
  }
  const { memory } = upload(device, words);
  return { rows: M + 1, columns: 1, entries: words.length / 2, offsets: starts, table: memory, plans: new Map() };
}

/** matrix (movies, width) += what the histories of the tables add to it. */
function addRows(
  device: WebgpuDevice,
  kind: 'INPUTS' | 'TARGETS' | 'LIKES',
  tables: readonly Binding[],
  visits: WebgpuSparse,
  matrix: Memory,
  width: number,
  parameters: Pick<Command, 'integers' | 'floats'>,
): void {
  const TILE = Math.min(Math.ceil(width / THREADS) * THREADS, device.maxWorkgroupFloats);
  const constants = { TILE, WIDTH: width, INPUTS: kind === 'INPUTS', TARGETS: kind === 'TARGETS' };
  const pass = { sparse: visits, rowWidth: width, sourceWidth: 1, slotWidth: width };
  const command = { file: 'moments', first: 'moments', constants, strips: Math.ceil(width / TILE) } as const;
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
        file: 'mirror',
        entry: 'mirror',
        constants: { SAME },
        integers: [n, ...lower, ...upper],
        bindings: [rowsFrom(lower), SAME ? device.unused : rowsFrom(upper)],
        grid: [upper, lower].map(([from, to]) => Math.ceil((to - from) / MIRROR_BLOCK)) as [number, number],
      });
    }
  }
}
