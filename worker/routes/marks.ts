import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MARKS, type NewMark } from '../../shared/ratings/mark.ts';
import { marksChange } from '../../shared/ratings/user-change.ts';
import { knownMovies, versionFor } from '../http/answering-version.ts';
import { answers, writeAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { limitJson } from '../http/body.ts';
import { readerOf, sourceOf, writerOf } from '../http/identity/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { requireKnown, requireMovie } from '../http/known-movie.ts';
import { exportMarks, markSchema, marksOf, titleOf } from '../http/marks.ts';
import { MOST_RATINGS, movieId, removalTime, timedRatingShape, timeOf, userId } from '../http/parameters.ts';
import { submitChanges } from '../http/submit.ts';

const userQuery = z.strictObject({ user: userId.optional() });
const { movieId: markedId, timestamp } = timedRatingShape;

const getRoute = createRoute({
  method: 'get',
  path: '/marks',
  summary: 'A user’s watchlist, and what they saw or dismissed',
  description: `Oldest first. A rating that is not older than a mark takes its place, until it is taken back. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { query: z.strictObject({ user: userId.optional(), mark: z.enum(MARKS).optional() }) },
  responses: answers(
    z
      .object({
        user: z.int(),
        marks: z.array(
          z.object({
            movieId: z.int(),
            mark: markSchema,
            timestamp: z.int(),
            title: z.string().nullable().openapi({ description: 'null: a movie that the model does not know.' }),
            year: z.int().nullable(),
          }),
        ),
      })
      .openapi('Marks'),
    'The marks that hold; with `mark` those of one kind.',
  ),
});

const postRoute = createRoute({
  method: 'post',
  path: '/marks',
  summary: 'Mark many movies',
  description: `The latest timestamp wins; sending the same again changes nothing. One bad element and nothing is stored. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  middleware: limitJson,
  request: {
    query: userQuery,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .strictObject({
              user: userId.optional(),
              marks: z
                .array(z.strictObject({ movieId: markedId, mark: markSchema, timestamp }))
                .min(1)
                .max(MOST_RATINGS),
            })
            .openapi('ManyMarks'),
          example: { marks: [{ movieId: 1, mark: 'watchlist' }] },
        },
      },
    },
  },
  responses: writeAnswers(
    z.object({ user: z.int(), marks: z.int().openapi({ description: 'Marks received.' }) }).openapi('StoredMarks'),
    'Stored: the next answer knows them.',
  ),
});

const putRoute = createRoute({
  method: 'put',
  path: '/marks/{movieId}',
  summary: 'Want to see a movie, have seen it, or dismiss it',
  description:
    '`watchlist`: the user wants to see it; lists say so. `seen`: they saw it and gave no stars. `dismissed`: not for ' +
    `them. Lists and questions leave the last two out. A mark takes the place of the one before. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  middleware: limitJson,
  request: {
    params: z.object({ movieId }),
    query: userQuery,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.strictObject({ mark: markSchema, timestamp }).openapi('NewMark'),
          example: { mark: 'watchlist' },
        },
      },
    },
  },
  responses: writeAnswers(
    z.object({ user: z.int(), movieId: z.int(), mark: markSchema }).openapi('StoredMark'),
    'Stored: the next answer knows it.',
  ),
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/marks/{movieId}',
  summary: 'Take a mark back',
  description: `With the time of the person’s click, a mark that they set later stays. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { params: z.object({ movieId }), query: userQuery.extend({ timestamp: removalTime.optional() }) },
  responses: writeAnswers(
    z.object({ user: z.int(), movieId: z.int() }).openapi('RemovedMark'),
    'Removed, if there was one.',
  ),
});

const exportRoute = createRoute({
  method: 'get',
  path: '/export/marks',
  summary: 'Take my watchlist along',
  description: `A CSV file of what \`GET /marks\` lists: userId, movieId, mark, timestamp. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { query: userQuery },
  responses: {
    200: { description: 'The file.', content: { 'text/csv': { schema: z.string() } } },
    default: answers(z.never(), '').default,
  },
});

export const marks = new OpenAPIHono<AppEnv>()
  .openapi(getRoute, async (c) => {
    const { user: asked, mark: kind } = c.req.valid('query');
    const version = await versionFor(c, await readerOf(c, asked));
    const { user, marks } = await marksOf(c, version, asked);
    const wanted = kind ? marks.filter(({ mark }) => mark === kind) : marks;
    return c.json({ user, marks: wanted.map((mark) => ({ ...mark, ...titleOf(version, mark.movieId) })) }, 200);
  })
  .openapi(postRoute, async (c) => {
    const body = c.req.valid('json');
    const user = await writerOf(c, body.user ?? c.req.valid('query').user);
    requireKnown(await knownMovies(c, body.marks), body.marks, 'marks');
    const now = Math.floor(c.var.now() / 1000);
    const stamped = body.marks.map((mark) => ({ ...mark, timestamp: timeOf(mark.timestamp, now) }));
    const { status } = await submitMarks(c, user, stamped);
    return c.json({ user, marks: stamped.length }, status);
  })
  .openapi(putRoute, async (c) => {
    const { mark, timestamp } = c.req.valid('json');
    const [user, movieId] = await markerOf(c, c.req.valid('query').user, c.req.valid('param').movieId);
    const time = timeOf(timestamp, Math.floor(c.var.now() / 1000));
    const { status } = await submitMarks(c, user, [{ movieId, mark, timestamp: time }]);
    return c.json({ user, movieId, mark }, status);
  })
  .openapi(deleteRoute, async (c) => {
    const query = c.req.valid('query');
    const [user, movieId] = await markerOf(c, query.user, c.req.valid('param').movieId);
    const timestamp = timeOf(query.timestamp, Math.floor(c.var.now() / 1000));
    const { status } = await submitMarks(c, user, [{ movieId, mark: null, timestamp }]);
    return c.json({ user, movieId }, status);
  })
  .openapi(exportRoute, async (c) => {
    const { user: asked } = c.req.valid('query');
    const version = await versionFor(c, await readerOf(c, asked));
    const { user, marks } = await marksOf(c, version, asked);
    const headers = {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="marks.csv"',
    };
    return c.body(exportMarks(user, marks), 200, headers);
  });

/** Who marks which movie. Throws `unknown-movie`, and what `writerOf` throws. */
async function markerOf(c: Context<AppEnv>, named: number | undefined, movieId: number): Promise<[number, number]> {
  const user = await writerOf(c, named);
  requireMovie(await knownMovies(c, [{ movieId }]), movieId);
  return [user, movieId];
}

async function submitMarks(c: Context<AppEnv>, user: number, marks: readonly NewMark[]) {
  return submitChanges(c, [marksChange(user, marks, await sourceOf(c), c.var.now())]);
}
