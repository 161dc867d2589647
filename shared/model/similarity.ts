import type { MovieTable } from './model.ts';

type SimilarityVectors = Pick<MovieTable, 'count' | 'factorCount' | 'factors' | 'relevanceCount' | 'relevance'>;

/**
 * Share of the rating factors in similarity. Chosen by how many of 30 well-known films have another film of their
 * series among the ten most similar (test/fixtures/series.ts, default training). With a share of 0, ½, ¾ and 1 these
 * are 10, 26, 30 and 30 on ML-1M, and 25, 24, 26 and 23 on ml-latest-small-2016, which has few ratings.
 */
const RATING_SHARE = 0.75;

/** The directions that some movies have in both blocks. */
export interface Directions {
  readonly rating: Float64Array; // (K)
  readonly relevance: Float64Array; // (E)
}

/**
 * How alike movies are: a mean of two cosines, of the rating factors (rated alike) and of the relevance vectors (liked
 * by the same people, next to each other), `RATING_SHARE` of the former. 1 is the movie itself; a vector of zeros is
 * like nothing.
 */
export class Similarity {
  readonly #count: number;
  readonly #blocks: readonly VectorBlock[];

  constructor({ count, factors, factorCount, relevance, relevanceCount }: SimilarityVectors) {
    this.#count = count;
    this.#blocks = [block(factors, factorCount, RATING_SHARE), block(relevance, relevanceCount, 1 - RATING_SHARE)];
  }

  between(a: number, b: number): number {
    let total = 0;
    for (const { vectors, width, inverse, share } of this.#blocks) {
      let dot = 0;
      for (let x = 0, p = a * width, q = b * width; x < width; x++, p++, q++) dot += vectors[p] * vectors[q];
      total += share * dot * inverse[a] * inverse[b];
    }
    return total;
  }

  /**
   * The mean directions of some movies in both blocks, each as long as the block's share: `toAll` multiplies with them.
   */
  directions(rows: readonly number[]): Directions {
    const [rating, relevance] = this.#blocks.map((block) => directionOf(block, rows));
    return { rating, relevance };
  }

  /**
   * How like the given movies every movie is: in each block the cosine against the mean of the given movies' normalised
   * vectors, so that none weighs more for being popular.
   *
   * @param out (M), overwritten
   */
  toAll(rows: Iterable<number>, out: Float32Array): void {
    const [rating, relevance] = this.#blocks.map((block) => directionOf(block, rows));
    this.along({ rating, relevance }, out);
  }

  /** The same for known directions. @param out (M), overwritten */
  along({ rating, relevance }: Directions, out: Float32Array = new Float32Array(this.#count)): Float32Array {
    out.fill(0);
    for (const [b, { vectors, width, inverse }] of this.#blocks.entries()) {
      const direction = b === 0 ? rating : relevance;
      for (let row = 0, at = 0; row < this.#count; row++) {
        let dot = 0;
        for (let x = 0; x < width; x++, at++) dot += direction[x] * vectors[at];
        out[row] += dot * inverse[row];
      }
    }
    return out;
  }
}

interface VectorBlock {
  readonly vectors: Float32Array; // (M, width)
  readonly width: number;
  /** 1/‖vector‖, 0 where it is zero. */
  readonly inverse: Float32Array; // (M)
  readonly share: number;
}

function block(vectors: Float32Array, width: number, share: number): VectorBlock {
  const inverse = new Float32Array(vectors.length / width);
  for (let row = 0, at = 0; row < inverse.length; row++) {
    let sum = 0;
    for (const end = at + width; at < end; at++) sum += vectors[at] * vectors[at];
    inverse[row] = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  }
  return { vectors, width, inverse, share };
}

/** Σ vector_row/‖vector_row‖, scaled to the length of the block's share; zeros where that is zero. */
function directionOf({ vectors, width, inverse, share }: VectorBlock, rows: Iterable<number>): Float64Array {
  const sum = new Float64Array(width);
  for (const row of rows) for (let x = 0; x < width; x++) sum[x] += vectors[row * width + x] * inverse[row];
  const length = Math.hypot(...sum);
  return length > 0 ? sum.map((value) => (share * value) / length) : sum;
}
