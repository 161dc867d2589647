import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { TitleMatcher } from '../../../shared/exchange/match-titles.ts';
import { readImport } from '../../../shared/exchange/read-file.ts';
import { resolveImport } from '../../../shared/exchange/resolve.ts';
import type { MovieTable } from '../../../shared/model/model.ts';
import { titlesIn } from '../../../shared/title.ts';
import { embeddedCatalogue } from '../../fixtures/catalogue.ts';

/**
 * A film as a site names it. Written by hand from knowledge of both sites, not from the catalogue's titles; traps are
 * films that the catalogue lacks, with titles like those that it has: remakes, sequels, parodies and inventions.
 */
interface Named {
  readonly site: 'Letterboxd' | 'IMDb' | 'trap';
  readonly title: string;
  readonly originalTitle: string;
  readonly year: string;
  /** '' for a trap. */
  readonly movieId: string;
}

const NAMED: readonly Named[] = parse(readFileSync(join(import.meta.dirname, '../../fixtures/titles.csv')), {
  columns: true,
});
let movies: MovieTable;
let matcher: TitleMatcher;

beforeAll(async () => {
  movies = await embeddedCatalogue();
  matcher = new TitleMatcher(movies);
});

function matchedTo({ title, originalTitle, year }: Named): number | null {
  const match = matcher.match([title, originalTitle].filter(Boolean), Number(year));
  return match.kind === 'matched' ? movies.movieIds[match.row] : null;
}

describe('the films of the embedded catalogue', () => {
  function matchesOfAll(admits: (row: number, asked: number) => boolean) {
    return Array.from({ length: movies.count }, (_, asked) => asked).flatMap((asked) => {
      const [plain, ...others] = titlesIn(movies.title(asked));
      return [[plain], [plain, ...others], others].map((titles) => {
        return { asked, match: matcher.match(titles, movies.years[asked] || null, (row) => admits(row, asked)) };
      });
    });
  }

  it('a film is found by each of its titles, or its namesakes of the same year are named', () => {
    const wrong = matchesOfAll(() => true).filter(({ asked, match }) => {
      if (match.kind === 'matched') return match.row !== asked;
      return match.kind === 'ambiguous' && match.candidates.every(({ row }) => row !== asked);
    });
    expect(wrong).toEqual([]);
  });

  it('a film that was not there would not be taken for another, but for namesakes of the same year', () => {
    const wrong = matchesOfAll((row, asked) => row !== asked).flatMap(({ asked, match }) => {
      return match.kind === 'matched' ? [[movies.title(asked), movies.title(match.row), match.exact]] : [];
    });
    const namesakes = ['Hamlet', 'War of the Worlds'].map((title) => [title, title, true]);
    expect(wrong.filter((pair) => !namesakes.some((namesake) => namesake.join() === pair.join()))).toEqual([]);
  });
});

describe('films as Letterboxd and IMDb name them, each alone, in the embedded catalogue', () => {
  it('no film is taken for another: the precision is 100%', () => {
    const wrong = NAMED.filter((named) => ![null, Number(named.movieId)].includes(matchedTo(named)));
    expect(wrong).toEqual([]);
  });

  it('at least 97% of 400 and more films are found', () => {
    const there = NAMED.filter(({ movieId }) => movieId !== '');
    expect(there.length).toBeGreaterThanOrEqual(400);
    const missed = there.filter((named) => matchedTo(named) === null);
    expect(1 - missed.length / there.length).toBeGreaterThanOrEqual(0.97);
  });
});

describe('the same films in one file with the traps', () => {
  const files = {
    Letterboxd: [
      'Date,Name,Year,Letterboxd URI,Rating',
      ({ title, year }: Named, j: number) => `,"${title}",${year},x/${j},4`,
    ],
    IMDb: [
      'Const,Your Rating,Date Rated,Title,Original Title,Title Type,Year',
      ({ title, originalTitle, year }: Named, j: number) =>
        `tt${j},8,,"${title}","${originalTitle || title}",Movie,${year}`,
    ],
  } as const;

  it.each(['Letterboxd', 'IMDb'] as const)('%s: no film is taken for another, and 97 of 100 are found', (site) => {
    const [header, lineOf] = files[site];
    const named = NAMED.filter((one) => one.site === site || one.site === 'trap');
    const file = readImport([header, ...named.map(lineOf)].join('\n'));
    const { ratings, ambiguous, unmatched } = resolveImport(file, movies, 1, 0);
    const asides = new Set([...ambiguous, ...unmatched].map(({ line }) => line - 2));
    const taken = named.filter((_, j) => !asides.has(j));
    expect(taken.map(({ movieId }) => Number(movieId))).toEqual(ratings.map(({ movieId }) => movieId));
    const there = named.filter(({ movieId }) => movieId !== '').length;
    expect(taken.length / there).toBeGreaterThanOrEqual(0.97);
  });
});
