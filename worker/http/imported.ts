import { z } from '@hono/zod-openapi';
import type { ResolvedImport } from '../../shared/exchange/resolve.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { UNDO_DAYS } from '../../shared/ratings/tables/import-change.ts';
import { naturalTitle } from '../../shared/title.ts';

/** Films that an answer lists of each kind. */
export const LISTED = { usual: 100, most: 1000, matched: 10 };

const place = {
  file: z.string().optional().openapi({ description: 'The file in a ZIP of several.' }),
  line: z.int(),
};
const mark = z.enum(['seen', 'watchlist']);

const unresolvedSchema = z
  .object({
    ...place,
    rating: z.number().optional().openapi({ description: 'Stars.' }),
    mark: mark.optional().openapi({ description: 'What a line without stars says of the film.' }),
    movieId: z.int().optional().openapi({ description: 'The file’s id, which the model does not know.' }),
    title: z.string().nullable(),
    year: z.int().nullable(),
    candidates: z
      .array(z.object({ movieId: z.int(), title: z.string(), year: z.int().nullable(), why: z.string() }))
      .readonly(),
  })
  .openapi('Unresolved');

const partSchema = z
  .object({
    name: z.string(),
    ratings: z.int(),
    seen: z.int().openapi({ description: 'Films that were watched or liked, without stars.' }),
    watchlist: z.int(),
  })
  .openapi('ImportedPart');

export const importedSchema = z
  .object({
    user: z.int().nullable().openapi({ description: 'null: nobody yet, with `store=false` alone.' }),
    import: z
      .int()
      .nullable()
      .openapi({
        description:
          `What \`DELETE /import/{import}\` takes back, for ${UNDO_DAYS} days; null when nothing was stored, or when it ` +
          'waits on a queue.',
      }),
    format: z.string(),
    parts: z.array(partSchema).readonly().openapi({ description: 'What each file gave.' }),
    ratings: z.int().openapi({ description: 'Ratings that hold now: stored, or held before.' }),
    held: z.int().openapi({ description: 'Of these, how many were held before, the very same.' }),
    older: z.int().openapi({ description: 'Left out: a newer rating of the movie is held.' }),
    repeated: z.int().openapi({ description: 'Left out: the file, or another one, rates the movie again, later.' }),
    seen: z
      .int()
      .openapi({ description: 'Films that the file says were watched or liked, without stars: marked seen.' }),
    watchlist: z.int().openapi({ description: 'Films that go to the watchlist. A newer mark that is held stays.' }),
    unrated: z.int().openapi({ description: 'Left out: lines that say nothing of their film.' }),
    notFilms: z.int().openapi({ description: 'Left out: lines of games, series, episodes and podcasts.' }),
    converted: z.int().openapi({ description: 'Times that were given in milliseconds or microseconds.' }),
    matched: z
      .array(z.object({ movieId: z.int(), title: z.string(), year: z.int().nullable(), rating: z.number() }))
      .openapi({ description: `The first ${LISTED.matched} films that were found.` }),
    ambiguous: z.array(unresolvedSchema).readonly().openapi({ description: 'Not stored: may be another film.' }),
    unmatched: z.array(unresolvedSchema).readonly().openapi({ description: 'Not stored: no film of the model.' }),
    more: z
      .object({ matched: z.int(), ambiguous: z.int(), unmatched: z.int() })
      .openapi({ description: 'How many more there are of each kind than are listed.' }),
  })
  .openapi('Imported');

/** What an answer lists of a file: the first of each kind, and how many more there are. */
export function listed(found: ResolvedImport, movies: Catalogue, k: number) {
  const { ratings, marks, ambiguous, unmatched, ...outcome } = found;
  const named = ratings.slice(0, Math.min(k, LISTED.matched)).map(({ movieId, rating }) => {
    const row = movies.rowOf(movieId);
    return { movieId, title: naturalTitle(movies.title(row)), year: movies.years[row] || null, rating: rating! };
  });
  const lists = { matched: named, ambiguous: ambiguous.slice(0, k), unmatched: unmatched.slice(0, k) };
  const more = {
    matched: ratings.length - named.length,
    ambiguous: ambiguous.length - lists.ambiguous.length,
    unmatched: unmatched.length - lists.unmatched.length,
  };
  return { ...outcome, ...lists, more };
}
