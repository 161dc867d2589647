import { describe, expect, it } from 'vitest';
import { FILES } from '../../../../shared/artifact/schema.ts';
import { decodeModel } from '../../../../shared/model/decode/model.ts';
import { encodeMovies } from '../../../../trainer/artifact/encode/catalogue.ts';
import { inFormat3 } from '../../../fixtures/format-3.ts';
import { loadFixture } from '../../../fixtures/model.ts';

const { manifest, files } = await loadFixture();
const movies = files.get(FILES.movies)!;
const posterior = files.get(FILES.posterior)!;

describe('decodeModel', () => {
  it('decodeModel keeps views of the bytes and copies nothing', () => {
    const model = decodeModel(manifest, { movies, posterior });
    expect(model.movies.factors.buffer).toBe(movies.buffer);
    expect(model.movies.relevance.buffer).toBe(movies.buffer);
    expect(model.movies.factors).toHaveLength(200 * 7);
  });

  it('decodeModel reads titles, years, genres and ids', () => {
    const { movies: table } = decodeModel(manifest, { movies, posterior });
    expect(table.title(0)).toBe('Lantern, The');
    expect([table.years[0], table.years[5]]).toEqual([1950, 0]);
    expect(table.genres(0).sort()).toEqual(['Children', 'Comedy']);
    expect(table.genres(49)).toEqual([]);
    const comedy = Uint8Array.from(table.genreNames, (name) => (name === 'Comedy' ? 1 : 0));
    expect([table.hasGenre(0, comedy), table.hasGenre(49, comedy)]).toEqual([true, false]);
    expect([table.rowOf(2), table.rowOf(599), table.rowOf(3), table.rowOf(-1)]).toEqual([0, 199, -1, -1]);
  });

  it.each([
    ['no bytes', new Uint8Array(0), /got 0 rows, expected 200/],
    [
      'bytes that are not Arrow',
      new TextEncoder().encode('hello, world: this is no table'),
      /not an Arrow file|got 0 rows/,
    ],
    ['another table', posterior, /got 1 rows, expected 200/],
  ])('decodeModel refuses %s', (_, bytes, reason) => {
    expect(() => decodeModel(manifest, { movies: bytes, posterior })).toThrow(reason);
  });

  it('decodeModel refuses dimensions that differ from the manifest', () => {
    expect(() => decodeModel({ ...manifest, factors: 8 }, { movies, posterior })).toThrow(/vectors of 7, expected 8/);
    expect(() => decodeModel({ ...manifest, relevanceFactors: 4 }, { movies, posterior })).toThrow(
      /vectors of 8, expected 4/,
    );
  });

  it('decodeModel reads the scales of a history', () => {
    const { movies: table, relevancePrior } = decodeModel(manifest, { movies, posterior });
    expect(table.scaleCount).toBe(2);
    expect(table.history).toHaveLength(200 * 2 * 8);
    expect(relevancePrior.history).toEqual([
      { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 },
      { decay: 3, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 },
    ]);
    expect(() => decodeModel({ ...manifest, historyScales: 3 }, { movies, posterior })).toThrow(
      /history: got vectors of 16, expected 24/,
    );
  });

  it('decodeModel reads format 3, whose histories have one scale', async () => {
    const old = await inFormat3(manifest, files);
    const [oldMovies, oldPosterior] = [FILES.movies, FILES.posterior].map((name) => old.files.get(name)!);
    const read = decodeModel(old.manifest, { movies: oldMovies, posterior: oldPosterior });
    const { movies: table, relevancePrior } = decodeModel(manifest, { movies, posterior });
    expect(read.manifest).toMatchObject({ formatVersion: 3, historyScales: 1 });
    expect(read.relevancePrior.history).toEqual(relevancePrior.history.slice(0, 1));
    expect(read.movies.history).toEqual(table.history.filter((_, at) => at % 16 < 8));
    expect(() =>
      decodeModel({ ...old.manifest, formatVersion: 4 }, { movies: oldMovies, posterior: oldPosterior }),
    ).toThrow(/decay: got vectors of 0, expected 1/);
  });

  it.each([128, 129, 400])('decodeModel reads %i genres', (count) => {
    const { movies: table } = decodeModel(manifest, { movies, posterior });
    const { genreNames: _, ...columns } = table;
    const wide = encodeMovies({
      ...columns,
      titles: Array.from({ length: 200 }, (_, row) => table.title(row)),
      genres: Array.from({ length: 200 }, (_, row) => [`genre ${(2 * row) % count}`, `genre ${(2 * row + 1) % count}`]),
    });
    const read = decodeModel(manifest, { movies: wide, posterior }).movies;
    expect(read.genreNames).toHaveLength(count);
    expect(read.genres(150)).toEqual([`genre ${300 % count}`, `genre ${301 % count}`]);
  });

  it('decodeModel refuses movies out of order, which lookups by id rely on', () => {
    const { movies: table } = decodeModel(manifest, { movies, posterior });
    const swapped = encodeMovies({
      ...table,
      movieIds: table.movieIds.slice().reverse(),
      titles: Array.from({ length: 200 }, (_, row) => table.title(row)),
      genres: Array.from({ length: 200 }, () => ['Drama']),
    });
    expect(() => decodeModel(manifest, { movies: swapped, posterior })).toThrow(/does not ascend at row 1/);
  });
});
