import { genreLists } from '../../../shared/model/genres.ts';
import type { Model, MovieTable } from '../../../shared/model/model.ts';
import { identityResponse } from '../../../shared/model/response.ts';
import { VECTOR_COLUMNS, VectorWriter } from '../../../worker/version/vector-writer.ts';
import { Kernel } from '../../../worker/wasm/kernel.ts';
import type { MovieVectors } from '../../../worker/wasm/movie-vectors.ts';
import { mulberry } from '../../fixtures/random.ts';

export interface Shape {
  readonly M: number;
  readonly K: number;
  readonly E: number;
  readonly S?: number;
  /** Movies that the relevance model knows; all by default. */
  readonly known?: number;
  readonly seed?: number;
}

export const userPrior = { response: identityResponse(3.5), tau: 1.5 };

/** A model of random vectors, with all that a scorer reads. */
export function randomModel({ M, K, E, S = 1, known = M, seed = 1 }: Shape): Model {
  const random = mulberry(seed);
  const numbers = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  const relevance = numbers(M * E);
  const movies: MovieTable = {
    count: M,
    factorCount: K,
    relevanceCount: E,
    scaleCount: S,
    movieIds: Int32Array.from({ length: M }, (_, row) => 2 * row + 1),
    years: Int16Array.from({ length: M }, () => (random() < 0.1 ? 0 : 1950 + Math.floor(70 * random()))),
    ...randomGenres(M, random),
    ratingCounts: Int32Array.from({ length: M }, () => Math.floor(100 * random() ** 3)),
    ratingMeans: numbers(M),
    deviations: numbers(M),
    biases: numbers(M),
    factors: numbers(M * K),
    relevance,
    history: numbers(M * S * E),
    priors: numbers(M * (K + 1)),
    factorVariances: numbers(M * K).map(Math.abs),
    title: (row) => `Film ${row}`,
    rowOf: (movieId) => (movieId - 1) / 2,
  };
  const byPopularity = [...movies.ratingCounts.keys()].sort((a, b) => movies.ratingCounts[b] - movies.ratingCounts[a]);
  for (const row of byPopularity.slice(known)) relevance.fill(0, row * E, (row + 1) * E);
  return { movies, userPrior } as unknown as Model;
}

/** Up to 8 of 40 genres a movie. */
function randomGenres(M: number, random: () => number): ReturnType<typeof genreLists> {
  const offsets = [0];
  for (let row = 0; row < M; row++) offsets.push(offsets[row] + Math.floor(9 * random()));
  const codes = Array.from({ length: offsets[M] }, () => Math.floor(40 * random()));
  return genreLists(
    Array.from({ length: 40 }, (_, g) => `genre ${g}`),
    offsets,
    codes,
  );
}

/** Writes a table's vectors into a kernel's memory, in pieces that end in the middle of rows. */
export function vectorsOf(module: WebAssembly.Module, movies: MovieTable, room?: number): MovieVectors {
  const writer = new VectorWriter(new Kernel(module), movies, room);
  const { factors, relevance, history, priors: prior, factorVariances: factorVariance } = movies;
  const columns = { factors, relevance, history, prior, factorVariance };
  for (const name of VECTOR_COLUMNS) {
    const bytes = new Uint8Array(columns[name].buffer, columns[name].byteOffset, columns[name].byteLength);
    for (let at = 0; at < bytes.length; at += 100_003) writer.write(name, bytes.subarray(at, at + 100_003));
  }
  return writer.finish();
}
