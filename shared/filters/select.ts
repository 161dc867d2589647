import { MarqueeError } from '../errors.ts';
import type { Catalogue } from '../model/model.ts';
import { passes, type RowTest, type Selection } from '../model/scorer.ts';
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

function testsOf(movies: Catalogue, filter: MovieFilter): FilterTests {
  const values: Readonly<Record<string, unknown>> = filter;
  const asked: unknown[] = [];
  const tests = { early: [] as RowTest[], late: [] as RowTest[] };
  for (const entry of FILTERS) {
    const value = values[entry.name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    requireColumns(movies, entry.name, entry.columns);
    const test = entry.test(value, movies, values);
    if (test === null) continue;
    if (entry.late) tests.late.push(test);
    else {
      tests.early.push(test);
      asked.push(entry.name, value);
    }
  }
  return { ...tests, key: JSON.stringify(asked) };
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
