import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { COMPACT_CODING, COMPACT_COLUMNS, codesOf, rounded, valuesOf } from '../../../shared/artifact/compact.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import { decodeCompact, decodeResidual } from '../../../shared/model/decode/compact.ts';
import { openArtifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import { encodeCompact } from '../../../trainer/artifact/encode/compact.ts';
import { mulberry } from '../../fixtures/random.ts';

describe('codes', () => {
  it('stand for numbers within half a step, the largest exactly', () => {
    const values = Float32Array.of(0, 1, -1, 0.3, -0.301, 0.004, 2, -2);
    const codes = codesOf(values, Int32Array.of(1, 0), { bits: 8, fine: 0, parts: 16 });
    expect(codes.step).toBeCloseTo(2 / 127, 12);
    const back = [...valuesOf(codes, Int32Array.of(1), 4), ...valuesOf(codes, Int32Array.of(0), 4)];
    for (const [i, value] of values.entries()) expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(codes.step / 2);
    expect(back.slice(6)).toEqual([2, -2]);
  });

  it('of the last numbers of a vector are an eighth of a step apart where they are to be finer', () => {
    const values = Float32Array.of(2, 0.3, 0.3, -1, 0.004, -0.004);
    const codes = codesOf(values, Int32Array.of(0, 1), { bits: 8, fine: 1, parts: 16 });
    const back = valuesOf(codes, Int32Array.of(0, 1), 3);
    for (const [i, value] of values.entries())
      expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(codes.step / (i % 3 < 2 ? 2 : 16));
  });

  it('of zeros are zeros', () => {
    const codes = codesOf(new Float32Array(4), Int32Array.of(0, 1), { bits: 8, fine: 0, parts: 16 });
    expect([...valuesOf(codes, Int32Array.of(0, 1), 2)]).toEqual([0, 0, 0, 0]);
  });

  it('with their residuals are the very numbers, once these are rounded to half a part of a step', () => {
    const random = mulberry(7);
    const values = Float32Array.from({ length: 600 }, () => (random() - 0.5) ** 3);
    for (const coding of Object.values(COMPACT_CODING)) {
      const kept = rounded(values, 6, coding);
      expect(rounded(kept, 6, coding)).toEqual(kept);
      const order = Int32Array.from({ length: 100 }, (_, row) => 99 - row);
      const codes = codesOf(kept, order, coding);
      expect(valuesOf(codes, order, 6)).toEqual(kept);
      for (const [at, value] of values.entries())
        expect(Math.abs(kept[at] - value)).toBeLessThanOrEqual(
          (codes.step / coding.parts) * 0.5 + 1e-7 * Math.abs(value),
        );
    }
  });

  it('take two bytes at most', () => {
    for (const { bits, fine } of Object.values(COMPACT_CODING)) expect(bits + (fine && 3)).toBeLessThanOrEqual(16);
  });
});

describe('compact.arrow', () => {
  it('has the movies as movies.arrow has them, and their vectors within half a step', async () => {
    const artifact = await readArtifact('test/fixtures/artifact');
    const { movies } = openArtifact(artifact);
    const bytes = new Uint8Array(gunzipSync(artifact.files.get(FILES.compact)!));
    const { catalogue, codes } = decodeCompact(bytes, artifact.manifest);
    for (const name of ['movieIds', 'years', 'ratingCounts', 'ratingMeans', 'biases'] as const)
      expect(catalogue[name]).toEqual(movies[name]);
    expect(catalogue.title(7)).toBe(movies.title(7));
    expect(catalogue.genres(7)).toEqual(movies.genres(7));
    const byCount = [...movies.movieIds.keys()].sort(
      (a, b) => movies.ratingCounts[b] - movies.ratingCounts[a] || a - b,
    );
    const position = byCount.indexOf(7);
    const { step, width } = codes.factors;
    const decoded = valuesOf(codes.factors, Int32Array.of(position), width);
    const exact = movies.factors.subarray(7 * width, 8 * width);
    for (let x = 0; x < width; x++) expect(Math.abs(decoded[x] - exact[x])).toBeLessThanOrEqual(step * 0.5001);
  });

  it('has the ids of other sites where movies.arrow has them', async () => {
    const artifact = await readArtifact('test/fixtures/artifact');
    const { movies } = openArtifact(artifact);
    const links = { imdbIds: movies.movieIds.map((id) => 7 * id), tmdbIds: movies.movieIds.map((id) => id % 5) };
    const rows = Array.from(movies.movieIds.keys());
    const columns = { ...movies, titles: rows.map(movies.title), genres: rows.map(movies.genres), links };
    expect(decodeCompact(encodeCompact(columns).compact, artifact.manifest).catalogue.links).toEqual(links);
  });

  it('is with residual.arrow what movies.arrow and serving.arrow say, number by number', async () => {
    const { files, manifest } = await readArtifact('test/fixtures/artifact');
    const { movies } = openArtifact({ files, manifest });
    const unpacked = (name: string) => new Uint8Array(gunzipSync(files.get(name)!));
    const { catalogue, codes } = decodeCompact(unpacked(FILES.compact), manifest);
    const residuals = decodeResidual(unpacked(FILES.residual), manifest, catalogue);
    const positions = new Int32Array(movies.count);
    for (const [position, row] of byPopularity(movies.ratingCounts).entries()) positions[row] = position;
    const exact = { ...movies, prior: movies.priors, factorVariance: movies.factorVariances };
    for (const name of COMPACT_COLUMNS) {
      const { width, ...coded } = codes[name];
      expect(valuesOf({ ...coded, residual: residuals[name] }, positions, width)).toEqual(exact[name]);
    }
  });

  it('is refused without its steps', async () => {
    const { files, manifest } = await readArtifact('test/fixtures/artifact');
    const bytes = new Uint8Array(gunzipSync(files.get(FILES.compact)!));
    const text = Buffer.from(bytes).toString('latin1').replaceAll('"factors":', '"fact0rs":');
    expect(() => decodeCompact(new Uint8Array(Buffer.from(text, 'latin1')), manifest)).toThrow(
      /step undefined of factors/,
    );
  });
});
