import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { filterShape } from '../../shared/filters/movie-filters.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readerOf } from '../http/auth.ts';
import { choiceShape } from '../http/choice.ts';
import { NAMED_USER } from '../http/needs.ts';
import { type AskedOrdering, orderingOf, orderingShape } from '../http/ordering.ts';
import { fraction, integerOr, k, since } from '../http/parameters.ts';
import { people, personQuery, ratings, tasteFrom, tastesOf } from '../http/person.ts';
import { recommendations, recommendationsSchema, recommendationsTogether } from '../http/recommendations.ts';
import { limitJson, listableVersion, nextFor, servedVersion, sourcesOf } from '../http/request.ts';
import { TOGETHER } from '../recommend/together.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { isFoldedIn, ratedSince } from '../version/taste-of.ts';

const EXAMPLE = { ratings: [{ movieId: 2571, rating: 5 }], k: 5, explain: 2 };

const shape = {
  k,
  offset: integerOr(0, 0, 10_000, 'How many of the best to leave out.'),
  ...orderingShape,
  diversity: fraction(
    'Re-ranks the best 200 so that movies resemble those before them less (maximal marginal relevance); 0: not at all.',
  )
    .default(0)
    .openapi({ default: 0 }),
  explain: integerOr(
    0,
    0,
    5,
    'How many ratings to name as reasons of each movie; above 0 also the parts of its score.',
  ),
};

type Asked = AskedOrdering & { readonly diversity: number; readonly explain: number; readonly since: number };

const together = z
  .enum(TOGETHER)
  .default('least')
  .openapi({
    description:
      'What `people` make of a movie: the least of their scores, so that nobody dislikes it, or the mean. Relevance is ' +
      'brought to one scale first: the root mean square over all movies becomes the same for everybody.',
  });

/** Makes the routes with the filters registered at the time of the call. */
export function recommend() {
  const filters = filterShape();
  const query = z.strictObject({ ...personQuery, ...shape, ...filters });
  const whose = { ratings: ratings.optional(), people: people.optional(), together, since };
  const body = z
    .strictObject({ ...whose, ...choiceShape, ...shape, ...filters })
    .openapi({ oneOf: [{ required: ['ratings'] }, { required: ['people'] }] });
  const getRoute = createRoute({
    method: 'get',
    path: '/recommend',
    summary: 'What to watch next',
    description: `For the session’s person; without a session, what people like on average. ${NAMED_USER}`,
    request: { query },
    responses: answers(recommendationsSchema, 'The best movies for the user, best first.'),
  });
  const postRoute = createRoute({
    method: 'post',
    path: '/recommend',
    summary: 'What to watch next, for ratings that come along, for several people, among given movies',
    description: 'Stores nothing, and needs no account unless `people` name a user.',
    middleware: limitJson,
    request: {
      body: {
        description:
          'Either `ratings` or `people`, and what `GET /recommend` takes except `user` and `profile`: ' +
          '`{"ratings": [{"movieId": 2571, "rating": 5}], "k": 5}`.',
        required: true,
        content: { 'application/json': { schema: body, example: EXAMPLE } },
      },
    },
    responses: answers(recommendationsSchema, 'The best movies for whoever rated so, best first.'),
  });
  return new OpenAPIHono<AppEnv>()
    .openapi(getRoute, async (c) => {
      const asked = c.req.valid('query');
      const user = await readerOf(c, asked.user);
      const { version, sources } = await versionFor(c, asked, user);
      const taste = tasteFrom(version, sources, asked);
      const next = await nextFor(c, version, asked);
      return c.json({ user, ...(await recommendations(version, taste, { ...asked, next })) }, 200);
    })
    .openapi(postRoute, async (c) => {
      const body = c.req.valid('json');
      const version = await servedVersion(c);
      const asked = { ...body, next: await nextFor(c, version, body) };
      const tastes = await tastesOf(c, version, asked);
      if (!asked.people) return c.json({ user: null, ...(await recommendations(version, tastes[0], asked)) }, 200);
      if (asked.explain > 0) throw explainsOne(asked.explain);
      return c.json({ user: null, ...recommendationsTogether(version, tastes, asked) }, 200);
    });
}

function explainsOne(explain: number): MarqueeError {
  return new MarqueeError('bad-body', `explain: got ${explain} beside people, expected 0`, {
    fix: 'POST /explain/{movieId} explains a movie to one person.',
    details: { parameter: 'explain', got: explain, expected: '0 beside people' },
  });
}

/** The version that answers: complete, unless the request needs only a list by relevance for a stored user vector. */
async function versionFor(c: Context<AppEnv>, asked: Asked, user: number | null) {
  const listable = await listableVersion(c);
  if (listable.isComplete || byRelevance(asked, listable)) {
    const sources = await sourcesOf(c, listable, user);
    if (listable.isComplete || !isFoldedIn(ratedSince(sources, asked.since))) return { version: listable, sources };
  }
  const version = await servedVersion(c);
  return { version, sources: await sourcesOf(c, version, user) };
}

function byRelevance(asked: Asked, { model }: ServedVersion): boolean {
  const isRelevance = orderingOf(asked, model.manifest.blend).blend === 0 && asked.by !== 'next';
  return isRelevance && asked.diversity === 0 && asked.explain === 0;
}
