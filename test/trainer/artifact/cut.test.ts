import { describe, expect, it } from 'vitest';
import { readTable } from '../../../shared/artifact/arrow-columns.ts';
import { fileEntry, type Manifest, verifyFile } from '../../../shared/artifact/manifest.ts';
import { allParts, moviesOf, type Part, partFile, partsIn, rowOfPart } from '../../../shared/artifact/parts.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { BLOCK, byPopularity, even, type PackedRows, PLAIN_COLUMNS } from '../../../shared/artifact/serving-layout.ts';
import { catalogueOf, decodeCatalogue, decodeMovies } from '../../../shared/model/decode/catalogue.ts';
import { decodeServing, type ServingVectors } from '../../../shared/model/decode/serving.ts';
import type { Catalogue } from '../../../shared/model/model.ts';
import { type Artifact, readArtifact, withFile } from '../../../trainer/artifact/artifact.ts';
import { cut } from '../../../trainer/artifact/cut.ts';
import { encodeServing } from '../../../trainer/artifact/encode/serving.ts';
import { servingColumns } from '../../../trainer/artifact/serving-layout.ts';

const fixture = await readArtifact('test/fixtures/artifact');
const { manifest } = fixture;
const catalogue = decodeCatalogue(fixture.files.get(FILES.movies)!, manifest);
const { count: M, factorCount: K, relevanceCount: E, scaleCount: S } = catalogue;

/** The fixture with rows packed into eight bits, as those of a large catalogue are. */
const packed: Artifact = withFile(
  fixture,
  FILES.serving,
  encodeServing(
    servingColumns(
      { ...decodeMovies(fixture.files.get(FILES.movies)!, manifest), titles: [], genres: [] },
      manifest.mean,
      0,
    ),
  ),
  1,
);

/** A part as its Worker reads it. */
function partOf({ manifest, files }: Artifact, part: Part): { movies: Catalogue; vectors: ServingVectors } {
  const rows = moviesOf(part, M);
  const own: Manifest = {
    ...manifest,
    files: manifest.files.map((file) => (file.name === FILES.movies ? { ...file, rows } : file)),
  };
  const movies = catalogueOf(readTable(files.get(partFile('movies', part))!, own, FILES.movies), own);
  return { movies, vectors: decodeServing(files.get(partFile('serving', part))!, own) };
}

/** A row of numbers, packed or not, as bytes and scale. */
function rowOf(values: Float32Array | PackedRows, row: number, width: number): unknown {
  const at = (numbers: Float32Array | Uint8Array) => [...numbers.subarray(row * width, (row + 1) * width)];
  return values instanceof Float32Array ? at(values) : [at(values.bytes), values.scales[row]];
}

/** All numbers of a movie by its position. */
function vectorsAt({ rating, relevance, history, priors, factorVariances, order }: ServingVectors, row: number) {
  const position = order.indexOf(row);
  const column = (values: Float32Array, columns: number) =>
    Array.from({ length: columns }, (_, x) => {
      const at = (position - (position % BLOCK)) * columns + x * BLOCK + (position % BLOCK);
      return values[at] ?? 0;
    });
  const known = position < relevance.length / even(E);
  return {
    rating: column(rating, even(PLAIN_COLUMNS + K)),
    relevance: column(relevance, even(E)),
    history: Array.from({ length: S }, (_, s) => (known ? rowOf(history, position * S + s, E) : 'none')),
    prior: rowOf(priors, row, K + 1),
    variance: rowOf(factorVariances, row, K),
  };
}

describe('cut', () => {
  it.each([
    ['as they are', fixture, 2],
    ['as they are', fixture, 3],
    ['packed', packed, 3],
    ['packed', packed, 8],
  ])('each movie is in one part, with all that the whole has of it, numbers %s', (_, artifact, of) => {
    const whole = decodeServing(artifact.files.get(FILES.serving)!, artifact.manifest);
    const parts = cut(artifact, of);
    const seen: number[] = [];
    for (const part of allParts(of)) {
      const { movies, vectors } = partOf(parts, part);
      expect(vectors.order).toEqual(byPopularity(movies.ratingCounts));
      expect(movies.genreNames).toEqual(catalogue.genreNames);
      for (let own = 0; own < movies.count; own++) {
        const row = rowOfPart(own, part);
        seen.push(row);
        expect([movies.movieIds[own], movies.title(own), movies.genres(own), movies.years[own]]).toEqual([
          catalogue.movieIds[row],
          catalogue.title(row),
          catalogue.genres(row),
          catalogue.years[row],
        ]);
        const expected = vectorsAt(whole, row);
        const found = vectorsAt(vectors, own);
        const known = found.history[0] !== 'none' && expected.history[0] !== 'none';
        expect({ ...found, history: known && found.history }).toEqual({
          ...expected,
          history: known && expected.history,
        });
      }
    }
    expect(seen.sort((a, b) => a - b)).toEqual([...catalogue.movieIds.keys()]);
  });

  it('the whole stays as it was, and the manifest lists each file of the parts', async () => {
    const parts = cut(fixture, 3);
    expect(partsIn(parts.manifest)).toBe(3);
    for (const { name } of parts.manifest.files) {
      await verifyFile(parts.files.get(name)!, fileEntry(parts.manifest, name));
      if (fixture.files.has(name)) expect(parts.files.get(name)).toBe(fixture.files.get(name));
    }
  });

  it('an artifact that is cut is cut anew, or made whole', () => {
    const parts = cut(fixture, 3);
    expect(cut(parts, 3)).toBe(parts);
    expect(partsIn(cut(parts, 2).manifest)).toBe(2);
    expect(cut(parts, 0).manifest).toEqual(manifest);
    expect([...cut(parts, 0).files.keys()].sort()).toEqual([...fixture.files.keys()].sort());
  });

  it('what cannot be cut is refused', () => {
    const old = { ...fixture, manifest: { ...manifest, formatVersion: 3 as const } };
    for (const [artifact, of] of [
      [old, 3],
      [fixture, 9],
    ] as const)
      expect(() => cut(artifact, of)).toThrow(expect.objectContaining({ code: 'bad-data', fix: expect.any(String) }));
  });
});
