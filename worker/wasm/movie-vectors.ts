import { BLOCK, blocksOf, byPopularity, PLAIN_COLUMNS, ROOM } from '../../shared/artifact/serving-layout.ts';
import type { Catalogue, MovieTable } from '../../shared/model/model.ts';
import { type Codes, codeBytes, makeCodes, planesWithin } from './codes.ts';
import type { Kernel } from './kernel.ts';
import type { CataloguePlaces, Stored, StoredPlaces } from './places.ts';
import { RowMarks } from './row-marks.ts';
import { TakenMovies } from './taken-movies.ts';
import {
  GATHERED_PARTS,
  rowsAtATime,
  STAGED_ROWS,
  sourcesIn,
  type VectorSource,
  type VectorSources,
} from './vector-sources.ts';

/** What a scan works with behind a list begins at a multiple of so many bytes. */
export const LIST_ALIGNMENT = 16;

/** An area that is scanned. */
export interface Area extends Stored {
  /** Computes 1/‖vector‖ of every position, once. */
  norms(): void;
  /**
   * Null at the first call, so that the first answer of a fresh isolate need not wait for them; made at the second,
   * which grows the memory. Null also where there is no room; where room is short, leading columns alone have codes.
   */
  codes(): Codes | null;
}

interface Places extends CataloguePlaces, StoredPlaces {
  readonly rating: Area;
  readonly relevance: Area;
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
  readonly sources: VectorSources;
  readonly marks: RowMarks;

  /** @param room bytes of memory within which codes must find theirs */
  constructor(
    kernel: Kernel,
    catalogue: Catalogue,
    places: CataloguePlaces & StoredPlaces,
    room = ROOM,
    sources = sourcesIn(kernel, catalogue, places),
  ) {
    this.kernel = kernel;
    this.catalogue = catalogue;
    this.marks = new RowMarks(kernel, places.marks, catalogue.count);
    const [rating, relevance] = [places.rating, places.relevance];
    const inverse = [rating, relevance].map(({ blocks }) => kernel.allocate(64 * blocks));
    kernel.run.setRating(rating.at, rating.columns, inverse[0]);
    kernel.run.setRelevance(relevance.at, relevance.columns, relevance.blocks, inverse[1]);
    // Relevance comes first: it fills few blocks, and lists are by relevance unless one asks for another blend.
    const left = room - kernel.used;
    const { sizes } = kernel;
    const known = planesWithin(sizes, left, relevance, 0);
    const rated = planesWithin(sizes, left - codeBytes(sizes, relevance, 0, known), rating, PLAIN_COLUMNS);
    this.places = {
      ...places,
      rating: scanned(kernel, rating, PLAIN_COLUMNS, inverse[0], rated),
      relevance: scanned(kernel, relevance, 0, inverse[1], known),
    };
    this.sources = sources;
  }

  /** These, with the vectors of some rows at hand: of a whole version all are (`CutVectors`). */
  async bring(_rows: Iterable<number>): Promise<MovieVectors> {
    return this;
  }

  /** Rows of rated movies that relevance says something of, the most rated first. */
  async known(): Promise<Int32Array> {
    const { ratingCounts, relevanceCount: E } = this.catalogue;
    const first = byPopularity(ratingCounts).subarray(0, BLOCK * this.places.relevance.blocks);
    const rated = first.filter((row) => ratingCounts[row] > 0);
    const { relevance } = this.take(rated);
    return rated.filter((_, c) => relevance.subarray(c * E, (c + 1) * E).some((value) => value !== 0));
  }

  /**
   * A table of the given rows alone, in that order, for what is worked out of a few movies. Vectors are copied out of
   * the kernel when they are first asked for: a prediction wants one of the five kinds.
   */
  take(rows: ArrayLike<number>): MovieTable {
    return new TakenMovies(this, new Int32Array(rows));
  }

  /** Address at which the last of these rows' rating vectors ends. */
  ratingEnd(rows: readonly number[]): number {
    const { at, columns } = this.places.rating;
    const positions = this.kernel.integers(this.places.positions, this.catalogue.count);
    const last = rows.reduce((most, row) => Math.max(most, positions[row]), -1);
    return at + 4 * BLOCK * columns * blocksOf(last + 1);
  }

  /**
   * Puts the vectors of at most `rowsAtATime` rows, (n, parts, width) f32, at the address returned, where they are good
   * until the scratch area is used again.
   */
  gather({ take }: VectorSource, rows: Int32Array): number {
    const list = this.places.scratch;
    const out = list + 4 * GATHERED_PARTS;
    this.kernel.integers(list, rows.length).set(rows);
    take(list, rows.length, out);
    return out;
  }

  /** Where the scratch area is free behind gathered parts of a width. */
  behindGathered(width: number): number {
    return this.places.scratch + 4 * GATHERED_PARTS * (1 + width);
  }

  /** The vectors of any number of rows, (n, parts, width). */
  copyOf(source: VectorSource, rows: Int32Array): Float32Array {
    const width = source.parts * source.width;
    const copy = new Float32Array(rows.length * width);
    const step = rowsAtATime(source);
    for (let i = 0; i < rows.length; i += step) {
      const some = rows.subarray(i, i + step);
      copy.set(this.kernel.floats(this.gather(source, some), some.length * width), i * width);
    }
    return copy;
  }
}

/** What `make` makes, made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/**
 * An area as scans need it.
 *
 * @param first the first column of the vectors themselves
 * @param ends where the planes of its codes end
 */
function scanned(kernel: Kernel, stored: Stored, first: number, inverse: number, ends: readonly number[]): Area {
  const { at, columns, blocks } = stored;
  const norms = once(() => kernel.run.inverseNorms(at, columns, blocks, first, inverse) ?? true);
  const made = once(() => (blocks > 0 && ends.length > 0 ? makeCodes(kernel, stored, first, ends) : null));
  let asked = 0;
  return { ...stored, norms, codes: () => (asked++ === 0 ? null : made()) };
}

/** @param order address of (M) u32, the row of each position */
export function placeCatalogue(kernel: Kernel, catalogue: Catalogue, order: number): CataloguePlaces {
  const M = catalogue.count;
  const scratch = kernel.allocate(scratchBytes(kernel, catalogue));
  const positions = kernel.allocate(4 * M);
  const marks = kernel.allocate(M);
  kernel.run.setCatalogue(M, order, positions, marks);
  return { positions, marks, scratch };
}

/** Room for staged rows, and later for what a scan of every vector needs behind a list of all movies. */
export function scratchBytes({ sizes }: Kernel, catalogue: Catalogue): number {
  const { count: M, factorCount: K, relevanceCount: E, scaleCount: S } = catalogue;
  return Math.max(4 * STAGED_ROWS * Math.max(K + 1, S * E), 8 * M + LIST_ALIGNMENT + sizes.ALL_SCRATCH);
}
