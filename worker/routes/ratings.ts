import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Catalogue } from '../../shared/model/model.ts';
import { ratingsChange } from '../../shared/ratings/user-change.ts';
import { knownMovies, versionFor } from '../http/answering-version.ts';
import { answers, writeAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { limitJson } from '../http/body.ts';
import { readerOf, sourceOf, writerOf } from '../http/identity/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { requireKnown, requireMovie } from '../http/known-movie.ts';
import { titleOf } from '../http/marks.ts';
import { ownId, rowOfOwnId, unknownOwnId } from '../http/own-id.ts';
import { MOST_RATINGS, movieId, removalTime, timedRatingShape, timeOf, userId } from '../http/parameters.ts';
import { refuseInvalid } from '../http/problem.ts';
import { ratingsOf } from '../http/stored-ratings.ts';
import { submitChanges } from '../http/submit.ts';

const { movieId: _, ...unnamedShape } = timedRatingShape;
const ownShape = { ...unnamedShape, id: ownId };

/** The same by name, for the API's document: by either id of the movie. */
const ELEMENTS = { NewRating: z.strictObject(timedRatingShape), NewRatingById: z.strictObject(ownShape) };

const ratingSchema = z
  .strictObject({ ...timedRatingShape, movieId: timedRatingShape.movieId.optional(), id: ownId.optional() })
  .superRefine((rating, c) => {
    const isNamed = (rating.movieId === undefined) !== (rating.id === undefined);
    if (!isNamed) c.addIssue({ code: 'custom', path: ['movieId'], message: 'either movieId or id' });
  })
  .meta(anyOf(ELEMENTS));

/** A schema of which the document says that it is any of these. */
function anyOf(schemas: object) {
  const anyOf = Object.keys(schemas).map((name) => ({ $ref: `#/components/schemas/${name}` }));
  return { type: 'object' as const, anyOf };
}

const manySchema = z.strictObject({ user: userId.optional(), ratings: z.array(ratingSchema).min(1).max(MOST_RATINGS) });

/** Turns a body of one rating into a list of one. */
function asMany(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || 'ratings' in body) return body;
  const { user, ...rating } = body as Record<string, unknown>;
  return user === undefined ? { ratings: [rating] } : { user, ratings: [rating] };
}

/** The forms of the body by name, for the API's document. */
const FORMS = {
  OneRating: z.strictObject({ user: userId.optional(), ...timedRatingShape }),
  OneRatingById: z.strictObject({ user: userId.optional(), ...ownShape }),
  ManyRatings: manySchema,
};

const bodySchema = z.preprocess(asMany, manySchema).meta(anyOf(FORMS));

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
      const catalogues = await knownMovies(c, body.ratings);
      const acceptedAt = c.var.now();
      const now = Math.floor(acceptedAt / 1000);
      // A timestamp in the future could never be overwritten.
      const stamped = body.ratings.map(({ movieId, id, rating, timestamp }, index) => ({
        movieId: movieId ?? movieIdOf(catalogues, id!, index),
        rating,
        timestamp: timeOf(timestamp, now),
      }));
      requireKnown(catalogues, stamped);
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
    const { user: asked } = c.req.valid('query');
    const version = await versionFor(c, await readerOf(c, asked));
    const { user, ratings } = await ratingsOf(c, version, asked);
    const list = ratings.map((rating) => ({ ...rating, ...titleOf(version, rating.movieId) }));
    return c.json({ user, ratings: list }, 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { movieId } = c.req.valid('param');
    const { user: named, timestamp } = c.req.valid('query');
    const user = await writerOf(c, named);
    requireMovie(await knownMovies(c, [{ movieId }]), movieId);
    const acceptedAt = c.var.now();
    const removal = { movieId, rating: null, timestamp: timeOf(timestamp, Math.floor(acceptedAt / 1000)) };
    const { status } = await submitChanges(c, [ratingsChange(user, [removal], await sourceOf(c), acceptedAt)]);
    return c.json({ user, movieId }, status);
  });

/** The number of a movie in a batch. Throws `unknown-movie`. */
function movieIdOf(catalogues: readonly Catalogue[], id: string, index: number): number {
  for (const movies of catalogues) {
    const row = rowOfOwnId(movies, id);
    if (row >= 0) return movies.movieIds[row];
  }
  throw unknownOwnId(id, `ratings.${index}.id`);
}

for (const [name, form] of Object.entries({ ...ELEMENTS, ...FORMS })) ratings.openAPIRegistry.register(name, form);
