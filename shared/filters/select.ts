import { MarqueeError } from '../errors.ts';
import type { Catalogue } from '../model/model.ts';
import { passes, type RowTest, type Selection } from '../model/scorer.ts';
import type { Filter } from './filter.ts';
import { FILTERS, type MovieFilter } from './movie-filters.ts';

/** The tests of a filter. `key` stands for the early ones, whose mask can be kept. */
interface FilterTests {
  readonly key: string;
  readonly early: readonly RowTest[];
  readonly late: readonly RowTest[];
}

/** Returns the mask of the filter that `key` stands for: a kept one, or `make()`; null to do without. */
type MaskOf = (key: string, make: () => Uint8Array) => Uint8Array | null;

/**
 * A filter as scorers take it. Throws `bad-parameter`.
 *
 * @param hidden rows that never pass: what the user rated already
 * @param maskOf where masks are kept. Without a mask every test is asked late.
 */
export function selectionOf(
  movies: Catalogue,
  filter: MovieFilter,
  hidden: Selection['hidden'] = [],
  maskOf: MaskOf = (_, make) => make(),
): Selection {
  const { key, early, late } = testsOf(movies, filter);
  const refused = early.length > 0 ? maskOf(key, () => maskBy(early, movies.count)) : null;
  const asked = refused === null ? [...early, ...late] : late;
  return { refused, hidden, accept: asked.length > 0 ? allOf(asked) : undefined };
}

/** A filter as a test of rows. Cheap tests come first: hand it to `topK`, which asks only about rows that matter. */
export function rowFilter(movies: Catalogue, filter: MovieFilter, hidden: Selection['hidden'] = []): RowTest {
  const { early, late } = testsOf(movies, filter);
  return passes({ refused: null, hidden, accept: allOf([...early, ...late]) });
}

/** The names of the filters that leave a movie out. Throws `bad-parameter`. */
export function filtersAgainst(movies: Catalogue, filter: MovieFilter, row: number): string[] {
  return askedTests(movies, filter).flatMap(({ entry, test }) => (test(row) ? [] : entry.name));
}

function testsOf(movies: Catalogue, filter: MovieFilter): FilterTests {
  const asked = askedTests(movies, filter);
  const early = asked.filter(({ entry }) => !entry.late);
  const late = asked.filter(({ entry }) => entry.late);
  const key = JSON.stringify(early.flatMap(({ entry, value }) => [entry.name, value]));
  return { key, early: early.map(({ test }) => test), late: late.map(({ test }) => test) };
}

interface AskedTest {
  readonly entry: Filter;
  readonly value: unknown;
  readonly test: RowTest;
}

/** The tests of all filters that ask for something. */
function askedTests(movies: Catalogue, filter: MovieFilter): AskedTest[] {
  const values: Readonly<Record<string, unknown>> = filter;
  return FILTERS.flatMap((entry) => {
    const value = values[entry.name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
    requireColumns(movies, entry.name, entry.columns);
    const test = entry.test(value, movies, values);
    return test === null ? [] : { entry, value, test };
  });
}

function requireColumns(movies: Catalogue, parameter: string, columns: readonly (keyof Catalogue)[]): void {
  const missing = columns.find((column) => movies[column] === undefined);
  if (missing === undefined) return;
  throw new MarqueeError('bad-parameter', `${parameter}: the movies of this version have no column ${missing}`, {
    fix: 'Train a version that has it.',
    details: { parameter, missing },
  });
}

/** (M), 1 for rows that fail a test. */
function maskBy(tests: readonly RowTest[], M: number): Uint8Array {
  const refused = new Uint8Array(M);
  const passes = allOf(tests);
  for (let row = 0; row < M; row++) if (!passes(row)) refused[row] = 1;
  return refused;
}

function allOf(tests: readonly RowTest[]): RowTest {
  return (row) => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };
}
