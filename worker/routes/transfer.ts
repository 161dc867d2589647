import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { MarqueeError } from '../../shared/errors.ts';
import { readImportFile } from '../../shared/exchange/read-file.ts';
import { resolveImport } from '../../shared/exchange/resolve.ts';
import { exportEverybody, writeExport } from '../../shared/exchange/write-file.ts';
import { latestOfEach } from '../../shared/ratings/rating-store.ts';
import { ratingsChange } from '../../shared/ratings/user-change.ts';
import { answers, writeAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { requireAdmin, writerOf } from '../http/auth.ts';
import { NEEDS_OPERATOR, NEEDS_SOMEBODY, OPERATOR, SOMEBODY } from '../http/needs.ts';
import { MOST_RATINGS, userId } from '../http/parameters.ts';
import { limitBody, ratingsOf, servedVersion } from '../http/request.ts';
import { submitChanges } from '../http/submit.ts';

const LARGEST_FILE = 4 * 2 ** 20;

/** The most ratings of a file. */
const MOST_IMPORTED = 50_000;

const LETTERBOXD = 'Date,Name,Year,Letterboxd URI,Rating\n2026-01-31,The Matrix,1999,https://boxd.it/2a1m,4.5\n';

const binary = z.string().openapi({ format: 'binary' });

const unresolvedSchema = z
  .object({
    line: z.int(),
    movieId: z.int().optional().openapi({ description: 'The file’s id, which the model does not know.' }),
    title: z.string().nullable(),
    year: z.int().nullable(),
    candidates: z
      .array(z.object({ movieId: z.int(), title: z.string(), year: z.int().nullable(), why: z.string() }))
      .readonly(),
  })
  .openapi('Unresolved');

const importRoute = createRoute({
  method: 'post',
  path: '/import',
  summary: 'Bring ratings from elsewhere',
  description:
    'The body is the file: a Letterboxd export as its ZIP or ratings.csv, IMDb’s export, or MovieLens ratings as CSV or ' +
    '.dat; gzipped or not. Films are found by MovieLens’ id, or by title and year. What may be another film is listed ' +
    `with what it could be, and not stored. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: {
    query: z.strictObject({ user: userId.optional() }),
    body: {
      required: true,
      content: {
        'text/csv': { schema: z.string(), example: LETTERBOXD },
        'application/zip': { schema: binary },
        'application/gzip': { schema: binary },
      },
    },
  },
  responses: writeAnswers(
    z
      .object({
        user: z.int(),
        format: z.string(),
        ratings: z.int().openapi({ description: 'Ratings that hold now: stored, or held before.' }),
        held: z.int().openapi({ description: 'Of these, how many were held before, the very same.' }),
        older: z.int().openapi({ description: 'Left out: a newer rating of the movie is held.' }),
        repeated: z.int().openapi({ description: 'Left out: the file rates the movie again, later.' }),
        unrated: z.int().openapi({ description: 'Left out: lines without a rating.' }),
        notFilms: z.int().openapi({ description: 'Left out: lines of games, series, episodes and podcasts.' }),
        converted: z.int().openapi({ description: 'Times that were given in milliseconds or microseconds.' }),
        ambiguous: z.array(unresolvedSchema).readonly(),
        unmatched: z.array(unresolvedSchema).readonly(),
      })
      .openapi('Imported'),
    'Stored: the next answer knows them.',
  ),
});

const format = z.enum(['csv', 'dat']).default('csv');

const fileAnswers = {
  200: { description: 'The file.', content: { 'text/csv': { schema: z.string() } } },
  default: answers(z.never(), '').default,
};

const exportRoute = createRoute({
  method: 'get',
  path: '/export',
  summary: 'Take my ratings along',
  description:
    'Every rating of a user in a layout of MovieLens; importing the file gives the same ratings again. The time is 0 for ' +
    'a rating that is known from training only, if the data set has no time of it (or one after 2106), or an earlier ' +
    `release trained the model. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { query: z.strictObject({ user: userId.optional(), format }) },
  responses: fileAnswers,
});

const everybodyRoute = createRoute({
  method: 'get',
  path: '/export/all',
  summary: 'Everybody’s ratings',
  description: `All current ratings that came in over this API; not those of the data set. ${NEEDS_OPERATOR}`,
  security: OPERATOR,
  request: { query: z.strictObject({ format }) },
  responses: fileAnswers,
});

const app = new OpenAPIHono<AppEnv>();
app.use('/import', limitBody(LARGEST_FILE, tooLarge));

export const transfer = app
  .openapi(importRoute, async (c) => {
    const user = await writerOf(c, c.req.valid('query').user);
    const { model, hidden } = await servedVersion(c);
    const acceptedAt = c.var.now();
    const file = readImportFile(new Uint8Array(await c.req.arrayBuffer()), LARGEST_FILE);
    if (file.ratings.length > MOST_IMPORTED) throw tooMany(file.ratings.length);
    const now = Math.floor(acceptedAt / 1000);
    const { ratings: found, ...outcome } = resolveImport(file, model.movies, user, now, undefined, hidden);
    const ratings = latestOfEach(found);
    // At least one: it learns whether the user was deleted.
    const changes = Array.from({ length: Math.max(1, Math.ceil(ratings.length / MOST_RATINGS)) }, (_, part) =>
      ratingsChange(user, ratings.slice(part * MOST_RATINGS, (part + 1) * MOST_RATINGS), 'import', acceptedAt),
    );
    const { status, written } = await submitChanges(c, changes);
    const { stored, held, older } = written;
    const counts = { ratings: stored + held, held, older, repeated: found.length - ratings.length };
    return c.json({ user, ...outcome, ...counts }, status);
  })
  .openapi(exportRoute, async (c) => {
    const { user: asked, format } = c.req.valid('query');
    const { user, ratings } = await ratingsOf(c, await servedVersion(c), asked);
    const rows = ratings.map(({ timestamp, ...rating }) => ({ userId: user, ...rating, timestamp: timestamp ?? 0 }));
    return c.body(writeExport(rows, format), 200, fileHeaders(`ratings.${format}`));
  })
  .openapi(everybodyRoute, async (c) => {
    await requireAdmin(c);
    const { format } = c.req.valid('query');
    const parts = exportEverybody(c.env.DB, format);
    const first = await parts.next(); // a failure of D1 here is still a 503; later it can only cut the answer off
    const body = new ReadableStream<string>({
      start: (controller) => controller.enqueue(first.value ?? ''),
      async pull(controller) {
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await parts.return(undefined);
      },
    });
    return c.body(body.pipeThrough(new TextEncoderStream()), 200, fileHeaders(`all-ratings.${format}`));
  });

/** Headers of a file to download. @param name never from a request */
function fileHeaders(name: string) {
  return {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}"`,
  };
}

function tooLarge(): never {
  throw new MarqueeError('too-large', `the file is larger than ${LARGEST_FILE} bytes`, {
    fix: 'Send it in parts, each with the header line.',
  });
}

function tooMany(count: number): MarqueeError {
  return new MarqueeError('too-large', `the file has ${count} ratings, expected at most ${MOST_IMPORTED}`, {
    fix: 'Send it in parts, each with the header line.',
  });
}
