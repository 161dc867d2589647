import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MovieFilter } from '../../../shared/filters/movie-filters.ts';
import { selectionOf } from '../../../shared/filters/select.ts';
import type { Model, MovieTable, UserVectors } from '../../../shared/model/model.ts';
import type { Ranked, Scorer, Selection } from '../../../shared/model/scorer.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { ANY_MOVIE, PlainScorer } from '../../fixtures/plain-scorer.ts';
import { mulberry } from '../../fixtures/random.ts';
import { randomModel, type Shape, userPrior, vectorsOf } from './vectors.ts';

function randomUser({ K, E }: Shape, seed: number, biasShare = 0): UserVectors {
  const random = mulberry(seed);
  const numbers = (length: number) => Float64Array.from({ length }, () => 2 * random() - 1);
  return { bias: random(), factors: numbers(K), relevance: numbers(E), biasShare, deviation: random() };
}

interface Pair {
  readonly plain: Scorer;
  readonly wasm: WasmScorer;
  readonly movies: MovieTable;
}

function pairOf(model: Model, room?: number): Pair {
  const vectors = vectorsOf(kernel, model.movies, room);
  return { plain: new PlainScorer(model), wasm: new WasmScorer(vectors, userPrior), movies: model.movies };
}

/** Rounding error of sums of so many float32 products. */
const tolerance = (score: number, width: number) => 1e-7 * width * (1 + Math.abs(score));

/**
 * Expects the same list: equal scores at each rank, and equal rows except where the reference has a tie within
 * rounding.
 */
function expectSame(
  got: readonly Ranked[],
  wanted: readonly Ranked[],
  scoreOf: (row: number) => number,
  width: number,
) {
  expect(got).toHaveLength(wanted.length);
  const wrong = got.filter(({ row, score }, rank) => {
    const close = (value: number) => Math.abs(value - wanted[rank].score) <= tolerance(score, width);
    const before = got[rank - 1];
    const ordered = rank === 0 || before.score > score || (before.score === score && before.row < row);
    return !(ordered && close(score) && (row === wanted[rank].row || close(scoreOf(row))));
  });
  expect(wrong).toEqual([]);
}

/** The reference's score of a row, computed when it is first needed. */
function scoresOf(all: () => Ranked[]): (row: number) => number {
  let known: Map<number, number> | undefined;
  return (row) => {
    known ??= new Map(all().map((item) => [item.row, item.score]));
    return known.get(row)!;
  };
}

/** Compares every way to a list with the reference, and the kernel's two scans with each other, to the bit. */
function compare({ plain, wasm, movies }: Pair, user: UserVectors, blend: number, k: number, selection: Selection) {
  const every = scoresOf(() => plain.best(user, blend, movies.count, ANY_MOVIE));
  const scanned = wasm.best(user, blend, k, selection, true);
  expectSame(scanned, plain.best(user, blend, k, selection), every, movies.factorCount + movies.relevanceCount);
  expect(JSON.stringify(wasm.best(user, blend, k, selection))).toBe(JSON.stringify(scanned));
  return scanned;
}

const SHAPES: Shape[] = [
  { M: 1, K: 7, E: 8 },
  { M: 15, K: 8, E: 8 },
  { M: 16, K: 16, E: 9 },
  { M: 17, K: 15, E: 16 },
  { M: 63, K: 1, E: 1 },
  { M: 65, K: 31, E: 32 },
  { M: 1000, K: 63, E: 64, known: 100 },
  { M: 1003, K: 64, E: 127 },
  { M: 4000, K: 128, E: 128 },
  { M: 100_000, K: 31, E: 16, known: 6000 },
];

describe.each(SHAPES)('the scorers, $M movies, K = $K, E = $E', (shape) => {
  const pair = pairOf(randomModel(shape));

  it.each([
    [0, 0],
    [1, 0],
    [1, 0.7],
    [0.3, 0.4],
  ])('the WASM scorer finds the same best movies as the plain one at blend %d and Bias share %d', (blend, share) => {
    for (const k of [1, 20, 201]) compare(pair, randomUser(shape, 7, share), blend, k, ANY_MOVIE);
  });

  it.each([
    [1, 0, 2],
    [1, 0.7, 0.3],
    [0.3, 0.4, 4],
  ])('and at blend %d and Bias share %d with a certainty of %d', (blend, share, certainty) => {
    const user = { ...randomUser(shape, 7, share), certainty };
    for (const k of [1, 20, 201]) compare(pair, user, blend, k, ANY_MOVIE);
    const without = { ...user, certainty: undefined };
    compare(pair, without, blend, 20, ANY_MOVIE); // what was asked before leaves nothing behind
  });

  it('the WASM scorer finds the same movies as the plain one behind filters', () => {
    const genre = ['genre 0', 'genre 1', 'genre 3'];
    const hidden = Array.from({ length: Math.ceil(shape.M / 3) }, (_, i) => 3 * i);
    const seventh = (row: number) => row % 7 === 0;
    const cases: [filter: MovieFilter, rest?: Partial<Selection>][] = [
      [{ genre }],
      [{ notGenre: ['genre 0', 'genre 31'] }],
      [{ yearFrom: 1980, yearTo: 1990 }],
      [{ minRatings: 30 }],
      [{ excludeId: [1, 7, 999_999_999], exclude: ['9'] }],
      [{}, { hidden }],
      [{ minRatings: 2 }, { hidden }],
      [{}, { accept: seventh }],
      [
        { genre, yearFrom: 1960, yearTo: 2010, minRatings: 2 },
        { hidden, accept: (row) => row % 2 === 0 },
      ],
    ];
    for (const [filter, rest] of cases) {
      const selection = { ...selectionOf(pair.movies, filter), ...rest };
      for (const blend of [0, 1]) compare(pair, randomUser(shape, 3), blend, 20, selection);
    }
    const all = Array.from({ length: shape.M }, (_, row) => row);
    expect(pair.wasm.best(randomUser(shape, 3), 0, 20, { ...ANY_MOVIE, hidden: all })).toEqual([]);
    const none = new Uint8Array(shape.M).fill(1);
    expect(pair.wasm.best(randomUser(shape, 3), 0, 20, { ...ANY_MOVIE, refused: none })).toEqual([]);
    // A filter leaves nothing behind.
    expect(pair.wasm.best(randomUser(shape, 3), 0, 1, ANY_MOVIE)).toHaveLength(1);
  });

  it('keep a mask as it was, though rows of somebody were hidden besides', () => {
    const refused = Uint8Array.from({ length: shape.M }, (_, row) => (row % 2 === 0 ? 0 : 1));
    const hidden = Array.from({ length: Math.ceil(shape.M / 4) }, (_, i) => i);
    const before = compare(pair, randomUser(shape, 6), 1, shape.M, { refused, hidden: [] });
    expect(before).toHaveLength(Math.ceil(shape.M / 2));
    expect(before.filter(({ row }) => row % 2 === 1)).toEqual([]);
    compare(pair, randomUser(shape, 6), 1, 20, { refused, hidden });
    expect(compare(pair, randomUser(shape, 6), 1, shape.M, { refused, hidden: [] })).toEqual(before);
  });

  it('the scorers list everything that is left when more is asked for', () => {
    const list = compare(pair, randomUser(shape, 4), 1, shape.M + 5, { ...ANY_MOVIE, hidden: [0] });
    expect(list).toHaveLength(shape.M - 1);
    expect(pair.wasm.best(randomUser(shape, 4), 1, 0, ANY_MOVIE)).toEqual([]);
  });

  it('the WASM scorer finds the same similar movies as the plain one', () => {
    const given = [0, shape.M >> 1, shape.M - 1];
    const { plain, wasm, movies } = pair;
    const every = scoresOf(() => plain.similar(given, movies.count, ANY_MOVIE));
    for (const selection of [ANY_MOVIE, { ...ANY_MOVIE, hidden: given }]) {
      expectSame(wasm.similar(given, 20, selection), plain.similar(given, 20, selection), every, 64);
    }
  });
});

describe('ties', () => {
  it('ties go to the smaller row, whatever its popularity, also among movies without relevance', () => {
    const shape = { M: 500, K: 15, E: 16, known: 40 };
    const model = randomModel(shape);
    model.movies.factors.fill(0.5);
    model.movies.biases.fill(1);
    model.movies.deviations.fill(0);
    const pair = pairOf(model);
    const rows = (list: Ranked[]) => list.map(({ row }) => row);
    expect(rows(compare(pair, randomUser(shape, 2), 1, 30, ANY_MOVIE))).toEqual([...Array(30).keys()]);
    expect(rows(compare(pair, randomUser(shape, 2), 1, 3, { ...ANY_MOVIE, hidden: [1] }))).toEqual([0, 2, 3]);
    const tail = compare(pair, randomUser(shape, 2), 0, 500, ANY_MOVIE).filter(({ score }) => score === 0);
    expect(tail.length).toBeGreaterThanOrEqual(460);
    expect(rows(tail)).toEqual(rows(tail).toSorted((a, b) => a - b));
  });
});

describe('numbers that are none', () => {
  const shape = { M: 300, K: 15, E: 16 };
  const model = randomModel(shape);
  model.movies.factors.fill(Number.NaN, 5 * 15, 6 * 15);
  model.movies.relevance[7 * 16] = Number.NaN;
  model.movies.biases[9] = Number.NaN;
  const pair = pairOf(model);

  it('a score that is no number is never listed, and hides no other movie', () => {
    for (const [blend, missing] of [
      [1, [5, 9]],
      [0.5, [5, 7, 9]],
      [0, [7]],
    ] as const) {
      const list = compare(pair, randomUser(shape, 1), blend, 300, ANY_MOVIE);
      expect(list).toHaveLength(300 - missing.length);
      for (const row of missing) expect(list.find((item) => item.row === row)).toBeUndefined();
      compare(pair, randomUser(shape, 1), blend, 20, ANY_MOVIE);
    }
    const unknown = { ...randomUser(shape, 1), factors: new Float64Array(15).fill(Number.NaN) };
    expect(compare(pair, unknown, 1, 20, ANY_MOVIE)).toEqual([]);
  });
});

describe('the scan of codes', () => {
  it('the scan of codes misses nothing, whatever the scale of movies and users', () => {
    const shape = { M: 400, K: 20, E: 10 };
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: -12, max: 12, noNaN: true }), fc.nat(40), (seed, power, k) => {
        const model = randomModel({ ...shape, seed });
        const random = mulberry(seed);
        // Norms over six orders of magnitude, and some nearly equal movies.
        for (let row = 0; row < shape.M; row++) {
          const length = 10 ** (power + 6 * random() - 3);
          for (let x = 0; x < shape.K; x++) model.movies.factors[row * shape.K + x] *= length;
          if (row % 5 === 4) model.movies.factors.copyWithin(row * shape.K, (row - 1) * shape.K, row * shape.K);
        }
        const { wasm } = pairOf(model);
        const user = randomUser(shape, seed + 1, random() < 0.5 ? 0 : random());
        for (const blend of [0, 0.5, 1]) {
          for (const certainty of [undefined, 2, 10 ** power]) {
            const asked = { ...user, certainty };
            expect(wasm.best(asked, blend, k, ANY_MOVIE)).toEqual(wasm.best(asked, blend, k, ANY_MOVIE, true));
          }
        }
      }),
      { numRuns: 60, seed: 20261126 },
    );
  });
});

describe('the vectors of a few movies', () => {
  const shape = { M: 2000, K: 63, E: 64, S: 2, known: 300 };
  const { movies } = randomModel(shape);
  const rows = [0, 1999, 17, 1024];
  const vector = (column: Float32Array, width: number) =>
    Float32Array.from(rows.flatMap((row) => [...column.subarray(row * width, (row + 1) * width)]));

  it('vectors are taken out as they were put in, wherever they lie', () => {
    const few = vectorsOf(kernel, movies).take(rows);
    expect(few.factors).toEqual(vector(movies.factors, 63));
    expect(few.relevance).toEqual(vector(movies.relevance, 64));
    expect(few.history).toEqual(vector(movies.history, 128));
    expect(few.priors).toEqual(vector(movies.priors, 64));
    expect(few.factorVariances).toEqual(vector(movies.factorVariances, 63));
    expect([...few.movieIds]).toEqual(rows.map((row) => movies.movieIds[row]));
    expect([...few.biases]).toEqual(rows.map((row) => movies.biases[row]));
    expect(few.title(1)).toBe('Film 1999');
  });

  it('packed vectors are within a 254th of the row’s largest number, and scores stay the same', () => {
    const packed = vectorsOf(kernel, movies, 0);
    // Packing saves three bytes of every number, less four for the scale of every row of all tables, up to cache lines.
    const saved = 2000 * ((127 + 128) * 3 - 2 * 4 - 2 * 4); // a history has two rows
    expect(vectorsOf(kernel, movies).kernel.used - packed.kernel.used).toBeCloseTo(saved, -3);
    const few = packed.take(rows);
    for (const [got, wanted, width] of [
      [few.history, vector(movies.history, 128), 64],
      [few.priors, vector(movies.priors, 64), 64],
      [few.factorVariances, vector(movies.factorVariances, 63), 63],
    ] as const) {
      got.forEach((value, at) => {
        const row = wanted.subarray(at - (at % width), at - (at % width) + width);
        expect(Math.abs(value - wanted[at])).toBeLessThanOrEqual((Math.max(...row.map(Math.abs)) / 254) * 1.0001);
      });
    }
    const user = randomUser(shape, 5);
    const [lean, rich] = [packed, vectorsOf(kernel, movies)].map((vectors) => new WasmScorer(vectors, userPrior));
    for (const blend of [0, 1]) {
      expect(lean.best(user, blend, 20, ANY_MOVIE)).toEqual(rich.best(user, blend, 20, ANY_MOVIE));
    }
  });
});
