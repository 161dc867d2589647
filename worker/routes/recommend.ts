import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { filterShape, type MovieFilter } from '../../shared/filters/movie-filters.ts';
import { MOST_CERTAINTY, type Ordering, orderedBy, usualCertainty } from '../../shared/model/ordering.ts';
import { ratingShape } from '../../shared/ratings/new-rating.ts';
import { answers, modelSchema, recommendationSchema, recommendationsOf } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readerOf } from '../http/auth.ts';
import { bounded, fraction, integerOr, k, MOST_RATINGS, userId } from '../http/parameters.ts';
import { reasonsFor } from '../http/reasons.ts';
import { limitJson, listableVersion, requireKnown, servedVersion, sourcesOf } from '../http/request.ts';
import { ratingsBehind, type Taste } from '../recommend/taste.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { inferTaste, isFoldedIn, tasteOf, tasteOfProfile } from '../version/taste-of.ts';

const shape = {
  k,
  offset: integerOr(0, 0, 10_000, 'How many of the best to leave out.'),
  by: z.enum(['relevance', 'rating']).optional().openapi({
    description: 'What to rank by: what the user will like next, or the predicted rating.',
  }),
  blend: fraction('Weight of the predicted rating against relevance, instead of `by`.').optional(),
  diversity: fraction(
    'Re-ranks the best 200 so that movies resemble those before them less (maximal marginal relevance); 0: not at all.',
  )
    .default(0)
    .openapi({ default: 0 }),
  popularity: bounded(-1, 1, 'Better known (above 0) or lesser known films (below): how often popularity is added.')
    .default(0)
    .openapi({ default: 0 }),
  certainty: bounded(
    0,
    MOST_CERTAINTY,
    'How many standard errors of a movie its score stays below the predicted rating, so that films with few ratings do ' +
      `not lead; ${usualCertainty(1)} for lists by predicted rating alone, else 0. \`predictedRating\` stays what it is.`,
  ).optional(),
  explain: integerOr(
    0,
    0,
    5,
    'How many ratings to name as reasons of each movie; above 0 also the parts of its score.',
  ),
  rated: z.enum(['hide', 'show']).default('hide').openapi({ description: 'Movies that the user rated.' }),
};

type Asked = z.infer<z.ZodObject<typeof shape>> & MovieFilter;

const profile = z.string().min(1).max(100).openapi({
  description: 'A ready-made taste of `GET /profiles` to recommend for; what the user rated is still left out.',
});

const ratings = z.array(z.strictObject(ratingShape)).max(MOST_RATINGS).openapi({
  description: 'Oldest first: the newest weigh most. Of two for one movie the later holds.',
});

const envelope = z
  .object({
    user: z.int().nullable(),
    model: modelSchema,
    basis: z.enum(['trained', 'folded-in', 'popular', 'profile']).openapi({
      description: 'Training’s own vector, that of all ratings up to now, what people like on average, or a profile.',
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

/** Makes the routes with the filters registered at the time of the call. */
export function recommend(): OpenAPIHono<AppEnv> {
  const filters = filterShape();
  const query = z.strictObject({ user: userId.optional(), profile: profile.optional(), ...shape, ...filters });
  const body = z.strictObject({ ratings, ...shape, ...filters });
  const getRoute = createRoute({
    method: 'get',
    path: '/recommend',
    summary: 'What to watch next',
    request: { query },
    responses: answers(envelope, 'The best movies for the user, best first.'),
  });
  const postRoute = createRoute({
    method: 'post',
    path: '/recommend',
    summary: 'What to watch next, for ratings that come along',
    description: 'Needs no account and stores nothing.',
    middleware: limitJson,
    request: {
      body: {
        description:
          'The ratings, and what `GET /recommend` takes except `user`: `{"ratings": [{"movieId": 2571, "rating": 5}], "k": 5}`.',
        required: true,
        content: { 'application/json': { schema: body } },
      },
    },
    responses: answers(envelope, 'The best movies for whoever rated so, best first.'),
  });
  return new OpenAPIHono<AppEnv>()
    .openapi(getRoute, async (c) => {
      const asked = c.req.valid('query');
      const user = await readerOf(c, asked.user);
      const { version, sources } = await versionFor(c, asked, user);
      const userTaste = tasteOf(version, sources);
      const taste = asked.profile === undefined ? userTaste : tasteOfProfile(version, asked.profile, userTaste);
      return c.json({ user, ...(await recommendations(version, taste, asked)) }, 200);
    })
    .openapi(postRoute, async (c) => {
      const asked = c.req.valid('json');
      const version = await servedVersion(c);
      requireKnown(version.model.movies, asked.ratings);
      const newer = asked.ratings.map((rating) => ({ ...rating, timestamp: 0 }));
      const taste = inferTaste(version, { stored: null, newer, degraded: [] });
      return c.json({ user: null, ...(await recommendations(version, taste, asked)) }, 200);
    });
}

/** The version that answers: complete, unless the request needs only a list by relevance for a stored user vector. */
async function versionFor(c: Context<AppEnv>, asked: Asked, user: number | null) {
  const listable = await listableVersion(c);
  if (listable.isComplete || byRelevance(asked, listable)) {
    const sources = await sourcesOf(c, listable, user);
    if (listable.isComplete || !isFoldedIn(sources)) return { version: listable, sources };
  }
  const version = await servedVersion(c);
  return { version, sources: await sourcesOf(c, version, user) };
}

function byRelevance(asked: Asked, { model }: ServedVersion): boolean {
  return blendOf(asked, model.manifest.blend) === 0 && asked.diversity === 0 && asked.explain === 0;
}

async function recommendations(served: ServedVersion, taste: Taste, asked: Asked) {
  const { model, recommender, version } = served;
  const { basis, rated, hidden = rated.rows, degraded } = taste;
  const { k, offset, diversity, explain } = asked;
  const ordering = orderingOf(asked, model.manifest.blend);
  const vectors = orderedBy(taste.vectors, ordering, model.relevancePrior, ratingsBehind(taste));
  const selection = recommender.select(asked, asked.rated === 'hide' ? hidden : []);
  const wanted = offset + k + Math.sign(explain); // reasons compare a movie with the next
  const ahead = recommender.recommend(vectors, ordering.blend, wanted, selection, diversity).slice(offset);
  const ranked = ahead.slice(0, k);
  await served.untilPredictable(ranked);
  const reasons = explain > 0 ? reasonsFor(model, { taste, ordering, ranked: ahead }, explain) : undefined;
  return {
    model: { version },
    basis,
    ratings: rated.rows.length,
    ...(degraded.length > 0 && { degraded: [...degraded] }),
    items: recommendationsOf(model, vectors, ranked, reasons),
  };
}

function orderingOf(asked: Asked, usual: number): Ordering {
  const blend = blendOf(asked, usual);
  return { blend, popularity: asked.popularity, certainty: asked.certainty ?? usualCertainty(blend) };
}

function blendOf({ by, blend }: Pick<Asked, 'by' | 'blend'>, usual: number): number {
  if (by !== undefined && blend !== undefined) {
    throw new MarqueeError('bad-parameter', `blend: got ${blend} beside by=${by}, expected one of the two`, {
      details: { parameter: 'blend', got: blend, expected: 'by or blend, not both' },
    });
  }
  return blend ?? (by === 'rating' ? 1 : usual);
}
