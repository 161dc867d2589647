import { MarqueeError } from '../shared/errors.ts';
import type { Catalogue, MovieTable } from '../shared/model.ts';
import type { Kernel } from './kernel.ts';

/** The vector columns of movies.arrow, in the order in which they come. */
export const VECTOR_COLUMNS = ['factors', 'relevance', 'history', 'prior', 'factorVariance'] as const;
export type VectorColumn = (typeof VECTOR_COLUMNS)[number];

/** Rows that are taken in at a time. */
const STAGED_ROWS = 1024;
/** Positions of a group of codes (`kernels/codes.as.ts`). */
const GROUP = 64;
/** Bytes of a group's head. */
const HEAD = 16;
/** Bias and deviation stand before the factors. */
const PLAIN_COLUMNS = 2;

/**
 * Bytes above which a version is packed: priors and variances in eight bits a number, and then no codes where even
 * so they would not fit. Two versions, the one in service and the next, must find room in an isolate of 128 MB.
 */
const ROOM = 42 * 2 ** 20;

/** A blk16 area of the kernel's memory. */
export interface Area {
  readonly at: number;
  readonly columns: number; // even
  readonly blocks: number;
  /** 1/‖vector‖ by position. */
  readonly inverse: number;
  readonly codes: Codes | null;
}

export interface Codes {
  readonly at: number;
  readonly heads: number;
  readonly groups: number;
  /** The largest ‖c‖. */
  readonly length: number;
}

type Stored = Pick<Area, 'at' | 'columns' | 'blocks'>;

/** Rows of one column as they are or, in eight bits, with a scale each. */
interface RowArea {
  readonly at: number;
  readonly width: number;
  /** Address of the scales, 0 where rows are float32. */
  readonly scales: number;
}

interface Places {
  /** (M) u32: row → position, and back. */
  readonly positions: number;
  readonly order: number;
  /** (M) bytes: not 0 for rows that may not come up. */
  readonly hidden: number;
  readonly rating: Area;
  readonly relevance: Area;
  readonly history: Stored;
  readonly priors: RowArea;
  readonly variances: RowArea;
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

  constructor(kernel: Kernel, catalogue: Catalogue, places: Places) {
    this.kernel = kernel;
    this.catalogue = catalogue;
    this.places = places;
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

/** Takes the columns in as they come, in the order of `VECTOR_COLUMNS`, in pieces of any size. */
export class VectorWriter {
  readonly #kernel: Kernel;
  readonly #catalogue: Catalogue;
  readonly #room: number;
  readonly #places: { -readonly [K in keyof Places]?: Places[K] } = {};
  #scratch = 0;
  #column: Column | undefined;

  constructor(kernel: Kernel, catalogue: Catalogue, room = ROOM) {
    this.#kernel = kernel;
    this.#catalogue = catalogue;
    this.#room = room;
    const { count: M, ratingCounts, genreBits, years, biases, deviations } = catalogue;
    this.#scratch = kernel.allocate(scratchBytes(catalogue));
    const byPopularity = Uint32Array.from(ratingCounts.keys()).sort(
      (a, b) => ratingCounts[b] - ratingCounts[a] || a - b,
    );
    const order = kernel.allocate(4 * M);
    kernel.integers(order, M).set(byPopularity);
    const positions = kernel.allocate(4 * M);
    const inverse = kernel.integers(positions, M);
    byPopularity.forEach((row, position) => {
      inverse[row] = position;
    });
    const [genresAt, yearsAt, countsAt] = [4, 2, 4].map((bytes) => kernel.allocate(bytes * M));
    kernel.integers(genresAt, M).set(genreBits);
    new Int16Array(kernel.run.memory.buffer, yearsAt, M).set(years);
    kernel.integers(countsAt, M).set(ratingCounts);
    const hidden = kernel.allocate(M);
    kernel.run.setCatalogue(M, order, genresAt, yearsAt, countsAt, hidden);
    Object.assign(this.#places, { order, positions, hidden, scratch: this.#scratch });
    const rating = this.#area(even(PLAIN_COLUMNS + catalogue.factorCount), blocksOf(M));
    this.#places.rating = rating;
    for (const [first, plain] of [biases, deviations].entries()) {
      const values = plain.subarray(0, M);
      for (let row = 0; row < M; row += STAGED_ROWS) {
        const part = values.subarray(row, row + STAGED_ROWS);
        kernel.floats(this.#scratch, part.length).set(part);
        this.#place(rating, row, part.length, 1, first);
      }
    }
  }

  /** The next bytes of a column. */
  write(name: VectorColumn, bytes: Uint8Array): void {
    if (this.#column?.name !== name) this.#column = this.#open(name);
    const column = this.#column;
    const size = 4 * column.width;
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + STAGED_ROWS * size - column.staged);
      this.#kernel.octets(this.#scratch + column.staged, part.length).set(part);
      from += part.length;
      const staged = column.staged + part.length;
      const n = Math.floor(staged / size);
      if (n > 0) column.take(column.row, n);
      column.row += n;
      column.staged = staged - n * size;
      if (n > 0) this.#kernel.octets(this.#scratch, staged).copyWithin(0, n * size);
    }
  }

  /** All columns are written: what is worked out of them once. Throws `bad-artifact` when one is missing. */
  finish(): MovieVectors {
    const kernel = this.#kernel;
    const { rating, relevance, variances } = this.#places;
    if (!rating || !relevance || !variances || this.#column?.row !== this.#catalogue.count) {
      throw new MarqueeError('bad-artifact', `movies.arrow: its columns do not end with ${VECTOR_COLUMNS.join(', ')}`);
    }
    const whole = { ...this.#places } as Places;
    const areas = [
      { area: rating, first: PLAIN_COLUMNS },
      { area: relevance, first: 0 },
    ].map(({ area, first }): Area => {
      const inverse = kernel.allocate(64 * area.blocks);
      kernel.run.inverseNorms(area.at, area.columns, area.blocks, first, inverse);
      return { ...area, inverse };
    });
    const coded = areas.map((area) => ({ ...area, codes: this.#encode(area) }));
    kernel.run.setRating(coded[0].at, coded[0].columns, coded[0].inverse);
    kernel.run.setRelevance(coded[1].at, coded[1].columns, coded[1].blocks, coded[1].inverse);
    return new MovieVectors(kernel, this.#catalogue, { ...whole, rating: coded[0], relevance: coded[1] });
  }

  #open(name: VectorColumn): Column {
    const { count: M, factorCount: K, relevanceCount: E } = this.#catalogue;
    const column = (width: number, take: Column['take']): Column => ({ name, width, take, row: 0, staged: 0 });
    switch (name) {
      case 'factors': {
        const area = this.#places.rating!;
        return column(K, (row, n) => this.#place(area, row, n, K, PLAIN_COLUMNS));
      }
      case 'relevance':
      case 'history': {
        const grown = { ...this.#area(even(E), 0) };
        this.#places[name] = grown;
        return column(E, (row, n) => {
          const used = this.#kernel.run.positionsUsed(this.#scratch, n, E, this.#places.positions! + 4 * row);
          grown.blocks = Math.max(grown.blocks, blocksOf(used));
          this.#kernel.extendTo(grown.at + 64 * grown.columns * grown.blocks);
          this.#place(grown, row, n, E, 0);
        });
      }
      case 'prior':
      case 'factorVariance': {
        const width = name === 'prior' ? K + 1 : K;
        const area = this.#rowArea(M, width, name === 'prior' ? 2 : 1);
        this.#places[name === 'prior' ? 'priors' : 'variances'] = area;
        return column(width, (row, n) => {
          const { at, scales } = area;
          if (scales > 0) this.#kernel.run.packRows(this.#scratch, n, width, at + row * width, scales + 4 * row);
          else
            this.#kernel
              .octets(at + 4 * row * width, 4 * n * width)
              .set(this.#kernel.octets(this.#scratch, 4 * n * width));
        });
      }
    }
  }

  /** @param left columns of about this width that are still to come, this one among them */
  #rowArea(M: number, width: number, left: number): RowArea {
    if (this.#kernel.used + 4 * M * width * left <= this.#room) {
      return { at: this.#kernel.allocate(4 * M * width), width, scales: 0 };
    }
    return { at: this.#kernel.allocate(M * width), width, scales: this.#kernel.allocate(4 * M) };
  }

  #area(columns: number, blocks: number): { -readonly [K in keyof Area]: Area[K] } {
    return { at: this.#kernel.allocate(64 * columns * blocks), columns, blocks, inverse: 0, codes: null };
  }

  #place({ at, columns, blocks }: Area, row: number, n: number, width: number, first: number): void {
    const { run } = this.#kernel;
    run.placeRows(this.#scratch, n, width, this.#places.positions! + 4 * row, at, columns, blocks, first);
  }

  #encode({ at, columns, blocks }: Area): Codes | null {
    const groups = Math.ceil((16 * blocks) / GROUP);
    const bytes = groups * (GROUP * columns + HEAD);
    if (groups === 0 || this.#kernel.used + bytes > this.#room) return null;
    const codes = this.#kernel.allocate(groups * GROUP * columns);
    const heads = this.#kernel.allocate(groups * HEAD);
    const length = Math.sqrt(this.#kernel.run.encode(at, columns, blocks, codes, heads));
    return { at: codes, heads, groups, length };
  }
}

interface Column {
  readonly name: VectorColumn;
  readonly width: number;
  /** Takes in n rows from `row` on, which lie in the scratch area. */
  take(row: number, n: number): void;
  row: number;
  /** Bytes of a row that is not whole yet, at the start of the scratch area. */
  staged: number;
}

/** Room for staged rows, and later for what a scan needs: a list of all movies and a block of scores. */
export function scratchBytes({ count: M, factorCount: K, relevanceCount: E }: Catalogue): number {
  return Math.max(4 * STAGED_ROWS * Math.max(K + 1, E), 8 * M + 128);
}

function blocksOf(positions: number): number {
  return Math.ceil(positions / 16);
}

function even(columns: number): number {
  return columns + (columns % 2);
}
