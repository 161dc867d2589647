import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Manifest } from '../../shared/artifact/manifest.ts';
import { selectionOf } from '../../shared/filters/filters.ts';
import { answers, itemSchema, itemsOf, modelSchema } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { filterOf, filterShape, k } from '../http/parameters.ts';
import { servedVersion } from '../http/request.ts';

const route = createRoute({
  method: 'get',
  path: '/top',
  summary: 'The movies that stand highest with everybody',
  request: {
    query: z.strictObject({
      by: z
        .enum(['bias', 'count', 'mean'])
        .default('bias')
        .openapi({
          description:
            'The learned bias (a mean freed of who rated, and shrunk), the number of ratings, or the plain mean, for ' +
            'which `minRatings` is 2% of the users, at least 10, unless given.',
        }),
      k,
      ...filterShape,
    }),
  },
  responses: answers(
    z.object({ model: modelSchema, items: z.array(itemSchema) }).openapi('TopMovies'),
    'Best first; `score` is what was asked for.',
  ),
});

export const top = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const asked = c.req.valid('query');
  const { model, recommender, version } = await servedVersion(c);
  const filter = filterOf(asked);
  const minRatings = filter.minRatings ?? (asked.by === 'mean' ? enoughForMean(model.manifest) : 0);
  const ranked = recommender.top(asked.by, asked.k, selectionOf(model.movies, { ...filter, minRatings }));
  return c.json({ model: { version }, items: itemsOf(model.movies, ranked) }, 200);
});

/** Ratings from which a mean says something: the mean of three fives does not. */
function enoughForMean(manifest: Manifest): number {
  return Math.max(10, Math.ceil(0.02 * manifest.dataset.users));
}
