import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { naturalTitle } from '../../shared/title.ts';
import { versionFor } from '../http/answering-version.ts';
import { answers, modelSchema, rounded } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readerOf } from '../http/identity/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { integerOr, userId } from '../http/parameters.ts';
import { ratingsOf } from '../http/stored-ratings.ts';
import { hindsightOf, PROMISED, recordOf } from '../recommend/hindsight.ts';
import { knownRatings } from '../version/taste-of.ts';

/** Each takes a solve of the whole posterior. */
const MOST = 500;
const USUAL = 300;

const predictionSchema = z
  .object({
    movieId: z.int(),
    title: z.string(),
    year: z.int().nullable(),
    rating: z.number().openapi({ description: 'What the user gave it, stars.' }),
    predictedRating: z.number().openapi({ description: 'What was predicted from the ratings before it, stars.' }),
    uncertainty: z.number().openapi({ description: 'Standard deviation of a rating about that, stars.' }),
    average: z.number().openapi({ description: 'What everybody gave it on average, stars.' }),
    trained: z.boolean().openapi({
      description: 'The model has learned from this very rating, so that its prediction is no test of it.',
    }),
  })
  .openapi('PastPrediction');

const summarySchema = z
  .object({
    error: z.number().openapi({ description: 'Mean distance of a rating from its prediction, stars.' }),
    averageError: z.number().openapi({ description: 'The same of the movies’ averages.' }),
    held: z.number().openapi({ description: 'Share of the ratings that lay in the range promised for them.' }),
    promised: z.number().openapi({ description: 'Share that should.' }),
  })
  .openapi('PredictionRecord');

const route = createRoute({
  method: 'get',
  path: '/ratings/predictions',
  summary: 'How right the predictions were',
  description:
    'What the model in service predicts for each of a user’s newest ratings from those before it, beside what they ' +
    `gave. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: {
    query: z.strictObject({ user: userId.optional(), n: integerOr(USUAL, 1, MOST, 'How many of the newest ratings.') }),
  },
  responses: answers(
    z
      .object({
        user: z.int(),
        model: modelSchema,
        ratings: z.int().openapi({ description: 'Ratings that the user gave in all, of movies that the model knows.' }),
        record: summarySchema.nullable().openapi({ description: 'Of all items; null of none.' }),
        items: z.array(predictionSchema).openapi({ description: 'Oldest first.' }),
      })
      .openapi('PastPredictions'),
    'Each rating beside what was expected of it.',
  ),
});

export const predictions = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const asked = c.req.valid('query');
  const served = await versionFor(c, await readerOf(c, asked.user));
  const { user, ratings, trained } = await ratingsOf(c, served, asked.user);
  const { model, version } = served;
  const rated = knownRatings(
    served,
    ratings.map(({ movieId }) => movieId),
    ratings.map(({ rating }) => rating),
  );
  const past = hindsightOf(await served.near(rated.rows), rated, asked.n);
  const items = past.map(({ row, rating, stars, deviation, average }) => ({
    movieId: model.movies.movieIds[row],
    title: naturalTitle(model.movies.title(row)),
    year: model.movies.years[row] || null,
    rating,
    predictedRating: rounded(stars),
    uncertainty: rounded(deviation),
    average: rounded(average),
    trained: trained.has(model.movies.movieIds[row]),
  }));
  const { error, averageError, held } = recordOf(past) ?? { error: 0, averageError: 0, held: 0 };
  const record = {
    error: rounded(error),
    averageError: rounded(averageError),
    held: rounded(held),
    promised: PROMISED,
  };
  const count = rated.rows.length;
  return c.json({ user, model: { version }, ratings: count, record: past.length > 0 ? record : null, items }, 200);
});
predictions.all(route.path, (c) => c.notFound()); // else `/ratings/{movieId}` would take it
