import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { rowFilter } from '../../shared/filters.ts';
import { answers, itemSchema, itemsOf, modelSchema } from '../answers.ts';
import type { AppEnv } from '../env.ts';
import { filterOf, filterShape, k, movieId } from '../parameters.ts';
import { rowOf, served } from '../request.ts';

/** Vectors of movies that hardly anybody rated are mostly prior: they resemble everything a little. */
export const SIMILAR_MIN_RATINGS = 5;

const route = createRoute({
  method: 'get',
  path: '/similar/{movieId}',
  summary: 'Movies like one',
  description: `Ranked by cosine, the mean over both halves of the movie vector. \`minRatings\` is ${SIMILAR_MIN_RATINGS} unless given.`,
  request: { params: z.object({ movieId }), query: z.strictObject({ k, ...filterShape }) },
  responses: answers(
    z.object({ model: modelSchema, items: z.array(itemSchema) }).openapi('SimilarMovies'),
    'The most similar movies, best first; `score` is the cosine.',
  ),
});

export const similar = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const asked = c.req.valid('query');
  const { model, recommender, version } = await served(c);
  const row = rowOf(model.movies, c.req.valid('param').movieId);
  const accept = rowFilter(model.movies, { minRatings: SIMILAR_MIN_RATINGS, ...given(filterOf(asked)) });
  return c.json({ model: { version }, items: itemsOf(model.movies, recommender.similar(row, asked.k, accept)) }, 200);
});

/** Without the fields that nobody set. */
function given<T extends object>(filter: T): Partial<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Partial<T>;
}
