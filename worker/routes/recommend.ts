import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { MarqueeError } from '../../shared/errors.ts';
import { writeList } from '../../shared/exchange/write-titled.ts';
import { filterShape } from '../../shared/filters/movie-filters.ts';
import { nextFor, servedVersion } from '../http/answering-version.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { jsonBody } from '../http/body.ts';
import { fileAnswers, fileHeaders } from '../http/file.ts';
import { readerOf } from '../http/identity/auth.ts';
import { NAMED_USER } from '../http/identity/needs.ts';
import { assignedTo, namedInBody } from '../http/lists/arm.ts';
import { choiceShape } from '../http/lists/choice.ts';
import { listShape } from '../http/lists/list-shape.ts';
import { ONE_ORDER } from '../http/lists/ordering.ts';
import { drawnBy, logPersonalList, personalList } from '../http/lists/personal-list.ts';
import { pinnedList } from '../http/lists/pinned.ts';
import { recommendations, recommendationsSchema, recommendationsTogether } from '../http/lists/recommendations.ts';
import { fraction, inBody, since, userId } from '../http/parameters.ts';
import { people, personQuery, ratings, suppose, supposedTaste, tastesOf } from '../http/person.ts';
import { during, noteList } from '../http/traffic/trace.ts';
import { TOGETHER } from '../recommend/together.ts';

const EXAMPLE = { ratings: [{ movieId: 2571, rating: 5 }], k: 5, explain: 2 };

const together = z
  .enum(TOGETHER)
  .default('least')
  .openapi({
    description:
      'What `people` make of a movie: the least of their scores, so that nobody dislikes it, or the mean. Relevance is ' +
      'brought to one scale first: the root mean square over all movies becomes the same for everybody.',
  });

const among = z
  .enum(['watchlist'])
  .optional()
  .openapi({
    description:
      'Ranks the user’s watchlist alone, with what they rated before they put it there; `unknown` names what the model ' +
      'lacks.',
  });

const explore = fraction(
  'Of a user’s lists, the share whose best 200 come in the order of a draw from the user’s posterior; the deployment’s ' +
    'share when absent. Within an hour a user’s list explores or does not. Never with `profile`, `among` or `diversity`, ' +
    'nor for `ratings` or `people`.',
).optional();

/** What the document says of a body besides its fields. */
const ONE_OF_PEOPLE = { required: ['people'], properties: { explain: { const: 0 } } };
const USER = { dependentRequired: { user: ['suppose'] } };

/** Makes the routes with the filters registered at the time of the call. */
export function recommend() {
  const filters = filterShape();
  const query = z.strictObject({ ...personQuery, among, ...listShape, explore, ...filters });
  const whose = {
    ratings: ratings.optional(),
    people: people.optional(),
    suppose: suppose.optional(),
    together,
    since,
  };
  const body = z
    .strictObject({ ...whose, user: userId.optional(), ...choiceShape, ...listShape, explore, ...inBody(filters) })
    .openapi({ oneOf: [{ required: ['ratings'] }, ONE_OF_PEOPLE, { required: ['suppose'] }], ...ONE_ORDER, ...USER });
  const getRoute = createRoute({
    method: 'get',
    path: '/recommend',
    summary: 'What to watch next',
    description: `For the session’s person; without a session, what people like on average. ${NAMED_USER}`,
    request: { query },
    responses: answers(recommendationsSchema, 'The best movies for the user, best first.'),
  });
  const listRoute = createRoute({
    method: 'get',
    path: '/recommend.csv',
    summary: 'What to watch next, as a list for Letterboxd',
    description:
      'The list of `GET /recommend` as a file that Letterboxd imports as a list: title and year, best first.',
    request: { query },
    responses: fileAnswers,
  });
  const postRoute = createRoute({
    method: 'post',
    path: '/recommend',
    summary: 'What to watch next, for ratings that come along or are supposed, for several people, among given movies',
    description: 'Stores nothing, and needs no account unless `people` or `user` name somebody.',
    middleware: jsonBody,
    request: {
      body: {
        description:
          'One of `ratings`, `people` and `suppose`, and what `GET /recommend` takes except `profile`; `user` beside ' +
          '`suppose` alone: `{"ratings": [{"movieId": 2571, "rating": 5}], "k": 5}`.',
        required: true,
        content: { 'application/json': { schema: body, example: EXAMPLE } },
      },
    },
    responses: answers(recommendationsSchema, 'The best movies for whoever rated so, best first.'),
  });
  return new OpenAPIHono<AppEnv>()
    .openapi(getRoute, async (c) => {
      const asked = c.req.valid('query');
      const { list, ...shown } = await personalList(c, asked);
      const arm = shown.arm === null ? {} : { arm: shown.arm };
      return c.json({ ...list, ...arm, requestId: logPersonalList(c, asked, list, shown) }, 200);
    })
    .openapi(listRoute, async (c) => {
      const { version, list } = await personalList(c, { ...c.req.valid('query'), explain: 0 });
      const ids = list.items.map(({ movieId }) => movieId);
      return c.body(writeList(ids, version.model.movies), 200, fileHeaders('marquee-list.csv'));
    })
    .openapi(postRoute, async (c) => {
      const body = c.req.valid('json');
      requireOne(body);
      const user = body.suppose ? await readerOf(c, body.user) : null;
      const { settings, version: beside } = await assignedTo(c, user, await namedInBody(c));
      const version = beside ?? (await servedVersion(c));
      const wanted = { ...body, ...settings };
      const asked = { ...wanted, next: await nextFor(c, version, wanted), drawnBy: drawnBy(c, wanted, user) };
      if (body.suppose) {
        const { taste } = await supposedTaste(c, version, { ...body, suppose: body.suppose });
        return c.json({ user, ...(await during(c, 'rank', () => recommendations(version, taste, asked))) }, 200);
      }
      const tastes = await tastesOf(c, version, asked);
      if (asked.people && asked.explain > 0) throw explainsOne(asked.explain);
      const list = await during(c, 'rank', async () =>
        asked.people
          ? await recommendationsTogether(version, tastes, asked)
          : (await pinnedList(version, tastes[0], asked)).list,
      );
      noteList(c, list);
      return c.json({ user: null, ...list }, 200);
    });
}

/** Throws `bad-body` where `suppose` or `user` stands beside what it does not go with. */
function requireOne({ ratings, people, suppose, user }: Readonly<Record<string, unknown>>): void {
  const beside = ratings !== undefined ? 'ratings' : people !== undefined ? 'people' : null;
  if (suppose !== undefined && beside) throw notBeside('suppose', `it beside ${beside}`, 'one of the two');
  if (suppose === undefined && user !== undefined) throw notBeside('user', String(user), 'suppose beside it');
}

function notBeside(parameter: string, got: string, expected: string): MarqueeError {
  return new MarqueeError('bad-body', `${parameter}: got ${got}, expected ${expected}`, {
    fix: 'Name several people in people, each with a user or with ratings.',
    details: { parameter, got, expected },
  });
}

function explainsOne(explain: number): MarqueeError {
  return new MarqueeError('bad-body', `explain: got ${explain} beside people, expected 0`, {
    fix: 'POST /explain/{movieId} explains a movie to one person.',
    details: { parameter: 'explain', got: explain, expected: '0 beside people' },
  });
}
