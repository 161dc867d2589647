import type * as z from 'zod';
import { MarqueeError, short } from '../errors.ts';
import type { Catalogue } from '../model/model.ts';
import { queryOf, searchText, TitleSearch } from '../title-search.ts';
import { integer, movieIds, texts } from '../values.ts';
import { defineFilter, type Filter } from './filter.ts';

const KNOWN = [
  defineFilter({
    name: 'exclude',
    schema: texts('A term that must not stand in the title.'),
    columns: ['title'],
    late: true, // decodes and folds a title for every row that it is asked about
    test(terms, movies) {
      const words = terms.map(queryOf).filter((term) => term !== '');
      if (words.length === 0) return null;
      const searches = words.map((term) => new TitleSearch(term));
      return (row) => {
        const text = searchText(movies.title(row));
        return !searches.some((search) => search.classOf(text) > 0);
      };
    },
  }),
  defineFilter({
    name: 'excludeId',
    schema: movieIds('A movie to leave out.'),
    columns: ['rowOf'],
    late: true,
    test(ids, movies) {
      const excluded = new Set(ids.map((movieId) => movies.rowOf(movieId)));
      return (row) => !excluded.has(row);
    },
  }),
  defineFilter({
    name: 'genre',
    schema: texts('Only movies of this genre; of several, any will do.'),
    columns: ['hasGenre', 'genreNames'],
    test(names, movies) {
      const wanted = askedGenres(movies.genreNames, names, 'genre');
      return (row) => movies.hasGenre(row, wanted);
    },
  }),
  defineFilter({
    name: 'notGenre',
    schema: texts('No movie of this genre.'),
    columns: ['hasGenre', 'genreNames'],
    test(names, movies) {
      const unwanted = askedGenres(movies.genreNames, names, 'notGenre');
      return (row) => !movies.hasGenre(row, unwanted);
    },
  }),
  // A movie of unknown year, 0, passes only when no year is asked for.
  defineFilter({
    name: 'yearFrom',
    schema: integer(1800, 2200, 'First year of release.').optional(),
    columns: ['years'],
    test(first, { years }, { yearTo: last }) {
      if (typeof last === 'number' && first > last) {
        throw refused('yearFrom', first, `at most ${last}`, `at most yearTo, ${last}`);
      }
      return (row) => years[row] >= Math.max(1, first);
    },
  }),
  defineFilter({
    name: 'yearTo',
    schema: integer(1800, 2200, 'Last year of release.').optional(),
    columns: ['years'],
    test:
      (last, { years }) =>
      (row) =>
        years[row] > 0 && years[row] <= last,
  }),
  defineFilter({
    name: 'minRatings',
    schema: integer(0, 1_000_000_000, 'Only movies with at least so many training ratings.').optional(),
    columns: ['ratingCounts'],
    test(least, { ratingCounts }, { maxRatings: most }) {
      if (typeof most === 'number' && least > most) {
        throw refused('minRatings', least, `at most ${most}`, `at most maxRatings, ${most}`);
      }
      return least > 0 ? (row) => ratingCounts[row] >= least : null;
    },
  }),
  defineFilter({
    name: 'maxRatings',
    schema: integer(0, 1_000_000_000, 'Only movies with at most so many training ratings.').optional(),
    columns: ['ratingCounts'],
    test:
      (most, { ratingCounts }) =>
      (row) =>
        ratingCounts[row] <= most,
  }),
] as const;
type Known = (typeof KNOWN)[number];

/** Every filter, in the order of the documentation. An app and a command have those that stand here when they start. */
export const FILTERS: Filter[] = [...KNOWN];

/** What a person does not want to see, or wants only. Every field narrows; absent fields do not. */
export type MovieFilter = { readonly [F in Known as F['name']]?: Readonly<z.output<F['schema']>> };

type FilterShape = { readonly [F in Known as F['name']]: F['schema'] };

/** The schemas of all filters by name, for an object schema that takes them. */
export function filterShape(): FilterShape {
  return Object.fromEntries(FILTERS.map(({ name, schema }) => [name, schema])) as unknown as FilterShape;
}

/** The filter with a lower bound of ratings where none is asked for, and where the upper one leaves room for it. */
export function withMinRatings<F extends MovieFilter>(filter: F, usual: number): F {
  const { minRatings, maxRatings = usual } = filter;
  return { ...filter, minRatings: minRatings ?? (maxRatings < usual ? undefined : usual) };
}

/** (G), 1 for the named genres, in any case. Throws `bad-parameter` naming the parameter and the known genres. */
function askedGenres(known: Catalogue['genreNames'], names: readonly string[], parameter: string): Uint8Array {
  const asked = new Uint8Array(known.length);
  for (const name of names) {
    const g = known.findIndex((genre) => genre.toLowerCase() === name.toLowerCase());
    if (g < 0) throw refused(parameter, name, known, `one of ${known.join(', ')}`);
    asked[g] = 1;
  }
  return asked;
}

function refused(parameter: string, got: unknown, expected: unknown, inWords: string): MarqueeError {
  return new MarqueeError('bad-parameter', `${parameter}: got ${short(JSON.stringify(got))}, expected ${inWords}`, {
    details: { parameter, got, expected },
  });
}
