import { describe, expect, it } from 'vitest';
import { readFooter } from '../../../shared/artifact/arrow-file.ts';
import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import { rangesOf } from '../../../shared/artifact/users-file.ts';
import { decodeCatalogue, decodeMovies } from '../../../shared/model/decode/catalogue.ts';
import type { MovieTable } from '../../../shared/model/model.ts';
import type { MovieColumns } from '../../../trainer/artifact/columns.ts';
import { encodeMovies } from '../../../trainer/artifact/encode/catalogue.ts';
import { encodeServing } from '../../../trainer/artifact/encode/serving.ts';
import { servingColumns } from '../../../trainer/artifact/serving-layout.ts';
import { ServingFile } from '../../../worker/version/serving-file.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import type { MovieVectors } from '../../../worker/wasm/movie-vectors.ts';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { ANY_MOVIE } from '../../fixtures/plain-scorer.ts';
import { mulberry } from '../../fixtures/random.ts';
import { fixtureFile, fixtureManifest } from '../app.ts';
import { randomModel, userPrior, vectorsOf } from '../wasm/vectors.ts';

const MEAN = 3.5;

/** All vectors, by row. */
function contents(vectors: MovieVectors): Record<string, ArrayLike<number>> {
  const { factors, relevance, history, priors, factorVariances } = vectors.take([...vectors.catalogue.movieIds.keys()]);
  return { factors, relevance, history, priors, factorVariances };
}

/** The file, of which only the end was read. */
async function begun(file: Uint8Array, manifest: Manifest): Promise<ServingFile> {
  const files = manifest.files.map((entry) =>
    entry.name === FILES.serving ? { ...entry, bytes: file.length } : entry,
  );
  return new ServingFile(kernel, { ...manifest, files }, await readFooter(rangesOf(file), file.length, FILES.serving));
}

/** The file, read in two pieces. The second begins in the middle of a number. */
async function opened(file: Uint8Array, manifest: Manifest, movies: Uint8Array): Promise<MovieVectors> {
  const serving = await begun(file, manifest);
  serving.write(file.subarray(0, 2001));
  serving.write(file.subarray(2001));
  return serving.finish(decodeCatalogue(movies, manifest));
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Ten lists of both rankings, and the movies similar to the first one. */
function lists(vectors: MovieVectors): string {
  const { factorCount: K, relevanceCount: E } = vectors.catalogue;
  const random = mulberry(5);
  const numbers = (length: number) => Float64Array.from({ length }, () => 2 * random() - 1);
  const scorer = new WasmScorer(vectors, userPrior);
  const best = Array.from({ length: 20 }, (_, u) => {
    const user = { bias: random(), factors: numbers(K), relevance: numbers(E), biasShare: 0.3, deviation: random() };
    return scorer.best(user, u % 2, 20, ANY_MOVIE);
  });
  return JSON.stringify([...best, scorer.similar([0], 20, ANY_MOVIE)]);
}

/** Columns and manifest of a random model whose relevance model knows 100 movies. */
function randomVersion(M: number): {
  columns: MovieColumns;
  movies: MovieTable;
  files: Uint8Array;
  manifest: Manifest;
} {
  const { movies } = randomModel({ M, K: 15, E: 9, S: 2, known: 100 });
  const columns = {
    ...movies,
    titles: Array.from({ length: M }, (_, row) => `Film ${row}`),
    genres: Array.from({ length: M }, (_, row) => [`genre ${row % 5}`]),
  };
  const files = encodeMovies(columns);
  const entry = (name: string, rows: number) => ({ name, bytes: 1, sha256: '0'.repeat(64), rows });
  const about = { factors: 15, relevanceFactors: 9, historyScales: 2, mean: MEAN };
  const manifest = { ...fixtureManifest(), ...about, files: [entry(FILES.movies, M), entry(FILES.serving, 1)] };
  return { columns, movies: decodeMovies(files, manifest), files, manifest };
}

describe('serving.arrow', () => {
  it('serving.arrow of the fixture has the vectors of movies.arrow, to the bit', async () => {
    const manifest = fixtureManifest();
    const movies = fixtureFile(FILES.movies);
    const served = await opened(fixtureFile(FILES.serving), manifest, movies);
    const placed = vectorsOf(kernel, decodeMovies(movies, manifest));
    expect(contents(served)).toEqual(contents(placed));
    expect(lists(served)).toBe(lists(placed));
  });

  it.each([
    ['as they are', Number.POSITIVE_INFINITY],
    ['in eight bits', 0],
  ])('serving.arrow has histories, priors and variances %s just as the Worker would keep them', async (_, room) => {
    for (const M of [17, 1003]) {
      const { columns, movies, files, manifest } = randomVersion(M);
      const served = await opened(encodeServing(servingColumns(columns, MEAN, room)), manifest, files);
      const placed = vectorsOf(kernel, movies, room);
      expect(contents(served)).toEqual(contents(placed));
      expect(lists(served)).toBe(lists(placed));
    }
  });

  it('vectors of serving.arrow that fill cache lines begin where a line does', async () => {
    const { places } = await opened(fixtureFile(FILES.serving), fixtureManifest(), fixtureFile(FILES.movies));
    expect([places.rating, places.relevance, places.history].map(({ at }) => at % 64)).toEqual([0, 0, 0]);
  });

  it('the rating vectors of a row arrive as soon as the file is read up to their end', async () => {
    const { columns, movies, files, manifest } = randomVersion(1003);
    const file = encodeServing(servingColumns(columns, MEAN));
    const serving = await begun(file, manifest);
    let at = 0;
    const feed = () => {
      serving.write(file.subarray(at, at + 999));
      at += 999;
    };
    while (!serving.isListable) feed();
    expect(at).toBeLessThan(file.length / 4);
    const vectors = serving.finish(decodeCatalogue(files, manifest));
    const order = byPopularity(movies.ratingCounts);
    for (const position of [0, 15, 16, 500, 1002]) {
      const row = order[position];
      let seen: Float32Array | undefined;
      const there = serving.arrivedUpTo(vectors.ratingEnd([order[0], row])).then(() => {
        seen = vectors.take([row]).factors;
      });
      for (; seen === undefined && at < file.length; await Promise.race([there, nextTurn()])) feed();
      expect(seen).toEqual(movies.factors.slice(15 * row, 15 * (row + 1)));
    }
    expect(at).toBeLessThan(file.length);
  });
});
