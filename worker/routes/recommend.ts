import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { MarqueeError } from '../../shared/errors.ts';
import { rowFilter } from '../../shared/filters.ts';
import { answers, modelSchema, recommendationSchema, recommendationsOf } from '../answers.ts';
import { readerOf } from '../auth.ts';
import type { AppEnv } from '../env.ts';
import { filterOf, filterShape, fraction, integerOr, k, userId } from '../parameters.ts';
import { served, tasteIn } from '../request.ts';

const query = z.strictObject({
  user: userId.optional(),
  k,
  offset: integerOr(0, 0, 10_000, 'How many of the best to leave out.'),
  by: z.enum(['relevance', 'rating']).optional().openapi({
    description: 'What to rank by: what the user will like next, or the predicted rating.',
  }),
  blend: fraction('Weight of the predicted rating against relevance, instead of `by`.').optional(),
  rated: z.enum(['hide', 'show']).default('hide').openapi({ description: 'Movies that the user rated.' }),
  ...filterShape,
});

const envelope = z
  .object({
    user: z.int().nullable(),
    model: modelSchema,
    basis: z.enum(['trained', 'folded-in', 'popular']).openapi({
      description: 'Training’s own vector, that of all ratings up to now, or what people like on average.',
    }),
    ratings: z.int().openapi({ description: 'How many ratings of the user went into the answer.' }),
    degraded: z
      .array(z.enum(['ratings', 'model-users']))
      .optional()
      .openapi({
        description: 'What the answer had to do without: newer ratings, or the training’s ratings.',
      }),
    items: z.array(recommendationSchema),
  })
  .openapi('Recommendations');

const route = createRoute({
  method: 'get',
  path: '/recommend',
  summary: 'What to watch next',
  request: { query },
  responses: answers(envelope, 'The best movies for the user, best first.'),
});

export const recommend = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const asked = c.req.valid('query');
  const user = await readerOf(c, asked.user);
  const version = await served(c);
  const { model, recommender } = version;
  const blend = blendOf(asked, model.manifest.blend);
  const filter = filterOf(asked);
  const { basis, vectors, rated, degraded } = await tasteIn(c, version, user);
  const accept = rowFilter(model.movies, filter, asked.rated === 'hide' ? rated.rows : []);
  const ranked = recommender.recommend(vectors, blend, asked.offset + asked.k, accept).slice(asked.offset);
  const answer: z.infer<typeof envelope> = {
    user,
    model: { version: version.version },
    basis,
    ratings: rated.rows.length,
    items: recommendationsOf(model, vectors, ranked),
  };
  if (degraded.length > 0) answer.degraded = [...degraded];
  return c.json(answer, 200);
});

function blendOf({ by, blend }: { by?: 'relevance' | 'rating'; blend?: number }, usual: number): number {
  if (by !== undefined && blend !== undefined) {
    throw new MarqueeError('bad-parameter', `blend: got ${blend} beside by=${by}, expected one of the two`, {
      details: { parameter: 'blend', got: blend, expected: 'by or blend, not both' },
    });
  }
  return blend ?? (by === 'rating' ? 1 : usual);
}
