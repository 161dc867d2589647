import { freemem, totalmem } from 'node:os';
import { MarqueeError } from '../../shared/errors.ts';
import { covarianceLength, type EngineName, paddedWidth } from '../engines/engine.ts';
import { BLOCK_RATINGS } from '../engines/webgpu/moments.ts';
import { PARTS_BYTES } from '../engines/webgpu/rows.ts';
import type { SparseRows } from '../math/sparse.ts';
import { blockWidth, coreMovies } from '../models/relevance/next-watch.ts';
import { relevanceDefaults } from '../models/relevance/settings.ts';
import type { MemoryLimits } from '../models/run.ts';
import { wholeCovariances } from '../models/variational/settings.ts';
import { CONSTANTS } from '../models/variational/side.ts';
import type { TrainingOptions } from '../options/training.ts';

/** What the memory of a training depends on beside its options. */
export interface TrainingShape {
  readonly ratings: number; // N
  readonly users: number; // U
  /** Ratings of each movie. */
  readonly ratingCounts: Int32Array; // (M)
}

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

/** Genres and years of a movie's prior, about. */
const MOVIE_FEATURES = 48;

/** Blocks of vectors that the subspace iteration holds at a time. */
const BLOCKS = 6;

/** Tables of a block of histories: wasm-moments.ts; of webgpu-moments.ts for each rating, on the device and as it is made. */
const HISTORIES = 25 * 2 ** 20;
const RATING_TABLES = 64;
const RATING_WORDS = 20;

/** V8's own heap and small things. */
const OVERHEAD = 24 * 2 ** 20;

/** WebAssembly's 4 GiB, less what threads scratch in. */
const WASM_LIMIT = 2 ** 32 - 64 * 2 ** 20;

/**
 * What a training will need, by counting its arrays. S = K + 1 rounded up to 8, C movies in the relevance model, w bytes of
 * an engine's number:
 *
 * - rating model, engine: ratings both ways round (8 bytes each), 4 tables (R, S) a side (means, variances, prior means, link
 *   weights), the movies' features, whole covariances where they are kept, the link's conjugate gradients
 * - rating model, JavaScript: centred and transposed copies of the ratings, first covariances; at the end both sides in
 *   float64; the state as it is written to a checkpoint
 * - relevance model, engine: three (C, C) matrices, blocks of vectors, and the tables of a block of histories
 * - relevance model, JavaScript: histories by columns of the core, the first block of vectors; for `webgpu` the block of
 *   histories that is uploaded
 * - tables: what goes into the Arrow files, its encoding, and the predictions of the fit
 *
 * wasm's memory never shrinks, and garbage is counted where it cannot be collected in time. With what the process held
 * before, that was 0.92 to 1.08 of the peak resident memory (Linux, Node 24) on ML-100K (0.23 GB), ML-1M (0.5 GB) and data of
 * ML-10M's shape (1.9 GB) on wasm, for 15 to 127 factors (1.15 for one sweep of ML-1M), and 0.82 on ML-100K on js.
 * test/trainer/train/memory.test.ts measures one of them.
 */
export function memoryNeed(
  engine: EngineName,
  shape: TrainingShape,
  options: TrainingOptions,
  checkpoint = false,
): MemoryNeed {
  const { ratings: N, users: U } = shape;
  const M = shape.ratingCounts.length;
  const { factors: K, relevanceFactors: E } = options;
  const C = coreOf(shape, options);
  const w = engine === 'js' ? DOUBLE : FLOAT;
  const S = paddedWidth(K + 1);
  const rows = U + M;

  const sparse = engine === 'js' ? 2 * N * FLOAT : 2 * (N * 2 * FLOAT + 3 * rows * FLOAT);
  const covariances = wholeCovariances(N, options) === 'never' ? 0 : rows * covarianceLength(S);
  const state = 4 * rows * S + covariances;
  const conjugateGradients = (4 * Math.max(U, M) + 2 * Math.min(U, M)) * S;
  const sides = w * (state + conjugateGradients * (engine === 'js' ? 2 : 1) + rows * CONSTANTS + M * MOVIE_FEATURES);
  const copies = 2 * N * FLOAT + (engine === 'js' ? 0 : 4 * N * FLOAT) + FLOAT * (rows * S + covariances);
  const learned = 2 * DOUBLE * rows * (K + 1) + DOUBLE * M * (K + 1);
  const ending = learned + (w + 2 * DOUBLE) * rows * S;
  const ratingScripts = Math.max(copies, ending) + (checkpoint ? w * state : 0);

  const square = C * C;
  const width = blockWidth(C, E);
  const sorted = Math.min(N, BLOCK_RATINGS);
  const histories = { js: 0, wasm: HISTORIES, webgpu: sorted * RATING_TABLES + PARTS_BYTES }[engine];
  const uploaded = engine === 'webgpu' ? sorted * RATING_WORDS : 0;
  const relevanceScripts = learned + N * FLOAT + DOUBLE * C * width + uploaded;
  const ratingEngine = sparse + sides;
  const relevanceEngine = sparse + w * (3 * square + BLOCKS * C * width) + histories;

  const columns = FLOAT * (U * (K + E) + M * (3 * K + 2 * E));
  const tablesScripts = learned + 3 * columns + 40 * N;

  // What wasm took once stays taken; the others' tensors are let go between the parts.
  const inEngine = Math.max(ratingEngine, relevanceEngine);
  const shared = (own: number) => (engine === 'webgpu' ? 0 : engine === 'js' ? own : inEngine);
  const rating = OVERHEAD + ratingScripts + (engine === 'webgpu' ? 0 : ratingEngine);
  const relevance = OVERHEAD + relevanceScripts + shared(relevanceEngine);
  const tables = OVERHEAD + tablesScripts + shared(sparse);
  return { total: Math.max(rating, relevance, tables), engine: inEngine, rating, relevance, tables, core: C };
}

/** Movies of the relevance model. */
function coreOf({ ratings, ratingCounts }: TrainingShape, options: TrainingOptions): number {
  const { relevanceMovies } = options;
  const { minRatings } = relevanceDefaults(ratings, options);
  return coreMovies(ratingCounts, { minRatings, relevanceMovies }).length;
}

export function shapeOf({ byUser, byMovie }: { byUser: SparseRows; byMovie: SparseRows }): TrainingShape {
  return {
    ratings: byUser.indices.length,
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
  const fits = ({ total, engine: own }: MemoryNeed) =>
    total <= limits.available && (engine !== 'wasm' || own <= limits.wasm);
  const need = memoryNeed(engine, shape, options, checkpoint);
  if (fits(need)) return;
  const what = `training on ${shape.ratings} ratings (${shape.users} users, ${shape.ratingCounts.length} movies, ${need.core} of them in the relevance model)`;
  const short =
    need.total > limits.available
      ? `needs about ${gigabytes(need.total)} of memory; ${gigabytes(limits.available)} are available`
      : `needs about ${gigabytes(need.engine)} in the wasm engine; its limit is ${gigabytes(limits.wasm)}`;
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
  const whole = wholeCovariances(shape.ratings, options) !== 'never';
  const covariances: Change[] = whole ? [{ fullCovarianceUpTo: 0 }] : [];
  const fewerMovies = steps([10_000, 5000, 2000, 1000, 500, 200], 'relevanceMovies', (n) => n < core);
  const fewerFactors = steps([31, 15, 7], 'factors', (n) => n < options.factors);
  const fewerRelevance = steps([32, 16], 'relevanceFactors', (n) => n < options.relevanceFactors);
  const smallest = Object.assign({}, ...[covariances, fewerMovies, fewerFactors, fewerRelevance].map((c) => c.at(-1)));
  return [...covariances, ...fewerMovies, ...fewerFactors, ...fewerRelevance, smallest];
}

/** Whether one way that fits makes another needless: the same settings, changed less. */
function covers(one: { changed: Change }, other: { changed: Change }): boolean {
  return Object.keys(one.changed).every((name) => Object.hasOwn(other.changed, name));
}

function flagsOf(changed: Change): string {
  return Object.entries(changed)
    .map(([name, value]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${value}`)
    .join(' ');
}

function gigabytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MB` : `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
