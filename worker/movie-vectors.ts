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
  readonly history: Pick<Area, 'at' | 'columns' | 'blocks'>;
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

  /** A table of the given rows alone, in that order, for what is worked out of a few movies. Copies their vectors. */
  take(rows: ArrayLike<number>): MovieTable {
    const { kernel, catalogue, places } = this;
    const { factorCount: K, relevanceCount: E } = catalogue;
    const n = rows.length;
    const given = Array.from(rows);
    const column = <T extends Float32Array | Int32Array | Int16Array | Uint32Array>(from: T) =>
      (from.constructor as unknown as { from(values: number[]): T }).from(given.map((row) => from[row]));
    const positions = kernel.integers(places.positions, catalogue.count);
    /** (n, width) numbers of a blk16 area; zeros behind its end. */
    const vectors = (area: Pick<Area, 'at' | 'columns' | 'blocks'>, first: number, width: number) => {
      const out = new Float32Array(n * width);
      given.forEach((row, i) => {
        const position = positions[row];
        if (position >> 4 >= area.blocks) return;
        kernel.run.takeRow(area.at, area.columns, position, first, width, places.scratch);
        out.set(kernel.floats(places.scratch, width), i * width);
      });
      return out;
    };
    const movieIds = column(catalogue.movieIds);
    return {
      count: n,
      factorCount: K,
      relevanceCount: E,
      movieIds,
      years: column(catalogue.years),
      genreBits: column(catalogue.genreBits),
      genreNames: catalogue.genreNames,
      ratingCounts: column(catalogue.ratingCounts),
      ratingMeans: column(catalogue.ratingMeans),
      deviations: column(catalogue.deviations),
      biases: column(catalogue.biases),
      title: (i) => catalogue.title(given[i]),
      rowOf: (movieId) => movieIds.indexOf(movieId),
      factors: vectors(places.rating, PLAIN_COLUMNS, K),
      relevance: vectors(places.relevance, 0, E),
      history: vectors(places.history, 0, E),
      priors: this.#rows(places.priors, given),
      factorVariances: this.#rows(places.variances, given),
    };
  }

  #rows({ at, width, scales }: RowArea, rows: readonly number[]): Float32Array {
    const { kernel } = this;
    const out = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      if (scales === 0) {
        out.set(kernel.floats(at + 4 * row * width, width), i * width);
        return;
      }
      const [scale] = kernel.floats(scales + 4 * row, 1);
      const packed = kernel.octets(at + row * width, width);
      for (let x = 0; x < width; x++) out[i * width + x] = scale * (packed[x] - 128);
    });
    return out;
  }
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
