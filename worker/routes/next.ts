import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { versionFor } from '../http/answering-version.ts';
import { answers, itemSchema, itemsOf, modelSchema } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readerOf } from '../http/identity/auth.ts';
import { NAMED_USER } from '../http/identity/needs.ts';
import { integerOr, movieIds, userId } from '../http/parameters.ts';
import { tasteIn } from '../http/stored-ratings.ts';
import { questionsFor } from '../recommend/questions.ts';
import { leftOut } from '../recommend/taste.ts';

const route = createRoute({
  method: 'get',
  path: '/next',
  summary: 'Which movie to ask a user about',
  description: NAMED_USER,
  request: {
    query: z.strictObject({
      user: userId.optional(),
      n: integerOr(1, 1, 100, 'How many.'),
      skip: movieIds('A movie that the user has not seen; repeatable.'),
    }),
  },
  responses: answers(
    z.object({ user: z.int().nullable(), model: modelSchema, items: z.array(itemSchema) }).openapi('NextMovies'),
    'Movies neither rated nor marked, the one most worth asking about first. `score`: the information that asking promises, in nats, ' +
      'for the effort of one rating.',
  ),
});

export const next = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const { user: named, n, skip } = c.req.valid('query');
  const user = await readerOf(c, named);
  const version = await versionFor(c, user);
  const { model } = version;
  const { rated, marked } = await tasteIn(c, version, user);
  const notSeen = [...skip.map((movieId) => model.movies.rowOf(movieId)), ...(marked?.watchlist ?? [])];
  const hidden = new Set([...version.hidden, ...leftOut({ marked })]);
  const near = await version.near([...rated.rows, ...model.seen.rows]);
  const items = itemsOf(model.movies, questionsFor(near, rated, notSeen, n, hidden));
  return c.json({ user, model: { version: version.version }, items }, 200);
});
