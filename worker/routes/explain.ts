import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { filterShape } from '../../shared/filters/movie-filters.ts';
import { nextFor, servedVersion } from '../http/answering-version.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { jsonBody } from '../http/body.ts';
import { readerOf } from '../http/identity/auth.ts';
import { NAMED_USER } from '../http/identity/needs.ts';
import { listedRowOf } from '../http/known-movie.ts';
import { assignedTo, namedInBody } from '../http/lists/arm.ts';
import { choiceShape } from '../http/lists/choice.ts';
import { explanation, explanationSchema } from '../http/lists/explanation.ts';
import { ONE_ORDER, orderingShape } from '../http/lists/ordering.ts';
import { now } from '../http/now.ts';
import { inBody, integerOr, movieId, since } from '../http/parameters.ts';
import { personQuery, ratings, tasteFrom, tastesOf } from '../http/person.ts';
import { sourcesOf } from '../http/stored-ratings.ts';

const shape = {
  ...orderingShape,
  explain: integerOr(3, 0, 5, 'How many ratings to name each way; for each the list is made once more without it.'),
};

const answer = answers(explanationSchema, 'Where the movie stands in the list of the same parameters, and why.');

/** Makes the routes with the filters registered at the time of the call. */
export function explain() {
  const filters = filterShape();
  const params = z.object({ movieId });
  const getRoute = createRoute({
    method: 'get',
    path: '/explain/{movieId}',
    summary: 'Why a movie stands where it does, or why it is not in the list',
    description: NAMED_USER,
    request: { params, query: z.strictObject({ ...personQuery, ...shape, ...filters }) },
    responses: answer,
  });
  const postRoute = createRoute({
    method: 'post',
    path: '/explain/{movieId}',
    summary: 'The same for ratings that come along',
    description: 'Needs no account and stores nothing.',
    middleware: jsonBody,
    request: {
      params,
      body: {
        description: 'The ratings, and what `GET /explain/{movieId}` takes except `user` and `profile`.',
        required: true,
        content: {
          'application/json': {
            schema: z.strictObject({ ratings, since, ...choiceShape, ...shape, ...inBody(filters) }).openapi(ONE_ORDER),
            example: { ratings: [{ movieId: 2571, rating: 5 }], explain: 2 },
          },
        },
      },
    },
    responses: answer,
  });
  return new OpenAPIHono<AppEnv>()
    .openapi(getRoute, async (c) => {
      const named = c.req.valid('query');
      const user = await readerOf(c, named.user);
      const inExperiment = named.profile === undefined ? user : null;
      const assigned = await assignedTo(c, inExperiment, Object.keys(c.req.query()));
      const asked = { ...named, ...assigned.settings };
      const version = assigned.version ?? (await servedVersion(c));
      const row = listedRowOf(version, c.req.valid('param').movieId);
      const taste = await tasteFrom(version, await sourcesOf(c, version, user), { ...asked, now: now(c) });
      const next = await nextFor(c, version, asked);
      return c.json({ user, ...(await explanation(version, taste, row, { ...asked, next })) }, 200);
    })
    .openapi(postRoute, async (c) => {
      const { settings } = await assignedTo(c, null, await namedInBody(c));
      const asked = { ...c.req.valid('json'), ...settings };
      const version = await servedVersion(c);
      const row = listedRowOf(version, c.req.valid('param').movieId);
      const [taste] = await tastesOf(c, version, asked);
      const next = await nextFor(c, version, asked);
      return c.json({ user: null, ...(await explanation(version, taste, row, { ...asked, next })) }, 200);
    });
}
