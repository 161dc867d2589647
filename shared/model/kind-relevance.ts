import { topK } from '../math/topk.ts';
import type { Catalogue, MovieTable } from './model.ts';
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

  /** @param rows films of the relevance model, (C) */
  constructor(movies: Catalogue, rows: Int32Array) {
    this.#rows = rows;
    this.#genres = movies.genreNames;
    const latest = movies.years.reduce((last, year) => Math.max(last, year), 0);
    this.#width = this.#genres.length + yearColumns(latest);
    this.#features = new Float32Array(rows.length * this.#width);
    rows.forEach((row, c) => {
      const kind = { genres: movies.genres(row), year: movies.years[row] || null };
      this.#features.set(this.#featuresOf(kind), c * this.#width);
    });
  }

  /** Rows of the films that stand for a kind. */
  nearest(kind: MovieKind): Int32Array {
    return Int32Array.from(topK(this.#cosines(kind), NEAREST), (c) => this.#rows[c]);
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

/** The vector that a film begins with, (E). @param nearest the films that stand for its kind */
export function meanRelevance({ count, relevanceCount: E, relevance }: MovieTable): Float32Array {
  const mean = new Float32Array(E);
  for (let c = 0; c < count; c++) for (let e = 0; e < E; e++) mean[e] += relevance[c * E + e] / count;
  return mean;
}
