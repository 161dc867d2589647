import type * as z from 'zod';
import type { Catalogue } from '../model/model.ts';
import type { RowTest } from '../model/scorer.ts';

/**
 * A filter of movies. All else follows from its entry in `FILTERS`: the parameter of every route that filters, the
 * field of their bodies, their documentation, the flag of `npm run recommend`, and the rows that are listed.
 */
export interface Filter<
  Name extends string = string,
  Schema extends z.ZodType = z.ZodType,
  Column extends keyof Catalogue = keyof Catalogue,
> {
  /** Parameter and field; the flag is the same in kebab case. */
  readonly name: Name;
  /** Takes text and JSON alike (`shared/values.ts`). Undefined and an empty list ask for nothing. */
  readonly schema: Schema;
  /** What the test reads. A version that lacks one refuses the filter. */
  readonly columns: readonly Column[];
  /**
   * Asks only about rows that would be listed otherwise, and keeps no mask: for slow tests and for values seldom
   * repeated.
   */
  readonly late?: boolean;
  /**
   * The test for a value; null when every movie passes. Throws `bad-parameter`.
   *
   * @param all the values of all filters, by name
   */
  test(
    value: NonNullable<z.output<Schema>>,
    movies: Pick<Catalogue, Column>,
    all: Readonly<Record<string, unknown>>,
  ): RowTest | null;
}

/** The same filter, its types inferred. */
export function defineFilter<const Name extends string, Schema extends z.ZodType, Column extends keyof Catalogue>(
  filter: Filter<Name, Schema, Column>,
): Filter<Name, Schema, Column> {
  return filter;
}
