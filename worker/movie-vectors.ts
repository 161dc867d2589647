import { PLAIN_COLUMNS, ROOM } from '../shared/blocks.ts';
import type { Catalogue, MovieTable } from '../shared/model.ts';
import type { Kernel } from './kernel.ts';

/** Rows that are taken in at a time. */
export const STAGED_ROWS = 1024;
/** Positions of a group of codes (`kernels/codes.as.ts`). */
const GROUP = 64;
/** Bytes of a group's head. */
const HEAD = 16;

/** A blk16 area of the kernel's memory. */
export interface Stored {
  readonly at: number;
  readonly columns: number; // even
  readonly blocks: number;
}

/** One that is scanned. */
export interface Area extends Stored {
  /** Makes 1/‖vector‖ of every position, once. */
  norms(): void;
  /**
   * Made when they are asked for again, which grows the memory: the first answer of a fresh isolate does without. Null
   * also where there is no room for them.
   */
  codes(): Codes | null;
}

export interface Codes {
  readonly at: number;
  readonly heads: number;
  readonly groups: number;
  /** The largest ‖c‖. */
  readonly length: number;
}

/** Rows of one column as they are or, in eight bits, with a scale each. */
export interface RowArea {
  readonly at: number;
  readonly width: number;
  /** Address of the scales, 0 where rows are float32. */
  readonly scales: number;
}

/** What a version's files bring, in place. */
export interface StoredPlaces {
  readonly rating: Stored;
  readonly relevance: Stored;
  readonly history: Stored;
  readonly priors: RowArea;
  readonly variances: RowArea;
}

interface Places extends CataloguePlaces, StoredPlaces {
  readonly rating: Area;
  readonly relevance: Area;
}

interface CataloguePlaces {
  /** (M) u32: row → position. */
  readonly positions: number;
  /** (M) bytes: not 0 for rows that may not come up. */
  readonly hidden: number;
  /** `scratchBytes` of them. */
  readonly scratch: number;
}

/**
 * The vectors of a version in a kernel's memory. Movies are laid out by popularity: the relevance model knows the most
 * rated ones only, so that its vectors fill the first blocks and the rest take no room; and lists are mostly made of
 * popular movies, so that a scan soon knows what it can leave out.
 */
export class MovieVectors {
  readonly kernel: Kernel;
  readonly catalogue: Catalogue;
  readonly places: Places;

  /** @param room bytes of memory within which codes must find theirs */
  constructor(kernel: Kernel, catalogue: Catalogue, places: CataloguePlaces & StoredPlaces, room = ROOM) {
    this.kernel = kernel;
    this.catalogue = catalogue;
    const [rating, relevance] = [places.rating, places.relevance];
    const inverse = [rating, relevance].map(({ blocks }) => kernel.allocate(64 * blocks));
    kernel.run.setRating(rating.at, rating.columns, inverse[0]);
    kernel.run.setRelevance(relevance.at, relevance.columns, relevance.blocks, inverse[1]);
    this.places = {
      ...places,
      rating: scanned(kernel, rating, PLAIN_COLUMNS, inverse[0], room),
      relevance: scanned(kernel, relevance, 0, inverse[1], room),
    };
  }

  /**
   * A table of the given rows alone, in that order, for what is worked out of a few movies. Vectors are copied out of the
   * kernel when they are first asked for: a prediction wants one of the five kinds.
   */
  take(rows: ArrayLike<number>): MovieTable {
    const { catalogue, places } = this;
    const { factorCount: K, relevanceCount: E } = catalogue;
    const given = Int32Array.from(rows);
    const movieIds = picked(catalogue.movieIds, given);
    const factors = once(() => this.#vectors(places.rating, PLAIN_COLUMNS, K, given));
    const relevance = once(() => this.#vectors(places.relevance, 0, E, given));
    const history = once(() => this.#vectors(places.history, 0, E, given));
    const priors = once(() => this.#rows(places.priors, given));
    const factorVariances = once(() => this.#rows(places.variances, given));
    return {
      count: given.length,
      factorCount: K,
      relevanceCount: E,
      movieIds,
      years: picked(catalogue.years, given),
      genreBits: picked(catalogue.genreBits, given),
      genreNames: catalogue.genreNames,
      ratingCounts: picked(catalogue.ratingCounts, given),
      ratingMeans: picked(catalogue.ratingMeans, given),
      deviations: picked(catalogue.deviations, given),
      biases: picked(catalogue.biases, given),
      title: (i) => catalogue.title(given[i]),
      rowOf: (movieId) => movieIds.indexOf(movieId),
      get factors() {
        return factors();
      },
      get relevance() {
        return relevance();
      },
      get history() {
        return history();
      },
      get priors() {
        return priors();
      },
      get factorVariances() {
        return factorVariances();
      },
    };
  }

  /** (n, width) numbers of a blk16 area, from the column `first` on; zeros behind its end. */
  #vectors({ at, columns, blocks }: Stored, first: number, width: number, rows: Int32Array): Float32Array {
    const { kernel, catalogue, places } = this;
    const positions = kernel.integers(places.positions, catalogue.count);
    const numbers = kernel.floats(at, 16 * columns * blocks);
    const out = new Float32Array(rows.length * width);
    for (let i = 0; i < rows.length; i++) {
      const position = positions[rows[i]];
      if (position >> 4 >= blocks) continue;
      let from = ((position >> 4) * columns + first) * 16 + (position & 15);
      for (let to = i * width; to < (i + 1) * width; to++, from += 16) out[to] = numbers[from];
    }
    return out;
  }

  /** (n, width) numbers of rows. */
  #rows({ at, width, scales }: RowArea, rows: Int32Array): Float32Array {
    const { kernel, catalogue } = this;
    const out = new Float32Array(rows.length * width);
    if (scales === 0) {
      const plain = kernel.floats(at, catalogue.count * width);
      rows.forEach((row, i) => {
        out.set(plain.subarray(row * width, (row + 1) * width), i * width);
      });
      return out;
    }
    const packed = kernel.octets(at, catalogue.count * width);
    const scaleOf = kernel.floats(scales, catalogue.count);
    for (let i = 0, to = 0; i < rows.length; i++) {
      const scale = scaleOf[rows[i]];
      const from = rows[i] * width;
      for (let x = 0; x < width; x++, to++) out[to] = scale * (packed[from + x] - 128);
    }
    return out;
  }
}

/** The numbers of a column at the given rows. */
function picked<T extends Float32Array | Int32Array | Int16Array | Uint32Array>(column: T, rows: Int32Array): T {
  const out = new (column.constructor as new (length: number) => T)(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = column[rows[i]];
  return out;
}

/** What `make` makes, made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** An area as scans need it. @param first the first column of the vectors themselves */
function scanned(kernel: Kernel, stored: Stored, first: number, inverse: number, room: number): Area {
  const { at, columns, blocks } = stored;
  const norms = once(() => kernel.run.inverseNorms(at, columns, blocks, first, inverse) ?? true);
  const made = once(() => encode(kernel, stored, room));
  let asked = 0;
  return { ...stored, norms, codes: () => (asked++ === 0 ? null : made()) };
}

function encode(kernel: Kernel, { at, columns, blocks }: Stored, room: number): Codes | null {
  const groups = Math.ceil((16 * blocks) / GROUP);
  const bytes = groups * (GROUP * columns + HEAD);
  if (groups === 0 || kernel.used + bytes > room) return null;
  const codes = kernel.allocate(groups * GROUP * columns);
  const heads = kernel.allocate(groups * HEAD);
  const length = Math.sqrt(kernel.run.encode(at, columns, blocks, codes, heads));
  return { at: codes, heads, groups, length };
}

/** Hands the kernel what it filters by. @param order address of (M) u32, the row of each position */
export function placeCatalogue(kernel: Kernel, catalogue: Catalogue, order: number): CataloguePlaces {
  const { count: M, ratingCounts, genreBits, years } = catalogue;
  const scratch = kernel.allocate(scratchBytes(catalogue));
  const positions = kernel.allocate(4 * M);
  const [genresAt, yearsAt, countsAt] = [4, 2, 4].map((bytes) => kernel.allocate(bytes * M));
  const hidden = kernel.allocate(M);
  const [rows, inverse] = [kernel.integers(order, M), kernel.integers(positions, M)];
  for (let position = 0; position < M; position++) inverse[rows[position]] = position;
  kernel.integers(genresAt, M).set(genreBits);
  new Int16Array(kernel.run.memory.buffer, yearsAt, M).set(years);
  kernel.integers(countsAt, M).set(ratingCounts);
  kernel.run.setCatalogue(M, order, genresAt, yearsAt, countsAt, hidden);
  return { positions, hidden, scratch };
}

/** Room for staged rows, and later for what a scan needs: a list of all movies and a block of scores. */
export function scratchBytes({ count: M, factorCount: K, relevanceCount: E }: Catalogue): number {
  return Math.max(4 * STAGED_ROWS * Math.max(K + 1, E), 8 * M + 128);
}
