import type { HistoryWeights } from '../../../shared/model/model.ts';
import { type AnyRows, longestFirst, longestRow, rowBlocks, rowsBetween } from '../../math/sparse.ts';
import { fadingReach, inverseNorm, type NextTarget, type TrainingRows, type UserBlock } from '../history-moments.ts';
import type { WasmDevice } from './device.ts';
import type { WasmMemory } from './memory.ts';
import type { WasmTensor } from './tensors.ts';

/** Users that a thread weighs at a time, and movies whose rows it adds to. */
const USERS = 16;
const MOVIES = 4;

/** A fade below this counts as 0: numbers below float32's smallest normal one are slow. */
const NOTHING = 1e-30;

/** A scale, and which ratings of the block weigh something in it. */
interface Scale {
  readonly weights: HistoryWeights;
  readonly tastes: number; // (ratings) records
  readonly counts: number; // (users) int32, tastes of each user
  readonly powers: number; // (longest + 2) float64
  readonly fades: number; // (longest + 2) float32
  readonly norms: number; // (longest + 1) float64
}

/** A block of histories and its tables (`kernels/parts/history-tables.as.ts`), as large as the largest block needs. */
export class Histories {
  readonly #device: WasmDevice;
  readonly #sequences: AnyRows;
  readonly #rows: TrainingRows;
  readonly #longest: number;
  readonly #most: { readonly ratings: number; readonly users: number };
  readonly #addresses: number[] = [];
  readonly #starts: number; // (users + 1) int32
  readonly #columns: number; // (ratings) int32
  readonly #stars: number; // (ratings) float32
  readonly #places: number; // (ratings) int32, where each taste of a scale stands by movie
  readonly #visitStarts: number; // (M + 2) int32
  readonly #work: number; // (M) int32, the most rated movie first
  readonly #visits: number; // pairs or asked
  readonly #likes: number;
  readonly #spans: number;
  readonly #liked: Scale;
  #users = 0;

  constructor(device: WasmDevice, sequences: AnyRows, blocks: readonly UserBlock[], rows: TrainingRows) {
    const { columns: M, offsets } = sequences;
    const ratings = blocks.reduce((most, { from, to }) => Math.max(most, offsets[to] - offsets[from]), 0);
    const users = blocks.reduce((most, { from, to }) => Math.max(most, to - from), 0);
    const [record, visit] = [2 ** device.threads.size('LOG_RECORD'), 2 ** device.threads.size('LOG_VISIT')];
    this.#device = device;
    this.#sequences = sequences;
    this.#rows = rows;
    this.#longest = longestRow(offsets);
    this.#most = { ratings, users };
    this.#starts = this.#allocate((users + 1) * 4);
    this.#columns = this.#allocate(ratings * 4);
    this.#stars = this.#allocate(ratings * 4);
    this.#places = this.#allocate(ratings * 4);
    this.#visitStarts = this.#allocate((M + 2) * 4);
    this.#work = this.#allocate(M * 4);
    this.#visits = this.#allocate(ratings * visit);
    this.#likes = this.#allocate(ratings * record);
    this.#spans = this.#allocate(ratings * record);
    this.#liked = this.scale({ decay: 1, floor: 1, likeFrom: rows.likeFrom, dislikeBelow: 0, dislikeWeight: 0 });
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

  /** Tables of a scale, its tastes still to be weighed. */
  scale(weights: HistoryWeights): Scale {
    const powers = Float64Array.from({ length: this.#longest + 2 }, (_, d) => Math.exp(-d / weights.decay));
    const norms = Float64Array.from({ length: this.#longest + 1 }, (_, t) => (t === 0 ? 0 : inverseNorm(t, weights)));
    const scale = {
      weights,
      tastes: this.#allocate(this.#most.ratings * 2 ** this.#device.threads.size('LOG_RECORD')),
      counts: this.#allocate(this.#most.users * 4),
      powers: this.#allocate(powers.length * 8),
      fades: this.#allocate(powers.length * 4),
      norms: this.#allocate(norms.length * 8),
    };
    this.#memory.doubles(scale.powers, powers.length).set(powers);
    this.#memory.floats(scale.fades, powers.length).set(powers.map((power) => (power < NOTHING ? 0 : power)));
    this.#memory.doubles(scale.norms, norms.length).set(norms);
    return scale;
  }

  /** Copies a block's histories into memory. */
  load({ from, to }: UserBlock): void {
    const { rows, offsets, indices, values } = rowsBetween(this.#sequences, from, to);
    this.#users = rows;
    this.#memory.integers(this.#starts, offsets.length).set(offsets);
    this.#memory.integers(this.#columns, indices.length).set(indices);
    this.#memory.floats(this.#stars, values.length).set(values);
  }

  /** Fills a scale's tastes. */
  weigh({ weights, tastes, counts }: Scale): void {
    const { likeFrom, dislikeBelow, dislikeWeight } = weights;
    const ratings = [this.#starts, this.#columns, this.#stars];
    this.#eachUser('weighTastes', [...ratings, likeFrom, dislikeBelow, dislikeWeight, tastes, counts]);
  }

  /** Orders a scale's tastes by movie, for the additions that follow. */
  order({ tastes, counts }: Scale): void {
    const M = this.#sequences.columns;
    const visits = [this.#users, this.#starts, counts, tastes, M, this.#visitStarts, this.#places];
    this.#device.threads.run('orderVisits', { items: 1, chunk: 1 }, visits);
  }

  /** likes += half of what the block's histories add. */
  addLikes(likes: WasmTensor): void {
    const { tastes, counts, fades } = this.#liked;
    this.weigh(this.#liked);
    this.order(this.#liked);
    this.#eachUser('weighLikes', [this.#starts, tastes, counts, this.#places, this.#visits]);
    this.#eachMovie('addPairs', [this.#visits, tastes, fades, likes.address, this.#sequences.columns]);
  }

  /** A block of xx += half of what the histories add: the ordered scale with earlier entries in scale b. */
  addInputs(a: Scale, b: Scale, block: number, width: number): void {
    const [tablesA, tablesB] = [a, b].map(({ weights, tastes, counts, norms }) => {
      return [tastes, counts, norms, Math.exp(-1 / weights.decay), weights.floor];
    });
    const { first, step } = this.#rows;
    const reach = Math.min(this.#longest, fadingReach(b.weights));
    const outputs = [this.#places, this.#visits];
    this.#eachUser('weighPairs', [this.#starts, ...tablesA, ...tablesB, reach, first, step, ...outputs]);
    this.#eachMovie('addPairs', [this.#visits, b.tastes, b.fades, block, width]);
  }

  /** A block of xy += what the histories add: the ordered scale with what a target asks for. */
  addTargets({ weights, tastes, counts, norms, powers, fades }: Scale, target: NextTarget, block: number): void {
    const { first, step } = this.#rows;
    const { likeFrom, window, windowShare } = target;
    const { floor } = weights;
    const reach = Math.min(this.#longest, fadingReach(weights));
    const ratings = [this.#starts, this.#columns, this.#stars];
    const scale = [tastes, counts, norms, powers, floor, reach];
    const outputs = [this.#likes, this.#spans, this.#places, this.#visits];
    this.#eachUser(
      'weighTargets',
      [this.#longest, ...ratings, ...scale, first, step, likeFrom, window, windowShare, ...outputs],
      this.#device.threads.scratchFor('targets', this.#longest),
    );
    const tables = [this.#visits, this.#likes, this.#spans, fades, floor];
    this.#eachMovie('addTargets', [...tables, block, this.#sequences.columns]);
  }

  #eachUser(kernel: string, args: readonly number[], scratch = 0): void {
    this.#device.threads.run(kernel, { items: this.#users, chunk: USERS, scratch }, args);
  }

  #eachMovie(kernel: string, args: readonly number[]): void {
    const visits = [this.#work, this.#visitStarts];
    this.#device.threads.run(kernel, { items: this.#sequences.columns, chunk: MOVIES }, [...visits, ...args]);
  }

  release(): void {
    for (const address of this.#addresses.reverse()) this.#memory.release(address);
  }
}

function mostRatedFirst(sequences: AnyRows): Int32Array {
  const { columns } = sequences;
  const ends = new Int32Array(columns + 1);
  for (const { block } of rowBlocks(sequences)) {
    const { indices } = block;
    for (let k = 0; k < indices.length; k++) if (indices[k] >= 0) ends[indices[k] + 1]++;
  }
  for (let c = 0; c < columns; c++) ends[c + 1] += ends[c];
  return longestFirst(ends);
}
