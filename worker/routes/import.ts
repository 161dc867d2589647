import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import type { ImportedFile } from '../../shared/exchange/imported-file.ts';
import { joinResolved } from '../../shared/exchange/join-resolved.ts';
import { linksOf } from '../../shared/exchange/links.ts';
import { MOST_BYTES } from '../../shared/exchange/most-bytes.ts';
import { readImportFiles } from '../../shared/exchange/read-files.ts';
import { type Choices, type ResolvedImport, resolveImport } from '../../shared/exchange/resolve.ts';
import type { NewRating } from '../../shared/ratings/new-rating.ts';
import { latestOfEach, readRatings, wouldChange } from '../../shared/ratings/rating-store.ts';
import { undoImport } from '../../shared/ratings/undo-import.ts';
import { marksChange, ratingsChange } from '../../shared/ratings/user-change.ts';
import { integer } from '../../shared/values.ts';
import { versionFor } from '../http/answering-version.ts';
import { answers, writeAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { limitBody } from '../http/body.ts';
import { readerOf, writerOf } from '../http/identity/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { formDocument, readImportBody, requireLines } from '../http/import-body.ts';
import { importedSchema, LISTED, listed } from '../http/imported.ts';
import { requireKnown } from '../http/known-movie.ts';
import { integerOr, MOST_RATINGS, userId } from '../http/parameters.ts';
import { sourcesOf } from '../http/stored-ratings.ts';
import { submitChanges } from '../http/submit.ts';
import { remembering } from '../http/traffic/replicas.ts';
import { withDeadline } from '../ratings/deadline.ts';

/** The most ratings of a file. */
const MOST_IMPORTED = 50_000;

const binary = z.string().openapi({ format: 'binary' });
/** What Letterboxd writes. */
const LETTERBOXD = 'Date,Name,Year,Letterboxd URI,Rating\n2026-01-31,The Matrix,1999,https://boxd.it/2a1m,4.5\n';

const importRoute = createRoute({
  method: 'post',
  path: '/import',
  summary: 'Bring ratings from elsewhere',
  description:
    'The body is the file, or a form with it or with several: a Letterboxd export as its ZIP or files of it, IMDb’s export, or MovieLens ' +
    'ratings as CSV or .dat; gzipped or not. Films are found by MovieLens’ id, or by title and year. What may be another ' +
    'film is listed with what it could be, and not stored unless `choices` name it. With `store=false` nothing is stored, ' +
    `and the answer says what would be. Else: ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: {
    query: z.strictObject({
      user: userId.optional(),
      store: z
        .enum(['true', 'false'])
        .default('true')
        .openapi({ description: '`false`: only say what would be stored. That needs no session.' }),
      k: integerOr(LISTED.usual, 0, LISTED.most, 'How many films to list in `ambiguous`, and in `unmatched`.'),
    }),
    body: {
      required: true,
      content: {
        'text/csv': { schema: z.string(), example: LETTERBOXD },
        'application/zip': { schema: binary },
        'application/gzip': { schema: binary },
        'multipart/form-data': { schema: formDocument },
      },
    },
  },
  responses: writeAnswers(importedSchema, 'Stored: the next answer knows them.'),
});

const undoRoute = createRoute({
  method: 'delete',
  path: '/import/{import}',
  summary: 'Take a whole import back',
  description:
    'What the import stored goes, and what it wrote over comes back with its stars and times. What was rated again since ' +
    `stays. A second time it changes nothing. Needs the number of an import of one’s own, and somebody: 404 and 401 without.`,
  security: SOMEBODY,
  request: {
    params: z.object({
      import: integer(0, Number.MAX_SAFE_INTEGER, '`import` of its answer.').openapi({ example: 1 }),
    }),
    query: z.strictObject({ user: userId.optional() }),
  },
  responses: answers(
    z
      .object({
        user: z.int(),
        import: z.int(),
        removed: z.int().openapi({ description: 'Films that had nothing before, and have nothing now.' }),
        restored: z.int().openapi({ description: 'Films that have again what they had before.' }),
        kept: z.int().openapi({ description: 'Films that were rated again since, and stay.' }),
      })
      .openapi('UndoneImport'),
    'Taken back: the next answer knows it.',
  ),
});

const app = new OpenAPIHono<AppEnv>();
app.use('/import', limitBody(MOST_BYTES, tooLarge));

export const imports = app
  .openapi(importRoute, async (c) => {
    const { user: asked, store, k } = c.req.valid('query');
    const user = store === 'true' ? await writerOf(c, asked) : await readerOf(c, asked);
    const { files, choices } = await readBody(c);
    const { model, hidden } = await versionFor(c, user);
    requireKnown(
      model.movies,
      Array.from(choices.values(), (movieId) => ({ movieId })),
      'choices',
    );
    const acceptedAt = c.var.now();
    const now = Math.floor(acceptedAt / 1000);
    const links = linksOf(model.movies);
    const found = joinResolved(
      files.map((file) => resolveImport(file, model.movies, user ?? -1, now, links, hidden, choices)),
    );
    const ratings = latestOfEach(found.ratings);
    const kept = { user, acceptedAt, ratings, marks: found.marks };
    const { status, written } = store === 'true' ? await keep(c, kept) : await preview(c, kept);
    const { stored, held, older } = written.ratings;
    const seen = found.marks.filter(({ mark }) => mark === 'seen').length;
    const counts = {
      ratings: stored + held,
      held,
      older,
      repeated: found.ratings.length - ratings.length,
      seen,
      watchlist: found.marks.length - seen,
    };
    const isUndoable = store === 'true' && status === 200;
    return c.json(
      { user, import: isUndoable ? acceptedAt : null, ...counts, ...listed({ ...found, ratings }, model.movies, k) },
      status,
    );
  })
  .openapi(undoRoute, async (c) => {
    const { import: at } = c.req.valid('param');
    const user = await writerOf(c, c.req.valid('query').user);
    const { alone } = c.var;
    if (alone) return c.json({ user, import: at, ...alone.undo(at) }, 200);
    const { stored } = await sourcesOf(c, await versionFor(c, user), user);
    const undoing = remembering(c, user, (db) => undoImport(db, { user, at }, stored));
    const undone = await withDeadline(undoing, c.var.ratingTimeout);
    return c.json({ user, import: at, ...undone }, 200);
  });

async function readBody(c: Context<AppEnv>): Promise<{ files: ImportedFile[]; choices: Choices }> {
  const { files: sent, choices } = await readImportBody(c);
  const files = readImportFiles(sent, MOST_BYTES);
  const count = files.reduce((sum, { ratings, marks }) => sum + ratings.length + marks.length, 0);
  if (count > MOST_IMPORTED) throw tooMany(count);
  requireLines(choices, files);
  return { files, choices };
}

interface Kept {
  readonly user: number | null;
  readonly acceptedAt: number;
  readonly ratings: ReturnType<typeof latestOfEach>;
  readonly marks: ResolvedImport['marks'];
}

/** Stores all of it. */
function keep(c: Context<AppEnv>, { user, acceptedAt, ratings, marks }: Kept) {
  // At least one: it learns whether the user was deleted.
  const parts = ratings.length > 0 ? partsOf(ratings) : [[]];
  return submitChanges(c, [
    ...parts.map((part) => ratingsChange(user!, part, 'import', acceptedAt)),
    ...partsOf(marks).map((part) => marksChange(user!, part, 'import', acceptedAt)),
  ]);
}

function partsOf<T>(all: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += MOST_RATINGS) parts.push(all.slice(at, at + MOST_RATINGS));
  return parts;
}

/** What storing would come to. */
async function preview(c: Context<AppEnv>, { user, ratings }: Kept) {
  const held = user === null ? [] : await heldBy(c, user);
  return { status: 200 as const, written: { ratings: wouldChange(held, ratings) } };
}

async function heldBy(c: Context<AppEnv>, user: number): Promise<readonly NewRating[]> {
  if (c.var.alone) return (await c.var.ratings.read(c.env.DB, user, c.executionCtx)).ratings;
  return withDeadline(readRatings(c.env.DB, user), c.var.ratingTimeout);
}

function tooLarge(): never {
  throw new MarqueeError('too-large', `the file is larger than ${MOST_BYTES} bytes`, {
    fix: 'Send it in parts, each with the header line.',
  });
}

function tooMany(count: number): MarqueeError {
  return new MarqueeError('too-large', `the file has ${count} ratings, expected at most ${MOST_IMPORTED}`, {
    fix: 'Send it in parts, each with the header line.',
  });
}
