import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MovieTable, UserVectors } from '../../../shared/model/model.ts';
import { type Codes, cutFor } from '../../../worker/wasm/codes.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import type { MovieVectors } from '../../../worker/wasm/movie-vectors.ts';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { ANY_MOVIE } from '../../fixtures/plain-scorer.ts';
import { mulberry } from '../../fixtures/random.ts';
import { randomModel, userPrior, vectorsOf } from './vectors.ts';

interface Shape {
  readonly M: number;
  readonly K: number;
  readonly seed: number;
  /** Factor x is about (x + 1)^-decay. */
  readonly decay: number;
}

/** Movies with factors on principal axes, biases as large as vectors, and a few equal rows. */
function movieTable({ M, K, seed, decay }: Shape): MovieTable {
  const random = mulberry(seed);
  const { movies } = randomModel({ M, K, E: 8, known: Math.ceil(M / 3), seed });
  for (let row = 0; row < M; row++) {
    const length = random() < 0.1 ? 0 : 10 ** (-2 * random());
    for (let x = 0; x < K; x++) movies.factors[row * K + x] *= length * (x + 1) ** -decay;
    if (row % 7 === 6) movies.factors.copyWithin(row * K, (row - 1) * K, row * K);
  }
  return movies;
}

function userOf(K: number, seed: number, factor: (x: number) => number, share = 0): UserVectors {
  const random = mulberry(seed);
  const number = () => 2 * random() - 1;
  return {
    bias: number(),
    factors: Float64Array.from({ length: K }, (_, x) => factor(x) * number()),
    relevance: Float64Array.from({ length: 8 }, number),
    biasShare: share,
    deviation: number(),
  };
}

/** A scorer that has its codes already. */
function scorerOf(movies: MovieTable, room?: number): { vectors: MovieVectors; scorer: WasmScorer; codes: Codes } {
  const vectors = vectorsOf(kernel, movies, room);
  for (const area of [vectors.places.rating, vectors.places.relevance]) area.codes();
  return { vectors, scorer: new WasmScorer(vectors, userPrior), codes: vectors.places.rating.codes()! };
}

/** Bytes for a version, the rating codes of so many columns, and all other codes. */
function roomFor(movies: MovieTable, columns: number): number {
  const { kernel: memory, places } = vectorsOf(kernel, movies, Number.POSITIVE_INFINITY);
  const groups = Math.ceil(movies.count / 64);
  places.relevance.codes();
  places.relevance.codes();
  const heads = 7 + 3 * Math.max(1, Math.log2(columns / 16) + 1);
  return memory.used + 64 * groups * (columns + 4) + 16 * Math.ceil(groups / 4) * heads;
}

/** Expects the same lists of both scans at several blends and lengths, to the bit. */
function expectExact(scorer: WasmScorer, user: UserVectors) {
  for (const blend of [1, 0.5, 0]) {
    for (const k of [1, 20, 90]) {
      for (const asked of [user, { ...user, certainty: 2 }]) {
        expect(scorer.best(asked, blend, k, ANY_MOVIE)).toEqual(scorer.best(asked, blend, k, ANY_MOVIE, true));
      }
    }
  }
}

describe('codes', () => {
  it.each([
    [1, [1]],
    [16, [16]],
    [17, [16, 18]],
    [64, [16, 32, 64]],
    [128, [16, 32, 64, 128]],
  ])('codes of %d factors have cuts after %j columns', (K, columns) => {
    const { codes } = scorerOf(movieTable({ M: 70, K, seed: 1, decay: 1 }));
    expect(codes.cuts.map((cut) => cut.columns)).toEqual(columns[0] === 1 ? [2] : columns);
  });

  it.each([16, 32, 64])('codes of the %d leading columns are kept where there is no room for more', (columns) => {
    const movies = movieTable({ M: 700, K: 128, seed: 1, decay: 1 });
    const room = roomFor(movies, columns);
    const kept = (bytes: number) => scorerOf(movies, bytes).codes?.cuts.at(-1)?.columns;
    expect([kept(room - 1), kept(room)]).toEqual([columns === 16 ? undefined : columns / 2, columns]);
  });

  it('codes of leading columns serve users with small other columns; for others every movie is scored', () => {
    const movies = movieTable({ M: 700, K: 64, seed: 1, decay: 1 });
    const { codes } = scorerOf(movies, roomFor(movies, 16));
    const columns = (factor: (x: number) => number) =>
      cutFor(
        Float32Array.from({ length: 64 }, (_, x) => factor(x)),
        codes.cuts,
      )?.columns;
    expect(columns((x) => (x + 1) ** -1)).toBe(16);
    expect(columns((x) => (x < 16 ? 0 : 1))).toBeUndefined();
    expect(cutFor(new Float32Array(64).fill(1, 16), scorerOf(movies).codes.cuts)?.columns).toBe(64);
  });

  it.each([
    ['all', 72],
    ['leading', 32],
  ])('the heads of each group bound its vectors at every cut of %s columns', (_, columns) => {
    const [M, K] = [230, 70];
    const movies = movieTable({ M, K, seed: 3, decay: 0.7 });
    movies.factors.fill(0, 64 * K, 128 * K);
    const { vectors, codes } = scorerOf(movies, columns < K ? roomFor(movies, columns) : undefined);
    expect(4 * Math.ceil(codes.cuts.at(-1)!.columns / 4)).toBe(columns);
    const { kernel: memory, places } = vectors;
    const order = [...memory.integers(places.positions, M)];
    const rowOf = Array.from({ length: M }, (_, position) => order.indexOf(position));
    const step = 4 * Math.ceil(codes.groups / 4);
    const bytes = memory.octets(codes.at, 64 * codes.groups * columns);
    for (let group = 0; group < codes.groups; group++) {
      const scale = memory.floats(codes.heads, codes.groups)[group];
      let [from, at] = [0, 0];
      const rest = new Float64Array(64);
      for (const cut of codes.cuts) {
        const heads = [0, 1, 2].map((row) => memory.floats(cut.heads + 4 * step * row, codes.groups)[group]);
        const wide = 4 * Math.ceil((cut.columns - from) / 4);
        for (let i = 0; i < 64 && 64 * group + i < M; i++) {
          const row = rowOf[64 * group + i];
          const value = (x: number) => (x < K ? movies.factors[row * K + x] : 0);
          const energy = (a: number, b: number) => {
            let sum = 0;
            for (let x = a; x < b; x++) sum += value(x) ** 2;
            return sum;
          };
          for (let x = from; x < cut.columns; x++) {
            const pair = at + group * 64 * wide + 128 * ((x - from) >> 1);
            const code = bytes[pair + 2 * i + (x % 2)] - 64;
            expect(Math.abs(code)).toBeLessThanOrEqual(63);
            rest[i] += (value(x) - scale * code) ** 2;
          }
          expect(heads[0]).toBeGreaterThanOrEqual(Math.sqrt(rest[i]));
          expect(heads[1]).toBeGreaterThanOrEqual(Math.sqrt(energy(0, cut.columns)));
          expect(heads[2]).toBeGreaterThanOrEqual(Math.sqrt(energy(cut.columns, K)));
        }
        at += 64 * codes.groups * wide;
        from = cut.columns;
      }
    }
  });
});

describe('the scan of codes, cut or not', () => {
  it('the scan of codes finds the same list as the scan of everything, to the bit', () => {
    const shapes = fc.record({
      M: fc.integer({ min: 1, max: 700 }),
      K: fc.integer({ min: 1, max: 130 }),
      seed: fc.nat(),
      decay: fc.constantFrom(0, 0.5, 2, 4),
    });
    const columns = fc.constantFrom(16, 32, 64, 128); // columns with codes, of more
    const users = fc.record({
      seed: fc.nat(),
      decay: fc.constantFrom(0, 1, 3),
      size: fc.constantFrom(1e-9, 1e-2, 1, 1e6),
      share: fc.constantFrom(0, 0.6, 1),
    });
    fc.assert(
      fc.property(shapes, users, columns, (shape, { seed, decay, size, share }, kept) => {
        const movies = movieTable(shape);
        const { scorer } = scorerOf(movies, kept < shape.K ? roomFor(movies, kept) : undefined);
        expectExact(
          scorer,
          userOf(shape.K, seed, (x) => size * (x + 1) ** -decay, share),
        );
      }),
      { numRuns: 150, seed: 20261126 },
    );
  });

  const [M, K] = [1000, 63];
  const movies = movieTable({ M, K, seed: 5, decay: 3 });
  // Some movies are 0 before the first cut and large after it.
  for (let row = 100; row < M; row += 97) {
    movies.factors.fill(0, row * K, row * K + 16);
    movies.factors.fill(row % 2 ? 3 : -3, row * K + 16, (row + 1) * K);
  }
  const scorers = [undefined, roomFor(movies, 16), roomFor(movies, 32)].map((room) => scorerOf(movies, room).scorer);

  it.each<[string, (x: number) => number]>([
    ['is all in the leading columns', (x) => (x < 16 ? 1 : 0)],
    ['is all behind the first cut', (x) => (x < 16 ? 0 : 1)],
    ['is all in the last column', (x) => (x === 62 ? 1 : 0)],
    ['has little behind the first cut', (x) => (x < 16 ? 1 : 1e-3)],
    ['is zero', () => 0],
    ['is minus zero', () => -0],
    ['is tiny', () => 1e-30],
    ['is huge', () => 1e30],
  ])('the scan of codes misses no movie with weight after the cut, for a user whose vector %s', (_, factor) => {
    for (const seed of [1, 2, 3]) {
      for (const scorer of scorers) expectExact(scorer, userOf(K, seed, factor));
    }
  });

  it('the scan of codes misses no movie among thousands that are unlike the cut’s estimate', () => {
    const [M, K] = [40_000, 24];
    const movies = movieTable({ M, K, seed: 6, decay: 4 });
    const user = userOf(K, 1, (x) => (x < 16 ? 1 : 1e-2));
    const factors = Float64Array.from(user.factors);
    const [before, behind] = [factors.subarray(0, 16), factors.subarray(16)];
    const energy = before.reduce((sum, x) => sum + x * x, 0);
    const score = 200 * behind.reduce((sum, x) => sum + Math.abs(x), 0);
    // One movie scores half as much by its leading columns, so that the threshold is above all others.
    movies.factors.set(
      before.map((x) => (score * x) / (2 * energy)),
      0,
    );
    const room = roomFor(movies, 16);
    for (const row of [7777, M - 1]) {
      const spiked: MovieTable = { ...movies, factors: movies.factors.slice() };
      spiked.factors.set(
        behind.map((x) => 200 * Math.sign(x)),
        row * K + 16,
      );
      for (const { scorer } of [scorerOf(spiked), scorerOf(spiked, room)]) {
        expect(scorer.best(user, 1, 2, ANY_MOVIE).map((item) => item.row)).toEqual([row, 0]);
        expectExact(scorer, user);
      }
    }
  });

  it('the scan of codes takes numbers of any size as bias and deviation, and no such columns', () => {
    for (const value of [1e-30, 1e3, 1e17, 1e25, -1e30, Number.POSITIVE_INFINITY, Number.NaN]) {
      const odd: MovieTable = { ...movies, biases: movies.biases.slice(), deviations: movies.deviations.slice() };
      odd.biases[200] = value;
      odd.deviations[300] = -value;
      const { scorer } = scorerOf(odd);
      for (const share of [0, 0.5])
        expectExact(
          scorer,
          userOf(K, 4, (x) => (x + 1) ** -2, share),
        );
    }
  });
});
