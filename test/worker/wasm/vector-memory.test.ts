import { describe, expect, it } from 'vitest';
import { readFooter } from '../../../shared/artifact/arrow-file.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { rangesOf } from '../../../shared/artifact/users-file.ts';
import { KERNEL, knownBlocks, vectorMemory } from '../../../shared/artifact/vector-memory.ts';
import { encodeServing } from '../../../trainer/artifact/encode/serving.ts';
import { servingColumns } from '../../../trainer/artifact/serving-layout.ts';
import { ServingFile } from '../../../worker/version/serving-file.ts';
import { Kernel } from '../../../worker/wasm/kernel.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import type { MovieVectors } from '../../../worker/wasm/movie-vectors.ts';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { STAGED_ROWS } from '../../../worker/wasm/vector-sources.ts';
import { ANY_MOVIE } from '../../fixtures/plain-scorer.ts';
import { fixtureManifest } from '../app.ts';
import { randomModel, type Shape, userPrior } from './vectors.ts';

const LARGE = 42 * 2 ** 20;

/** The vectors of a random model, read from a serving.arrow, and the bytes of that file. */
async function placed({ known, ...shape }: Required<Omit<Shape, 'seed'>>, room: number) {
  const { M, K, E, S } = shape;
  const { movies } = randomModel({ ...shape, known });
  for (let row = 0; row < M; row++) {
    const isKnown = movies.relevance.subarray(row * E, (row + 1) * E).some((value) => value !== 0);
    if (!isKnown) movies.history.fill(0, row * S * E, (row + 1) * S * E);
  }
  const bytes = encodeServing(servingColumns({ ...movies, titles: [], genres: [] }, 3.5, room));
  const entry = (name: string, rows: number) => ({ name, bytes: bytes.length, sha256: '0'.repeat(64), rows });
  const files = [entry(FILES.movies, M), entry(FILES.serving, 1)];
  const manifest = { ...fixtureManifest(), factors: K, relevanceFactors: E, historyScales: S, files };
  const file = new ServingFile(kernel, manifest, await readFooter(rangesOf(bytes), bytes.length, FILES.serving));
  file.write(bytes);
  return { vectors: file.finish(movies, room), bytes: bytes.length };
}

/** Asks for all that is made when it is first asked for. */
function makeAll(vectors: MovieVectors): void {
  for (const area of [vectors.places.relevance, vectors.places.rating]) area.codes();
  for (const area of [vectors.places.relevance, vectors.places.rating]) area.codes();
  const { factorCount: K, relevanceCount: E } = vectors.catalogue;
  const user = { bias: 0, deviation: 0, factors: new Float32Array(K), relevance: new Float32Array(E), biasShare: 0 };
  new WasmScorer(vectors, userPrior).best({ ...user, certainty: 1 }, 1, 1, ANY_MOVIE);
}

describe('vectorMemory', () => {
  it('the sizes that it counts with are those of the kernel and of its host', () => {
    const { STAGED_ROWS: staged, ...own } = KERNEL;
    expect(new Kernel(kernel).sizes).toMatchObject(own);
    expect(staged).toBe(STAGED_ROWS);
  });

  it.each([
    ['a few films', { M: 70, K: 5, E: 6, S: 1, known: 70 }, LARGE],
    ['thousands of films', { M: 5000, K: 15, E: 9, S: 2, known: 1000 }, LARGE],
    ['wide vectors', { M: 3000, K: 63, E: 128, S: 2, known: 600 }, LARGE],
    ['packed rows, for whose codes there is no room', { M: 3000, K: 63, E: 32, S: 2, known: 600 }, 1],
  ])('it is to the byte of a page what %s take', async (_, shape, room) => {
    const { vectors, bytes } = await placed(shape, room);
    makeAll(vectors);
    const R = vectors.places.relevance.blocks;
    expect(vectorMemory({ ...shape, R }, bytes, room)).toBe(vectors.kernel.bytes);
  });

  it('where codes find room in part, it is at most all of the room', async () => {
    const shape = { M: 3000, K: 63, E: 32, S: 2, known: 600 };
    const { vectors, bytes } = await placed(shape, LARGE);
    const R = vectors.places.relevance.blocks;
    const room = vectors.kernel.used + 70_000;
    const tight = await placed(shape, room);
    makeAll(tight.vectors);
    expect(vectorMemory({ ...shape, R }, bytes, room)).toBeGreaterThanOrEqual(tight.vectors.kernel.bytes);
    expect(vectorMemory({ ...shape, R }, bytes, room) - tight.vectors.kernel.bytes).toBeLessThanOrEqual(200_000);
  });

  it.each([
    { M: 5000, K: 15, E: 9, S: 2, known: 1000 },
    { M: 40_000, K: 63, E: 32, S: 2, known: 6000 },
  ])('the bytes of a file tell how many blocks of films have relevance, %j', async (shape) => {
    const { vectors, bytes } = await placed(shape, LARGE);
    const { blocks } = vectors.places.relevance;
    expect(knownBlocks(shape, bytes) - blocks).toBeGreaterThanOrEqual(0);
    expect(knownBlocks(shape, bytes) - blocks).toBeLessThanOrEqual(4);
  });
});
