import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { ratingsChange } from '../../shared/ratings/user-change.ts';
import { naturalTitle } from '../../shared/title.ts';
import { answers, writeAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { sourceOf, writerOf } from '../http/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/needs.ts';
import { MOST_RATINGS, movieId, removalTime, timedRatingShape, timeOf, userId } from '../http/parameters.ts';
import { refuseInvalid } from '../http/problem.ts';
import { limitJson, ratingsOf, requireKnown, rowOf, servedVersion } from '../http/request.ts';
import { submitChanges } from '../http/submit.ts';

const ratingSchema = z.strictObject(timedRatingShape).openapi('NewRating');

const manySchema = z.strictObject({ user: userId.optional(), ratings: z.array(ratingSchema).min(1).max(MOST_RATINGS) });

/** Turns a body of one rating into a list of one. */
function asMany(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || 'ratings' in body) return body;
  const { user, ...rating } = body as Record<string, unknown>;
  return user === undefined ? { ratings: [rating] } : { user, ratings: [rating] };
}

/** Both forms of the body by name, for the API's document. */
const FORMS = { OneRating: z.strictObject({ user: userId.optional(), ...timedRatingShape }), ManyRatings: manySchema };

const bodySchema = z
  .preprocess(asMany, manySchema)
  .meta({ type: 'object', anyOf: Object.keys(FORMS).map((name) => ({ $ref: `#/components/schemas/${name}` })) });

const userQuery = z.strictObject({ user: userId.optional() });

const removalQuery = userQuery.extend({ timestamp: removalTime.optional() });

const postRoute = createRoute({
  method: 'post',
  path: '/ratings',
  summary: 'Rate one movie or many',
  middleware: limitJson,
  description: `The latest timestamp wins; sending the same again changes nothing. One bad element and nothing is stored. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: {
    query: userQuery,
    body: {
      description: 'One rating may also stand alone: `{"movieId": 2571, "rating": 4.5}`.',
      required: true,
      content: { 'application/json': { schema: bodySchema, example: { movieId: 2571, rating: 4.5 } } },
    },
  },
  responses: writeAnswers(
    z.object({ user: z.int(), ratings: z.int().openapi({ description: 'Ratings received.' }) }).openapi('Stored'),
    'Stored: the next answer knows them.',
  ),
});

const getRoute = createRoute({
  method: 'get',
  path: '/ratings',
  summary: 'What a user rated, oldest first',
  description: NEEDS_SOMEBODY,
  security: SOMEBODY,
  request: { query: userQuery },
  responses: answers(
    z
      .object({
        user: z.int(),
        ratings: z.array(
          z.object({
            movieId: z.int(),
            rating: z.number(),
            timestamp: z.int().nullable().openapi({ description: 'null: known from training only, without a time.' }),
            title: z.string().nullable().openapi({ description: 'null: a movie that the model does not know.' }),
            year: z.int().nullable(),
          }),
        ),
      })
      .openapi('Ratings'),
    'Training’s ratings and those that came since, as one list.',
  ),
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/ratings/{movieId}',
  summary: 'Take a rating back',
  description: `With the time of the person’s click, a rating that they gave later stays. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { params: z.object({ movieId }), query: removalQuery },
  responses: writeAnswers(
    z.object({ user: z.int(), movieId: z.int() }).openapi('Removed'),
    'Removed, if there was one.',
  ),
});

export const ratings = new OpenAPIHono<AppEnv>()
  .openapi(
    postRoute,
    async (c) => {
      const body = c.req.valid('json');
      const user = await writerOf(c, body.user ?? c.req.valid('query').user);
      const { model } = await servedVersion(c);
      const acceptedAt = c.var.now();
      const now = Math.floor(acceptedAt / 1000);
      requireKnown(model.movies, body.ratings);
      // A timestamp in the future could never be overwritten.
      const stamped = body.ratings.map(({ movieId, rating, timestamp }) => ({
        movieId,
        rating,
        timestamp: timeOf(timestamp, now),
      }));
      const { status } = await submitChanges(c, [ratingsChange(user, stamped, await sourceOf(c), acceptedAt)]);
      return c.json({ user, ratings: stamped.length }, status);
    },
    // Errors name elements of the list, so they must show the list and not the body.
    ({ target, ...result }) => {
      const data = 'data' in result ? result.data : undefined;
      return refuseInvalid({ target, ...result, data: target === 'json' ? asMany(data) : data });
    },
  )
  .openapi(getRoute, async (c) => {
    const version = await servedVersion(c);
    const { user, ratings } = await ratingsOf(c, version, c.req.valid('query').user);
    const { movies } = version.model;
    const list = ratings.map((rating) => {
      const row = movies.rowOf(rating.movieId);
      return {
        ...rating,
        title: row < 0 ? null : naturalTitle(movies.title(row)),
        year: row < 0 ? null : movies.years[row] || null,
      };
    });
    return c.json({ user, ratings: list }, 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { movieId } = c.req.valid('param');
    const { user: named, timestamp } = c.req.valid('query');
    const user = await writerOf(c, named);
    const { model } = await servedVersion(c);
    rowOf(model.movies, movieId);
    const acceptedAt = c.var.now();
    const removal = { movieId, rating: null, timestamp: timeOf(timestamp, Math.floor(acceptedAt / 1000)) };
    const { status } = await submitChanges(c, [ratingsChange(user, [removal], await sourceOf(c), acceptedAt)]);
    return c.json({ user, movieId }, status);
  });

for (const [name, form] of Object.entries(FORMS)) ratings.openAPIRegistry.register(name, form);
