import '../../fixtures/own-filters.ts';
import { describe, expect, it } from 'vitest';
import type { MovieFilter } from '../../../shared/filters/movie-filters.ts';
import { filtersAgainst, rowFilter, selectionOf } from '../../../shared/filters/select.ts';
import { genreLists } from '../../../shared/model/genres.ts';
import type { MovieTable } from '../../../shared/model/model.ts';
import { passes } from '../../../shared/model/scorer.ts';
import { movieTable } from '../../fixtures/model.ts';
import type { OwnFilter, Spoken } from '../../fixtures/own-filters.ts';

const movies = movieTable(['Matrix, The', 'Matador', 'Amélie', 'Old Thing', 'Untold'], {
  years: Int16Array.of(1999, 1986, 2001, 1950, 0),
  ...genreLists(['Action', 'Comedy', 'Film-Noir'], [0, 1, 3, 4, 5, 5], [0, 0, 1, 1, 2]),
  ratingCounts: Int32Array.of(100, 5, 80, 0, 3),
});

/** What the trainer's test of rows lets through, and the Worker's selection too. */
function kept(filter: MovieFilter, hidden: number[] = []): number[] {
  const rows = [0, 1, 2, 3, 4].filter(rowFilter(movies, filter, hidden));
  expect([0, 1, 2, 3, 4].filter(passes(selectionOf(movies, filter, hidden)))).toEqual(rows);
  return rows;
}

describe('rowFilter', () => {
  it.each<[string, MovieFilter, number[]]>([
    ['nothing asked', {}, [0, 1, 2, 3, 4]],
    ['a genre, in any case', { genre: ['action'] }, [0, 1]],
    ['any of several genres', { genre: ['Action', 'FILM-NOIR'] }, [0, 1, 3]],
    ['no such genre', { notGenre: ['Comedy'] }, [0, 3, 4]],
    ['one genre and not another', { genre: ['Action'], notGenre: ['Comedy'] }, [0]],
    ['years, both ends included; unknown years fail', { yearFrom: 1986, yearTo: 1999 }, [0, 1]],
    ['a first year alone', { yearFrom: 1999 }, [0, 2]],
    ['a last year alone', { yearTo: 1986 }, [1, 3]],
    ['enough ratings', { minRatings: 5 }, [0, 1, 2]],
    ['few ratings', { maxRatings: 5 }, [1, 3, 4]],
    ['as many ratings', { minRatings: 5, maxRatings: 5 }, [1]],
    ['no ratings', { maxRatings: 0 }, [3]],
    ['a term anywhere in the title', { exclude: ['mat'] }, [2, 3, 4]],
    ['a term with an article, as people write it', { exclude: ['the matrix'] }, [1, 2, 3, 4]],
    ['a term with the article behind', { exclude: ['Matrix, The'] }, [1, 2, 3, 4]],
    ['a term without its accents', { exclude: ['AMELIE'] }, [0, 1, 3, 4]],
    ['blank terms, which say nothing', { exclude: ['', '  '] }, [0, 1, 2, 3, 4]],
    ['movie ids, unknown ones ignored', { excludeId: [20, 50, 999] }, [0, 2, 3]],
  ])('%s', (_, filter, expected) => {
    expect(kept(filter)).toEqual(expected);
  });

  it('hides rows besides', () => {
    expect(kept({ minRatings: 1 }, [0, 4])).toEqual([1, 2]);
  });

  it('refuses a genre that there is not and names those that there are', () => {
    expect(() => kept({ notGenre: ['Western'] })).toThrow(
      /notGenre: got "Western", expected one of Action, Comedy, Film-Noir/,
    );
  });

  it('has room for 500 genres', () => {
    const genreNames = Array.from({ length: 500 }, (_, g) => `genre ${g}`);
    const wide = movieTable(['a', 'b', 'c'], genreLists(genreNames, [0, 2, 3, 3], [31, 499, 0]));
    expect([0, 1, 2].filter(rowFilter(wide, { genre: ['genre 499'] }))).toEqual([0]);
    expect([0, 1, 2].filter(rowFilter(wide, { notGenre: ['genre 31', 'genre 499'] }))).toEqual([1, 2]);
  });
});

describe('filtersAgainst', () => {
  it('names the filters that leave a movie out, and none for a movie that passes', () => {
    const filter = { exclude: ['mat'], genre: ['Action'], yearFrom: 1990, minRatings: 5 };
    expect([0, 1, 2, 3, 4].map((row) => filtersAgainst(movies, filter, row))).toEqual([
      ['exclude'],
      ['exclude', 'yearFrom'],
      ['genre'],
      ['genre', 'yearFrom', 'minRatings'],
      ['genre', 'yearFrom', 'minRatings'],
    ]);
    expect(filtersAgainst(movies, { genre: ['Action'], exclude: [], yearTo: 1999 }, 0)).toEqual([]);
    expect(() => filtersAgainst(movies, { genre: ['Western'] }, 0)).toThrow('genre: got "Western"');
  });
});

describe('selectionOf', () => {
  const made: string[] = [];
  const masks = new Map<string, Uint8Array>();
  const select = (filter: MovieFilter) =>
    selectionOf(movies, filter, [], (key, make) => {
      const mask = masks.get(key) ?? make();
      if (!masks.has(key)) made.push(key);
      masks.set(key, mask);
      return mask;
    });

  it('needs no mask where nothing is asked, or only what is tested late', () => {
    for (const filter of [{}, { genre: [] }, { minRatings: 0 }, { exclude: ['mat'] }, { excludeId: [20] }]) {
      expect(select(filter).refused).toBeNull();
    }
    expect(select({ exclude: [' '] }).accept).toBeUndefined();
  });

  it('makes one mask a filter, whatever is tested late besides', () => {
    const first = select({ minRatings: 5, exclude: ['mat'] });
    expect([...first.refused!]).toEqual([0, 0, 0, 1, 1]);
    expect(select({ minRatings: 5 }).refused).toBe(first.refused);
    expect([...select({ minRatings: 6 }).refused!]).toEqual([0, 1, 0, 1, 1]);
    expect(made).toHaveLength(2);
  });

  it('tells filters apart that differ in a value or in a name', () => {
    const asked: MovieFilter[] = [
      { genre: ['Action'] },
      { notGenre: ['Action'] },
      { yearFrom: 1999 },
      { yearTo: 1999 },
    ];
    expect(new Set(asked.map((filter) => select(filter).refused)).size).toBe(4);
  });

  it('refuses years, and numbers of ratings, that leave nothing', () => {
    expect(() => select({ yearFrom: 2000, yearTo: 1990 })).toThrow(/yearFrom: got 2000, expected at most yearTo, 1990/);
    expect(() => select({ minRatings: 9, maxRatings: 8 })).toThrow(/minRatings: got 9, expected at most maxRatings, 8/);
  });
});

describe('a filter of a column more', () => {
  const spoken: MovieTable & Spoken = { ...movies, language: ['en', 'en', 'fr', 'en', 'fr'] };
  const french: OwnFilter = { language: ['fr'], minRatings: 5 };

  it('takes an entry and the column', () => {
    expect([0, 1, 2, 3, 4].filter(rowFilter(spoken, french))).toEqual([2]);
    expect([...selectionOf(spoken, french).refused!]).toEqual([1, 1, 0, 1, 1]);
  });

  it('is refused where movies lack the column, and only where it is asked for', () => {
    expect(() => kept(french)).toThrow(/^language: the movies of this version have no column language$/);
    expect(kept({ minRatings: 5 })).toEqual([0, 1, 2]);
  });
});
