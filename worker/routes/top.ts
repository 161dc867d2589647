import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Manifest } from '../../shared/artifact/manifest.ts';
import { filterShape, withMinRatings } from '../../shared/filters/movie-filters.ts';
import { servedVersion } from '../http/answering-version.ts';
import { itemSchema, itemsOf, modelSchema, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { k } from '../http/parameters.ts';
import { shareAnswer } from '../http/shared-answer.ts';

const by = z
  .enum(['bias', 'count', 'mean'])
  .default('bias')
  .openapi({
    description:
      'The learned bias (a mean freed of who rated, and shrunk), the number of ratings, or the plain mean, for ' +
      'which `minRatings` is 2% of the users, at least 10, unless given, or forbidden by `maxRatings`.',
  });

/** Makes the routes with the filters registered at the time of the call. */
export function top(): OpenAPIHono<AppEnv> {
  const route = createRoute({
    method: 'get',
    path: '/top',
    summary: 'The movies that stand highest with everybody',
    middleware: shareAnswer,
    request: { query: z.strictObject({ by, k, ...filterShape() }) },
    responses: sharedAnswers(
      z.object({ model: modelSchema, items: z.array(itemSchema) }).openapi('TopMovies'),
      'Best first; `score` is what was asked for.',
    ),
  });
  return new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
    const { by, k, ...filter } = c.req.valid('query');
    const { model, recommender, version } = await servedVersion(c);
    const asked = by === 'mean' ? withMinRatings(filter, enoughForMean(model.manifest)) : filter;
    const ranked = recommender.top(by, k, recommender.select(asked));
    return c.json({ model: { version }, items: itemsOf(model.movies, ranked) }, 200);
  });
}

/** Number of ratings that make a mean meaningful: the mean of three fives is not. */
function enoughForMean(manifest: Manifest): number {
  return Math.max(10, Math.ceil(0.02 * manifest.dataset.users));
}
