import { freemem, totalmem } from 'node:os';
import { MarqueeError } from '../../shared/errors.ts';
import type { EngineName } from '../engines/engine.ts';
import { ENGINE_MEMORY } from '../engines/index.ts';
import { WASM_LIMIT } from '../engines/wasm/need.ts';
import { type AnyRows, entriesOf } from '../math/sparse.ts';
import { factorizationBytes } from '../models/learned.ts';
import { modelNamed, type TrainingOptions } from '../models/options.ts';
import type { TrainingShape } from '../models/rating-model.ts';
import { blockWidth, coreMovies } from '../models/relevance/next-watch.ts';
import { historyScales, relevanceDefaults } from '../models/relevance/settings.ts';
import type { MemoryLimits } from '../models/run.ts';
import { flagsOf } from '../models/setting-fields.ts';

/** Bytes that a training needs beyond what the process holds when it starts, its indexed ratings among that. */
export interface MemoryNeed {
  /** The most that is held at one time: the largest of the three parts of a training. */
  readonly total: number;
  /** Of that, what lies in the engine's own memory: WebAssembly.Memory of `wasm`, the device's of `webgpu`. */
  readonly engine: number;
  readonly rating: number;
  readonly relevance: number;
  readonly tables: number;
  /** Movies of the relevance model. */
  readonly core: number;
}

const FLOAT = 4;
const DOUBLE = 8;

/** Scales of time and targets of the next-watch regression (`models/relevance/next-watch.ts`). */
const SCALES = 2;
const TARGETS = 2;

/** Matrices of all pairs of movies that counting successors holds, beside the engine's. */
const PAIRS = 3;

/** Blocks of vectors that the subspace iteration holds at a time. */
const BLOCKS = 6;

/** V8's own heap and small things. */
const OVERHEAD = 24 * 2 ** 20;

/**
 * What a training will need, by counting its arrays. C movies in the relevance model, w bytes of an engine's number:
 *
 * - rating model: what it says itself (`RatingModel.memory`), beside the ratings in the engine
 * - relevance model, engine: the moments of histories in S scales with T targets, S² + S T + 1 matrices (C, C), blocks of
 *   vectors, and the tables of a block of histories
 * - relevance model, JavaScript: histories by columns of the core, the first block of vectors, and the block of histories
 *   that is uploaded
 * - tables: what goes into the Arrow files, its encoding, and the predictions of the fit
 *
 * wasm's memory never shrinks, and garbage is counted where it cannot be collected in time. With what the process held
 * before, that was 0.92 to 1.08 of the peak resident memory (Linux, Node 24) on ML-100K (0.23 GB), ML-1M (0.5 GB) and data of
 * ML-10M's shape (1.9 GB) on wasm, for 15 to 127 factors (1.15 for one sweep of ML-1M), and 0.82 on ML-100K on js.
 * test/trainer/train/memory.test.ts measures one of them.
 */
export function memoryNeed(
  engineName: EngineName,
  shape: TrainingShape,
  options: TrainingOptions,
  checkpoint = false,
): MemoryNeed {
  const engine = ENGINE_MEMORY[engineName];
  const { users: U } = shape;
  const N = shape.heldRatings ?? shape.ratings;
  const M = shape.ratingCounts.length;
  const { factors: K, relevanceFactors: E } = options;
  const S = historyScales(options).length;
  const w = engine.number;
  const C = coreOf(shape, options);
  const width = blockWidth(C, E);
  const model = modelNamed(options.model).memory({ engine, shape, settings: options, checkpoint });

  const sparse = engine.sparse(N, U + M);
  const ratingEngine = sparse + model.engine;
  const moments = SCALES ** 2 + SCALES * TARGETS + 1;
  const relevanceEngine = sparse + w * (moments * C * C + BLOCKS * SCALES * C * width) + engine.histories(N, SCALES);
  const learned = factorizationBytes(U + M, M, K);
  const relevanceScripts = learned + N * FLOAT + DOUBLE * C * width + engine.uploads(N) + PAIRS * FLOAT * C * C;
  const columns = FLOAT * (U * (K + E) + M * (3 * K + (1 + S) * E));
  const tablesScripts = learned + 3 * columns + 40 * N;

  const inEngine = Math.max(ratingEngine, relevanceEngine);
  // Of the process's memory, a part needs this much for tensors: WebAssembly's stays taken once it was.
  const tensors = (own: number) => ({ device: 0, heap: own, webassembly: inEngine })[engine.place];
  const rating = OVERHEAD + model.scripts + (engine.place === 'device' ? 0 : ratingEngine);
  const relevance = OVERHEAD + relevanceScripts + tensors(relevanceEngine);
  const tables = OVERHEAD + tablesScripts + tensors(sparse);
  return { total: Math.max(rating, relevance, tables), engine: inEngine, rating, relevance, tables, core: C };
}

/** Movies of the relevance model. */
function coreOf({ ratings, ratingCounts }: TrainingShape, options: TrainingOptions): number {
  const { relevanceMovies } = options;
  const { minRatings } = relevanceDefaults(ratings, options);
  return coreMovies(ratingCounts, { minRatings, relevanceMovies }).length;
}

export function shapeOf({ byUser, byMovie }: { byUser: AnyRows; byMovie: AnyRows }): TrainingShape {
  return {
    ratings: entriesOf(byUser),
    users: byUser.rows,
    ratingCounts: Int32Array.from({ length: byMovie.rows }, (_, m) => byMovie.offsets[m + 1] - byMovie.offsets[m]),
  };
}

/**
 * What this process may still take: free memory of the machine, or what a container's limit leaves. On macOS all of the
 * machine's, since the system calls memory free only where it holds no cache.
 */
export function machineMemory(): MemoryLimits {
  const free = process.platform === 'darwin' ? totalmem() : freemem();
  const limit = process.constrainedMemory();
  const left = limit > 0 && limit < totalmem() ? limit - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  return { available: Math.max(0, Math.min(free, left)), wasm: WASM_LIMIT };
}

/** Refuses a training that would end for want of memory. Throws `out-of-memory`, which says what would fit. */
export function requireMemory(
  engine: EngineName,
  shape: TrainingShape,
  options: TrainingOptions,
  checkpoint = false,
  limits: MemoryLimits = machineMemory(),
): void {
  const limited = ENGINE_MEMORY[engine].place === 'webassembly';
  const fits = ({ total, engine: own }: MemoryNeed) => total <= limits.available && (!limited || own <= limits.wasm);
  const need = memoryNeed(engine, shape, options, checkpoint);
  if (fits(need)) return;
  const what = `training on ${shape.ratings} ratings (${shape.users} users, ${shape.ratingCounts.length} movies, ${need.core} of them in the relevance model)`;
  const short =
    need.total > limits.available
      ? `needs about ${gigabytes(need.total)} of memory; ${gigabytes(limits.available)} are available`
      : `needs about ${gigabytes(need.engine)} in the ${engine} engine; its limit is ${gigabytes(limits.wasm)}`;
  const ways = remedies(shape, options)
    .map((changed) => ({ changed, need: memoryNeed(engine, shape, { ...options, ...changed }, checkpoint) }))
    .filter((way, index, all) => fits(way.need) && !all.slice(0, index).some((o) => fits(o.need) && covers(o, way)))
    .map((way) => `${flagsOf(way.changed)} (about ${gigabytes(way.need.total)})`);
  throw new MarqueeError('out-of-memory', `${what} ${short}`, {
    fix:
      ways.length > 0
        ? `Try ${ways.join(', or ')}.`
        : 'Use a machine with more memory, or fewer ratings: no smaller model fits.',
    details: { neededBytes: need.total, engineBytes: need.engine, ...limits },
  });
}

type Change = Partial<TrainingOptions>;

/** Changes of settings that save memory: each setting from the mildest on, then all of them. */
function remedies(shape: TrainingShape, options: TrainingOptions): Change[] {
  const core = coreOf(shape, options);
  const steps = (values: readonly number[], name: keyof TrainingOptions, kept: (value: number) => boolean): Change[] =>
    values.filter(kept).map((value) => ({ [name]: value }));
  const spared = modelNamed(options.model).savings?.(shape.ratings, options) ?? {};
  const own: Change[] = Object.keys(spared).length > 0 ? [spared] : [];
  const fewerMovies = steps([10_000, 5000, 2000, 1000, 500, 200], 'relevanceMovies', (n) => n < core);
  const fewerFactors = steps([31, 15, 7], 'factors', (n) => n < options.factors);
  const fewerRelevance = steps([32, 16], 'relevanceFactors', (n) => n < options.relevanceFactors);
  const smallest = Object.assign({}, ...[own, fewerMovies, fewerFactors, fewerRelevance].map((c) => c.at(-1)));
  return [...own, ...fewerMovies, ...fewerFactors, ...fewerRelevance, smallest];
}

/** Whether one way that fits makes another needless: the same settings, changed less. */
function covers(one: { changed: Change }, other: { changed: Change }): boolean {
  return Object.keys(one.changed).every((name) => Object.hasOwn(other.changed, name));
}

function gigabytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MB` : `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
