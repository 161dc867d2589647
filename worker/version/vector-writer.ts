import { arePacked, blocksOf, byPopularity, even, PLAIN_COLUMNS, ROOM } from '../../shared/artifact/serving-layout.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import type { Kernel } from '../wasm/kernel.ts';
import { MovieVectors, placeCatalogue } from '../wasm/movie-vectors.ts';
import type { RowArea, Stored, StoredPlaces } from '../wasm/places.ts';
import { STAGED_ROWS } from '../wasm/vector-sources.ts';

/** The vector columns of movies.arrow, in the order of the file. */
export const VECTOR_COLUMNS = ['factors', 'relevance', 'history', 'prior', 'factorVariance'] as const;
export type VectorColumn = (typeof VECTOR_COLUMNS)[number];

type StartedPlaces = ReturnType<typeof placeCatalogue> & Pick<StoredPlaces, 'rating'>;

/**
 * Writes the vector columns of movies.arrow into the kernel's memory, in the order of `VECTOR_COLUMNS`, in pieces of
 * any size.
 */
export class VectorWriter {
  readonly #kernel: Kernel;
  readonly #catalogue: Catalogue;
  readonly #room: number;
  readonly #scratch: number;
  readonly #places: StartedPlaces & { -readonly [P in keyof StoredPlaces]?: StoredPlaces[P] };
  #column: Column | undefined;

  constructor(kernel: Kernel, catalogue: Catalogue, room = ROOM) {
    this.#kernel = kernel;
    this.#catalogue = catalogue;
    this.#room = room;
    const { count: M, factorCount: K, ratingCounts, biases, deviations } = catalogue;
    const order = kernel.allocate(4 * M);
    kernel.integers(order, M).set(byPopularity(ratingCounts));
    const places = placeCatalogue(kernel, catalogue, order);
    this.#scratch = places.scratch;
    const rating = this.#area(even(PLAIN_COLUMNS + K), blocksOf(M));
    this.#places = { ...places, rating };
    for (const [first, plain] of [biases, deviations].entries()) {
      for (let row = 0; row < M; row += STAGED_ROWS) {
        const part = plain.subarray(row, Math.min(M, row + STAGED_ROWS));
        kernel.floats(this.#scratch, part.length).set(part);
        this.#place(rating, row, part.length, 1, first);
      }
    }
  }

  /** Takes the next bytes of a column. */
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

  /** The vectors, after all columns are written. Throws `bad-artifact` when one is missing. */
  finish(): MovieVectors {
    if (!this.#places.variances || this.#column?.row !== this.#catalogue.count) {
      throw new MarqueeError('bad-artifact', `movies.arrow: its columns do not end with ${VECTOR_COLUMNS.join(', ')}`);
    }
    return new MovieVectors(this.#kernel, this.#catalogue, this.#places as StartedPlaces & StoredPlaces, this.#room);
  }

  #open(name: VectorColumn): Column {
    const { count: M, factorCount: K, relevanceCount: E, scaleCount: S } = this.#catalogue;
    const column = (width: number, take: Column['take']): Column => ({ name, width, take, row: 0, staged: 0 });
    switch (name) {
      case 'factors': {
        const area = this.#places.rating;
        return column(K, (row, n) => this.#place(area, row, n, K, PLAIN_COLUMNS));
      }
      case 'relevance': {
        const grown = { ...this.#area(even(E), 0) };
        this.#places.relevance = grown;
        return column(E, (row, n) => {
          grown.blocks = Math.max(grown.blocks, blocksOf(this.#positionsUsed(row, n, E)));
          this.#kernel.extendTo(grown.at + 64 * grown.columns * grown.blocks);
          this.#place(grown, row, n, E, 0);
        });
      }
      case 'history': {
        const scales = this.#packed ? this.#kernel.allocate(4 * M * S) : 0;
        const grown = { at: this.#kernel.allocate(0), count: 0, width: E, scales, scaleCount: S };
        this.#places.history = grown;
        return column(S * E, (row, n) => {
          this.#extend(grown, S * this.#positionsUsed(row, n, S * E));
          const positions = this.#kernel.integers(this.#places.positions + 4 * row, n);
          positions.forEach((position, i) => {
            if (position * S < grown.count) this.#keep(grown, this.#scratch + 4 * i * S * E, S, position * S);
          });
        });
      }
      case 'prior':
      case 'factorVariance': {
        const width = name === 'prior' ? K + 1 : K;
        const area = this.#rowArea(M, width);
        this.#places[name === 'prior' ? 'priors' : 'variances'] = area;
        return column(width, (row, n) => this.#keep(area, this.#scratch, n, row));
      }
    }
  }

  /** Keeps n rows, side by side at `from`, from a row of the area on. */
  #keep({ at, width, scales }: RowArea, from: number, n: number, row: number): void {
    const kernel = this.#kernel;
    if (scales > 0) kernel.run.packRows(from, n, width, at + row * width, scales + 4 * row);
    else kernel.floats(at + 4 * row * width, n * width).set(kernel.floats(from, n * width));
  }

  /** Extends the area that was allocated last to a number of rows, zeros. */
  #extend(area: RowArea & { count: number }, rows: number): void {
    const { at, count, width, scales } = area;
    if (rows <= count) return;
    area.count = rows;
    this.#kernel.extendTo(at + (scales > 0 ? 1 : 4) * rows * width);
    if (scales > 0) this.#kernel.octets(at + count * width, (rows - count) * width).fill(128);
  }

  /** One more than the last position of n staged rows that has a number other than 0. */
  #positionsUsed(row: number, n: number, width: number): number {
    return this.#kernel.run.positionsUsed(this.#scratch, n, width, this.#places.positions + 4 * row);
  }

  /** Once relevance is written: histories, priors and variances come behind it. */
  get #packed(): boolean {
    const { count: M, factorCount: K, relevanceCount: E, scaleCount: S } = this.#catalogue;
    return arePacked({ M, K, E, S, R: this.#places.relevance?.blocks ?? 0 }, this.#room);
  }

  #rowArea(M: number, width: number): RowArea {
    if (!this.#packed) return { at: this.#kernel.allocate(4 * M * width), count: M, width, scales: 0 };
    return { at: this.#kernel.allocate(M * width), count: M, width, scales: this.#kernel.allocate(4 * M) };
  }

  #area(columns: number, blocks: number): Stored {
    return { at: this.#kernel.allocate(64 * columns * blocks), columns, blocks };
  }

  #place({ at, columns, blocks }: Stored, row: number, n: number, width: number, first: number): void {
    const { run } = this.#kernel;
    run.placeRows(this.#scratch, n, width, this.#places.positions + 4 * row, at, columns, blocks, first);
  }
}

interface Column {
  readonly name: VectorColumn;
  readonly width: number;
  /** Takes n rows from `row` on out of the scratch area. */
  take(row: number, n: number): void;
  row: number;
  /** Bytes of an incomplete row at the start of the scratch area. */
  staged: number;
}
