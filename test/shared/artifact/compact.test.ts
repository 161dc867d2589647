import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { COMPACT_COLUMNS, coded, codesOf, IMPORTED, TRAINED, valuesOf } from '../../../shared/artifact/compact.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import { decodeCompact } from '../../../shared/model/decode/compact.ts';
import type { Model } from '../../../shared/model/model.ts';
import { openArtifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import { codedVectors, encodeCompact } from '../../../trainer/artifact/encode/compact.ts';
import { mulberry } from '../../fixtures/random.ts';

const EIGHT = { factors: 8, relevance: 8, history: 8, prior: 8, factorVariance: 8 };

describe('codes', () => {
  it('stand for numbers within half a step, the largest exactly', () => {
    const values = Float32Array.of(0, 1, -1, 0.3, -0.301, 0.004, 2, -2);
    const codes = codesOf('factors', values, Int32Array.of(1, 0), EIGHT);
    expect(codes.step).toBeCloseTo(2 / 127, 12);
    const back = [1, 0].flatMap((position) => [...valuesOf('factors', codes, Int32Array.of(position), 4)]);
    for (const [i, value] of values.entries()) expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(codes.step / 2);
    expect(back.slice(6)).toEqual([2, -2]);
  });

  it('of the last two numbers of relevance are an eighth of a step apart', () => {
    const values = Float32Array.of(2, 0.3, 0.3, -1, 0.004, -0.004);
    const codes = codesOf('relevance', values, Int32Array.of(0, 1), EIGHT);
    const back = valuesOf('relevance', codes, Int32Array.of(0, 1), 3);
    for (const [i, value] of values.entries())
      expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(codes.step / (i % 3 === 0 ? 2 : 16));
  });

  it('of zeros are zeros', () => {
    const codes = codesOf('factors', new Float32Array(4), Int32Array.of(0, 1));
    expect([...valuesOf('factors', codes, Int32Array.of(0, 1), 2)]).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['trained', TRAINED, 2],
    ['imported', IMPORTED, 3],
  ] as const)('are the very numbers of a model that was %s, once these are coded', (_, precision, planes) => {
    const random = mulberry(7);
    const values = Float32Array.from({ length: 600 }, () => (random() - 0.5) ** 3);
    const order = Int32Array.from({ length: 100 }, (_, row) => 99 - row);
    for (const column of COMPACT_COLUMNS) {
      const kept = coded(column, values, 6, precision);
      expect(coded(column, kept, 6, precision)).toEqual(kept);
      const codes = codesOf(column, kept, order, precision);
      expect(codes.planes).toHaveLength(planes);
      expect(valuesOf(column, codes, order, 6)).toEqual(kept);
      for (const [at, value] of values.entries())
        expect(Math.abs(kept[at] - value)).toBeLessThanOrEqual(codes.step * 0.5 + 1e-7 * Math.abs(value));
    }
  });

  it('take two bytes at most where a model was trained, and three where it was imported', () => {
    for (const column of COMPACT_COLUMNS) {
      const fine = column === 'relevance' ? 3 : 0;
      expect(TRAINED[column] + fine).toBeLessThanOrEqual(16);
      expect(IMPORTED[column] + fine).toBeLessThan(24); // float32 has no more
    }
  });
});

describe('compact.arrow', () => {
  async function fixture() {
    const artifact = await readArtifact('test/fixtures/artifact');
    const { movies } = openArtifact(artifact);
    const rows = Array.from(movies.movieIds.keys());
    const columns = { ...movies, titles: rows.map(movies.title), genres: rows.map(movies.genres) };
    return { ...artifact, movies, columns, bytes: new Uint8Array(gunzipSync(artifact.files.get(FILES.compact)!)) };
  }

  /** Its vectors in the order of movies.arrow. */
  function vectorsOf({ catalogue, codes }: ReturnType<typeof decodeCompact>) {
    const positions = new Int32Array(catalogue.count);
    for (const [position, row] of byPopularity(catalogue.ratingCounts).entries()) positions[row] = position;
    return COMPACT_COLUMNS.map((name) => valuesOf(name, codes[name], positions, codes[name].width));
  }

  const vectorColumns = (
    movies: Pick<Model['movies'], 'factors' | 'relevance' | 'history' | 'priors' | 'factorVariances'>,
  ) => [movies.factors, movies.relevance, movies.history, movies.priors, movies.factorVariances];

  it('has the movies as movies.arrow has them, and their vectors number by number', async () => {
    const { movies, manifest, bytes } = await fixture();
    const compact = decodeCompact(bytes, manifest);
    for (const name of ['movieIds', 'years', 'ratingCounts', 'ratingMeans', 'biases'] as const)
      expect(compact.catalogue[name]).toEqual(movies[name]);
    expect(compact.catalogue.title(7)).toBe(movies.title(7));
    expect(compact.catalogue.genres(7)).toEqual(movies.genres(7));
    expect(vectorsOf(compact)).toEqual(vectorColumns(movies));
  });

  it('has imported vectors to 20 bits', async () => {
    const { columns, manifest } = await fixture();
    const random = mulberry(3);
    const factors = columns.factors.map(() => random() - 0.5);
    const imported = codedVectors({ ...columns, factors }, IMPORTED);
    for (const [at, value] of factors.entries()) expect(Math.abs(imported.factors[at] - value)).toBeLessThan(1e-6);
    expect(vectorsOf(decodeCompact(encodeCompact(imported, IMPORTED), manifest))).toEqual(vectorColumns(imported));
  });

  it('has the ids of other sites where movies.arrow has them', async () => {
    const { columns, manifest } = await fixture();
    const links = { imdbIds: columns.movieIds.map((id) => 7 * id), tmdbIds: columns.movieIds.map((id) => id % 5) };
    const bytes = encodeCompact({ ...columns, links }, TRAINED);
    expect(decodeCompact(bytes, manifest).catalogue.links).toEqual(links);
  });

  it('is refused without its steps', async () => {
    const { bytes, manifest } = await fixture();
    const text = Buffer.from(bytes).toString('latin1').replaceAll('"factors":', '"fact0rs":');
    expect(() => decodeCompact(new Uint8Array(Buffer.from(text, 'latin1')), manifest)).toThrow(
      /step undefined of factors/,
    );
  });
});
