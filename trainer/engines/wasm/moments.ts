import { setImmediate } from 'node:timers/promises';
import type { HistoryWeights } from '../../../shared/model/model.ts';
import { longestFirst, longestRow, type SparseRows } from '../../math/sparse.ts';
import type { HistoryMoments } from '../engine.ts';
import { type NextWatchRows, type UserBlock, userBlocks } from '../history-moments.ts';
import type { WasmDevice } from './device.ts';
import type { WasmMemory } from './memory.ts';
import type { WasmTensor } from './tensors.ts';

/** Ratings and users whose tables are in memory at once: 23 MB, near the caches. Fewer would read the matrices more often. */
const BLOCK_RATINGS = 1 << 18;

/** Bytes of the tables of one block, about. */
export const HISTORY_BYTES = 25 * 2 ** 20;

/** Users that a thread weighs at a time, and movies whose rows it adds to. */
const USERS = 16;
const MOVIES = 4;

/** A fade below this counts as 0: numbers below float32's smallest normal one are slow. */
const NOTHING = 1e-30;

/** `Engine.historyMoments` by histories.as.ts, moments.as.ts and mirror.as.ts. */
export async function historyMoments(
  device: WasmDevice,
  sequences: SparseRows,
  weights: HistoryWeights,
  rows: NextWatchRows,
): Promise<HistoryMoments> {
  const { memory } = device;
  const { columns: M, offsets } = sequences;
  const N = M + 1;
  const tensor = (length: number): WasmTensor => ({ length, address: memory.allocateZeros(length * 4) });
  const moments = { xx: tensor(N * N), xy: tensor(N * M), likes: tensor(M * M) };
  const blocks = userBlocks(offsets, BLOCK_RATINGS);
  const tables = new HistoryTables(device, sequences, blocks, weights);
  let count = 0;
  for (const block of blocks) {
    tables.load(block);
    count += tables.weigh(weights, rows);
    tables.addTo(moments, weights);
    await setImmediate();
  }
  tables.release();
  addMirrored(device, moments.xx, N);
  addMirrored(device, moments.likes, M);
  memory.floats(moments.xx.address, N * N)[N * N - 1] = count;
  return moments;
}

/** The tables of a block of histories (`kernels/parts/history-tables.as.ts`), as large as the largest block needs. */
class HistoryTables {
  readonly #device: WasmDevice;
  readonly #sequences: SparseRows;
  readonly #longest: number;
  readonly #addresses: number[] = [];
  readonly #starts: number; // (users + 1) int32
  readonly #counts: number; // (users) int32, tastes of each user
  readonly #rowCounts: number; // (users) int32, training rows of each user
  readonly #columns: number; // (ratings) int32
  readonly #stars: number; // (ratings) float32
  readonly #order: number; // (ratings) int32
  readonly #visitStarts: number; // (M + 2) int32
  readonly #records: readonly number[]; // tastes, visits, likes, rows
  readonly #powers: number; // (longest + 2) float64
  readonly #fades: number; // (longest + 2) float32
  readonly #work: number; // (M) int32, the most rated movie first
  #users = 0;

  constructor(device: WasmDevice, sequences: SparseRows, blocks: readonly UserBlock[], { decay }: HistoryWeights) {
    const { columns: M, offsets } = sequences;
    const ratings = blocks.reduce((most, { from, to }) => Math.max(most, offsets[to] - offsets[from]), 0);
    const users = blocks.reduce((most, { from, to }) => Math.max(most, to - from), 0);
    const [record, visit] = [2 ** device.threads.size('LOG_RECORD'), 2 ** device.threads.size('LOG_VISIT')];
    this.#device = device;
    this.#sequences = sequences;
    this.#longest = longestRow(offsets);
    const powers = Float64Array.from({ length: this.#longest + 2 }, (_, d) => Math.exp(-d / decay));
    this.#starts = this.#allocate((users + 1) * 4);
    this.#counts = this.#allocate(users * 4);
    this.#rowCounts = this.#allocate(users * 4);
    this.#columns = this.#allocate(ratings * 4);
    this.#stars = this.#allocate(ratings * 4);
    this.#order = this.#allocate(ratings * 4);
    this.#visitStarts = this.#allocate((M + 2) * 4);
    this.#records = [ratings * record, ratings * visit, ratings * record, (ratings + users) * record].map((bytes) => {
      return this.#allocate(bytes);
    });
    this.#powers = this.#allocate(powers.length * 8);
    this.#fades = this.#allocate(powers.length * 4);
    this.#work = this.#allocate(M * 4);
    this.#memory.doubles(this.#powers, powers.length).set(powers);
    this.#memory.floats(this.#fades, powers.length).set(powers.map((power) => (power < NOTHING ? 0 : power)));
    this.#memory.integers(this.#work, M).set(mostRatedFirst(sequences));
  }

  get #memory(): WasmMemory {
    return this.#device.memory;
  }

  #allocate(bytes: number): number {
    const address = this.#memory.allocate(bytes);
    this.#addresses.push(address);
    return address;
  }

  /** Copies a block's histories into memory. */
  load({ from, to }: UserBlock): void {
    const { offsets, indices, values } = this.#sequences;
    const [begin, end] = [offsets[from], offsets[to]];
    const starts = offsets.subarray(from, to + 1).map((offset) => offset - begin);
    this.#users = to - from;
    this.#memory.integers(this.#starts, starts.length).set(starts);
    this.#memory.integers(this.#columns, end - begin).set(indices.subarray(begin, end));
    this.#memory.floats(this.#stars, end - begin).set(values.subarray(begin, end));
  }

  /** Fills the records and orders the visits by movie; returns how many training rows there are. */
  weigh({ likeFrom, dislikeBelow, dislikeWeight, floor }: HistoryWeights, rows: NextWatchRows): number {
    const { threads } = this.#device;
    const M = this.#sequences.columns;
    const cut = { items: this.#users, chunk: USERS, scratch: threads.scratchFor('histories', this.#longest) };
    const inputs = [this.#starts, this.#columns, this.#stars, this.#powers];
    const outputs = [...this.#records, this.#counts, this.#rowCounts];
    const weights = [likeFrom, dislikeBelow, dislikeWeight, floor];
    const next = [rows.first, rows.step, rows.window, rows.windowShare];
    threads.run('histories', cut, [...inputs, ...outputs, this.#longest, ...weights, ...next]);
    const visits = [this.#users, this.#starts, this.#counts, this.#records[0], M, this.#visitStarts, this.#order];
    threads.run('orderVisits', { items: 1, chunk: 1 }, visits);
    return this.#memory.integers(this.#rowCounts, this.#users).reduce((sum, count) => sum + count, 0);
  }

  /** moments += what the block's histories add to them, half of the symmetric ones. */
  addTo({ xx, xy, likes }: Record<'xx' | 'xy' | 'likes', WasmTensor>, { floor }: HistoryWeights): void {
    const M = this.#sequences.columns;
    const inputs = [this.#work, this.#visitStarts, this.#order, ...this.#records, this.#fades, floor, M];
    const outputs = [xx.address, xy.address, likes.address];
    this.#device.threads.run('moments', { items: M, chunk: MOVIES }, [...inputs, ...outputs]);
  }

  release(): void {
    for (const address of this.#addresses.reverse()) this.#memory.release(address);
  }
}

/** matrix (n, n) ← matrix + its transpose. */
function addMirrored({ threads }: WasmDevice, { address }: WasmTensor, n: number): void {
  threads.run('mirror', { items: Math.ceil(n / threads.size('MIRROR_BLOCK')), chunk: 1 }, [address, n]);
}

function mostRatedFirst({ columns, indices }: SparseRows): Int32Array {
  const ends = new Int32Array(columns + 1);
  for (let k = 0; k < indices.length; k++) if (indices[k] >= 0) ends[indices[k] + 1]++;
  for (let c = 0; c < columns; c++) ends[c + 1] += ends[c];
  return longestFirst(ends);
}
