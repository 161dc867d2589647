import { topK } from '../math/topk.ts';
import type { Catalogue } from './model.ts';
import { describeKind, type MovieKind, yearColumns } from './movie-kind.ts';

/** How many films stand for a kind. */
const NEAREST = 50;

/**
 * What people like of films of a kind: the mean relevance vector of the known films most alike in genres and year, by the
 * cosine of `describeKind`. It is where a film that nobody rated yet begins in lists by relevance.
 */
export class KindRelevance {
  readonly #rows: Int32Array;
  readonly #genres: readonly string[];
  readonly #width: number; // F = G + Y
  readonly #features: Float32Array; // (C, F), rows of length 1 or 0
  readonly #relevance: Float32Array; // (C, E)

  /**
   * @param rows films of the relevance model, (C)
   * @param relevance their vectors, (C, E)
   */
  constructor(movies: Catalogue, rows: Int32Array, relevance: Float32Array) {
    this.#rows = rows;
    this.#genres = movies.genreNames;
    const latest = movies.years.reduce((last, year) => Math.max(last, year), 0);
    this.#width = this.#genres.length + yearColumns(latest);
    this.#features = new Float32Array(rows.length * this.#width);
    rows.forEach((row, c) => {
      const kind = { genres: movies.genres(row), year: movies.years[row] || null };
      this.#features.set(this.#featuresOf(kind), c * this.#width);
    });
    this.#relevance = relevance;
  }

  /** The vector that a film of this kind begins with, (E). */
  of(kind: MovieKind): Float32Array {
    const E = this.#relevance.length / Math.max(1, this.#rows.length);
    const mean = new Float32Array(E);
    const nearest = topK(this.#cosines(kind), NEAREST);
    for (const c of nearest) for (let e = 0; e < E; e++) mean[e] += this.#relevance[c * E + e] / nearest.length;
    return mean;
  }

  #cosines(kind: MovieKind): Float32Array {
    const wanted = this.#featuresOf(kind);
    const F = this.#width;
    return Float32Array.from(this.#rows, (_, c) => {
      let dot = 0;
      for (let f = 0; f < F; f++) dot += wanted[f] * this.#features[c * F + f];
      return dot;
    });
  }

  #featuresOf(kind: MovieKind): Float32Array {
    const features = new Float32Array(this.#width);
    describeKind(kind, this.#genres, features);
    const length = Math.hypot(...features);
    return length > 0 ? features.map((value) => value / length) : features;
  }
}
