import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { itemSchema, itemsOf, modelSchema, movieAt, movieSchema, rounded, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { k, movieId, search } from '../http/parameters.ts';
import { listedRowOf, servedVersion } from '../http/request.ts';
import { shareAnswer } from '../http/shared-answer.ts';
import { FOUND_BY } from '../recommend/title-index.ts';
import { SIMILAR_MIN_RATINGS } from './similar.ts';

const SIMILAR = 10;

const searchRoute = createRoute({
  method: 'get',
  path: '/movies',
  summary: 'Find movies by title',
  middleware: shareAnswer,
  request: { query: z.strictObject({ q: search, k }) },
  description:
    'Words in any order, the last one perhaps only begun; articles may be missing, numbers stand in any spelling, a year ' +
    'may stand beside them. Only titles are looked in: people are not in the data.',
  responses: sharedAnswers(
    z
      .object({
        model: modelSchema,
        foundBy: z.enum(FOUND_BY).openapi({
          description:
            '`words`: each title has them all. `near`: none has, these have words that are spelled much like them. ' +
            '`some`: these have some of them.',
        }),
        readAs: z.string().nullable().openapi({
          description: 'What the first title was found by, where that is not what was asked for.',
          example: 'the matrix',
        }),
        items: z.array(movieSchema),
      })
      .openapi('FoundMovies'),
    'The best matches first, among equals the most rated.',
  ),
});

const detailRoute = createRoute({
  method: 'get',
  path: '/movies/{movieId}',
  summary: 'One movie',
  middleware: shareAnswer,
  request: { params: z.object({ movieId }) },
  responses: sharedAnswers(
    z
      .object({
        ...movieSchema.shape,
        ratingMean: z.number().nullable().openapi({ description: 'Mean training rating, stars.' }),
        bias: z.number().openapi({ description: 'Stars above or below the mean, other things equal.' }),
        position: z.tuple([z.number(), z.number()]).openapi({ description: 'On the map: the first two factors.' }),
        similar: z.array(itemSchema),
        imdbId: z.int().nullable().openapi({ description: 'Its number at IMDb, where the data set names it.' }),
        tmdbId: z.int().nullable().openapi({ description: 'Its number at TMDB, likewise.' }),
      })
      .openapi('MovieDetails'),
    'The movie, its place on the map and its neighbours.',
  ),
});

export const movies = new OpenAPIHono<AppEnv>()
  .openapi(searchRoute, async (c) => {
    const { q, k } = c.req.valid('query');
    const { model, titles, version, hidden } = await servedVersion(c);
    const { by, readAs, ranked } = titles.search(q, k, hidden);
    const items = ranked.map(({ row }) => movieAt(model.movies, row));
    return c.json({ model: { version }, foundBy: by, readAs, items }, 200);
  })
  .openapi(detailRoute, async (c) => {
    const served = await servedVersion(c);
    const { model, recommender } = served;
    const { movies, vectors } = model;
    const row = listedRowOf(served, c.req.valid('param').movieId);
    const { factors } = vectors.take([row]);
    const factor = (x: number) => rounded(factors[x] ?? 0);
    const selection = recommender.select({ minRatings: SIMILAR_MIN_RATINGS });
    const answer = {
      ...movieAt(movies, row),
      ratingMean: movies.ratingCounts[row] > 0 ? rounded(movies.ratingMeans[row]) : null,
      bias: rounded(movies.biases[row]),
      position: [factor(0), factor(1)] as [number, number],
      similar: itemsOf(movies, recommender.similar([row], SIMILAR, selection)),
      imdbId: movies.links?.imdbIds[row] || null,
      tmdbId: movies.links?.tmdbIds[row] || null,
    };
    return c.json(answer, 200);
  });
