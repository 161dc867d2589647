import type { HistoryWeights } from '../../../shared/model/model.ts';
import type { SparseRows } from '../../math/sparse.ts';
import { fadingReach, inverseNorm, type NextTarget, spanAfter, type TrainingRows } from '../history-moments.ts';
import type { Binding, Memory } from './buffers.ts';
import { gridOf, type WebgpuDevice } from './device.ts';
import { runPass } from './rows.ts';
import { placeSparse, range, releaseSparse, type WebgpuSparse } from './tensors.ts';

const THREADS = 64;

/** A block (M, M) of a matrix whose rows have `stride` floats; its first float is the matrix's `first`. */
interface Block {
  readonly memory: Memory;
  readonly first: number;
  readonly stride: number;
}

/** A scale, and what the ratings of the block weigh in it. */
interface Scale {
  readonly weights: HistoryWeights;
  readonly tastes: Binding; // (N) of two words
}

/** e^{−d/h} = 2^{−rate · d}. */
const fadeRate = ({ decay }: HistoryWeights): number => Math.LOG2E / decay;

/** A block of histories on the device, with the tables of histories.wgsl. */
export class Histories {
  readonly #device: WebgpuDevice;
  readonly #rows: TrainingRows;
  readonly #longest: number;
  readonly #count: { readonly users: number; readonly ratings: number };
  readonly #entries: WebgpuSparse;
  readonly #visits: WebgpuSparse;
  readonly #tables: Memory[] = [];
  readonly #users: Binding; // (U) of four words
  readonly #weights: Binding; // (N) of two words
  readonly #sums: Binding; // (rows + U) of four floats

  constructor(device: WebgpuDevice, sequences: SparseRows, rows: TrainingRows, longest: number) {
    const { rows: users, offsets } = sequences;
    const ratings = offsets[users];
    this.#device = device;
    this.#rows = rows;
    this.#longest = longest;
    this.#count = { users, ratings };
    this.#entries = placeSparse(device, sequences);
    this.#visits = placeVisits(device, sequences);
    const words = new Uint32Array(4 * users);
    let rowCount = 0;
    for (let u = 0; u < users; u++) {
      const userRows = countRows(offsets[u + 1] - offsets[u], rows);
      words.set([offsets[u], offsets[u + 1], rowCount, userRows], 4 * u);
      rowCount += userRows;
    }
    this.#users = this.#upload(words);
    this.#weights = this.#table(2 * ratings);
    this.#sums = this.#table(4 * (rowCount + users));
  }

  /** A binding of new memory for `words` words. */
  #table(words: number): Binding {
    const { binding } = range(this.#device, this.#device.allocate(words * 4), 0, words);
    this.#tables.push(binding.memory);
    return binding;
  }

  #upload(words: Uint32Array): Binding {
    const binding = this.#table(words.length);
    this.#device.write(binding.memory, 0, words);
    return binding;
  }

  /** For each training row that a history may have: how many ratings it asks for, and the bits of q. */
  #times(spanAt: (t: number) => number, q: (t: number) => number): Binding {
    const { first, step } = this.#rows;
    const words = new Uint32Array(2 * countRows(this.#longest, this.#rows));
    const floats = new Float32Array(words.buffer);
    for (let at = 0, t = first; at < words.length; at += 2, t += step) {
      words[at] = spanAt(t);
      floats[at + 1] = q(t);
    }
    return this.#upload(words);
  }

  scale(weights: HistoryWeights): Scale {
    const scale = { weights, tastes: this.#table(2 * this.#count.ratings) };
    const { likeFrom, dislikeBelow, dislikeWeight } = weights;
    this.#weigh('weighTastes', scale.tastes, this.#users, [0, 0, 0, 0, likeFrom, dislikeBelow, dislikeWeight]);
    return scale;
  }

  addLikes(block: Block): void {
    const { likeFrom } = this.#rows;
    const scale = this.scale({ decay: 1, floor: 1, likeFrom, dislikeBelow: likeFrom, dislikeWeight: 0 });
    this.#weigh('weighPairs', scale.tastes, this.#users, [], true);
    this.#add(true, scale, block);
  }

  /** xx's block += half of what the histories add: scale a with earlier entries in scale b. */
  addInputs(a: Scale, b: Scale, block: Block): void {
    const times = this.#times(
      () => 0,
      (t) => inverseNorm(t, a.weights) * inverseNorm(t, b.weights),
    );
    const fades = [a, b].flatMap(({ weights }) => [fadeRate(weights), weights.floor]);
    this.#weigh('weighPairs', a.tastes, times, fades);
    this.#add(true, b, block);
  }

  /** xy's block += what the histories add: a scale with what a target asks for. */
  addTargets(scale: Scale, target: NextTarget, block: Block): void {
    const { weights, tastes } = scale;
    const times = this.#times(
      (t) => spanAfter(t, target),
      (t) => inverseNorm(t, weights),
    );
    this.#weigh('weighTargets', tastes, times, [fadeRate(weights), 0, 0, 0, target.likeFrom]);
    this.#add(false, scale, block);
  }

  /** Fills tables. @param floats rates and floors of two scales, then what is liked and disliked */
  #weigh(
    entry: 'weighTastes' | 'weighPairs' | 'weighTargets',
    tastes: Binding,
    times: Binding,
    floats: readonly number[],
    LIKES = false,
  ): void {
    const { users, ratings } = this.#count;
    const { first, step } = this.#rows;
    const entries = range(this.#device, this.#entries.table, 0, 2 * ratings).binding;
    this.#device.run({
      file: 'histories',
      entry,
      constants: { LIKES },
      integers: [users, first, step],
      floats,
      bindings: [entries, this.#users, times, tastes, this.#weights, this.#sums],
      grid: gridOf(users),
    });
  }

  /** block += what `weights`, and the tastes and recency of a scale, add to it. */
  #add(PAIRS: boolean, { weights, tastes }: Scale, { memory, first, stride: STRIDE }: Block): void {
    const device = this.#device;
    const WIDTH = this.#visits.rows;
    const TILE = Math.min(Math.ceil(WIDTH / THREADS) * THREADS, device.maxWorkgroupFloats);
    const part = (firstRow: number, rows: number) =>
      range(device, memory, first + firstRow * STRIDE, Math.max(0, rows - 1) * STRIDE + WIDTH);
    const reach = Math.min(fadingReach(weights), this.#longest);
    // A block may begin amid a binding, for which there must be room.
    const pass = { sparse: this.#visits, rowWidth: STRIDE + 1, sourceWidth: 1, slotWidth: WIDTH };
    const command = {
      file: 'moments',
      first: 'moments',
      constants: { TILE, WIDTH, STRIDE, PAIRS },
      strips: Math.ceil(WIDTH / TILE),
      integers: [part(0, 0).first, this.#rows.first, this.#rows.step, reach],
      floats: [fadeRate(weights), weights.floor],
    } as const;
    runPass(device, pass, command, ({ firstRow, rows }, _, parts) => [
      this.#users,
      tastes,
      this.#weights,
      this.#sums,
      part(firstRow, rows).binding,
      parts,
    ]);
  }

  release(): void {
    for (const sparse of [this.#entries, this.#visits]) releaseSparse(this.#device, sparse);
    for (const memory of this.#tables) this.#device.release(memory);
  }
}

/** Training rows of a history of n ratings. */
function countRows(n: number, { first, step }: TrainingRows): number {
  return Math.max(0, Math.ceil((n - first) / step));
}

/** The visits (position, user) of each movie by user, (M, ·). */
function placeVisits(device: WebgpuDevice, { rows: U, columns: M, offsets, indices }: SparseRows): WebgpuSparse {
  const starts = new Int32Array(M + 1);
  for (let e = 0; e < indices.length; e++) if (indices[e] >= 0) starts[indices[e] + 1]++;
  for (let row = 0; row < M; row++) starts[row + 1] += starts[row];
  const next = starts.slice();
  const words = new Uint32Array(2 * starts[M]);
  for (let u = 0; u < U; u++) {
    for (let e = offsets[u], end = offsets[u + 1]; e < end; e++) {
      if (indices[e] < 0) continue;
      const at = 2 * next[indices[e]]++;
      words[at] = e;
      words[at + 1] = u;
    }
  }
  const table = device.allocate(words.byteLength);
  device.write(table, 0, words);
  return { rows: M, columns: 1, entries: words.length / 2, offsets: starts, table, plans: new Map() };
}
