import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { filterShape } from '../../shared/filters/movie-filters.ts';
import { wasDeleted } from '../../shared/ratings/rating-store.ts';
import {
  gatheringsOf,
  joinGathering,
  leaveGathering,
  MOST_MEMBERS,
  openGathering,
} from '../../shared/ratings/tables/gathering.ts';
import { movieIds } from '../../shared/values.ts';
import { answers, modelSchema, movieSchema, unchanged } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readerOf, writerOf } from '../http/identity/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { assignedTo } from '../http/lists/arm.ts';
import { decidingQuestion, questionSchema } from '../http/lists/deciding-question.ts';
import {
  aboutGathering,
  code,
  gatheringShape,
  type KnownMember,
  knownMembers,
  livingGathering,
  newCode,
  tagOf,
} from '../http/lists/gathering.ts';
import { orderingShape } from '../http/lists/ordering.ts';
import { recommendationsTogether } from '../http/lists/recommendations.ts';
import { fraction, inBody, integerOr, k, userId } from '../http/parameters.ts';
import { limitJson, nextFor, servedVersion } from '../http/request.ts';
import { withDeadline } from '../ratings/deadline.ts';
import { TOGETHER } from '../recommend/together.ts';
import type { ServedVersion } from '../version/served-version.ts';

/** Characters of a name. */
const LONGEST_NAME = 24;
/** The most movies that a member has not seen and says so. */
const MOST_NOT_SEEN = 500;

const params = z.object({ code });

const NEEDS_GATHERING = 'Needs the code of a gathering that lives, and somebody: 404 and 401 without.';
const userQuery = z.strictObject({ user: userId.optional() });

const name = z
  .string()
  .transform((text) => text.replace(/\p{C}/gu, ' ').replace(/\s+/g, ' ').trim())
  .pipe(z.string().min(1).max(LONGEST_NAME))
  .optional()

  .openapi({
    type: 'string',
    minLength: 1,
    maxLength: LONGEST_NAME,
    pattern: '\\S',
    description: 'A first name; the others see it.',
  });

const memberShape = {
  name,
  notSeen: movieIds('Movies that they have not seen: nobody asks them about these.', { most: MOST_NOT_SEEN }),
};

const memberBody = z.strictObject({ name, notSeen: inBody(memberShape).notSeen.optional() });

const joinedSchema = z.object({ code: z.string() }).openapi('Joined');

/** A prediction is a tenth of a star here: more would tell what somebody rated. */
const tenth = (value: number) => Math.round(10 * value) / 10;

const jointItemSchema = z
  .object({
    ...movieSchema.shape,
    predictedRating: z.number().openapi({ description: 'The least or the mean of the people’s, stars.' }),
    people: z.array(
      z.object({
        predictedRating: z.number().openapi({ description: 'Stars, to a tenth.' }),
        uncertainty: z.number().openapi({ description: 'Its standard deviation, stars, to a tenth.' }),
      }),
    ),
  })
  .openapi('JointItem');

const gatheringSchema = z
  .object({
    model: modelSchema,
    ...gatheringShape,
    items: z.array(jointItemSchema).openapi({
      description: 'For all of them, best first, without what anybody rated. Empty for whoever is no member.',
    }),
  })
  .openapi('Gathering');

const postRoute = createRoute({
  method: 'post',
  path: '/gatherings',
  summary: 'Open a gathering: people who look for a film together',
  description:
    'It lives for 24 hours. Whoever knows its code may join. Somebody who has a living one gets that again; a name ' +
    'that comes along is then the new one. ' +
    NEEDS_SOMEBODY,
  security: SOMEBODY,
  middleware: limitJson,
  request: {
    query: userQuery,
    body: { content: { 'application/json': { schema: z.strictObject({ name }), example: { name: 'Ann' } } } },
  },
  responses: answers(joinedSchema, 'Its code.'),
});

const listRoute = createRoute({
  method: 'get',
  path: '/gatherings',
  summary: 'The gatherings that a person is in',
  description: NEEDS_SOMEBODY,
  security: SOMEBODY,
  request: { query: userQuery },
  responses: answers(
    z.object({ items: z.array(z.object({ ...joinedSchema.shape, ...memberShape, name: z.string().nullable() })) }),
    'Those that live, and what the person said in them.',
  ),
});

const joinRoute = createRoute({
  method: 'post',
  path: '/gatherings/{code}/members',
  summary: 'Join a gathering, or change what one said there',
  description: `The others see the name, how much was rated (up to 5), and predictions: never a rating. ${NEEDS_GATHERING}`,
  security: SOMEBODY,
  middleware: limitJson,
  request: {
    params,
    query: userQuery,
    body: { content: { 'application/json': { schema: memberBody, example: { name: 'Ann' } } } },
  },
  responses: answers(joinedSchema, 'Joined.'),
});

const leaveRoute = createRoute({
  method: 'delete',
  path: '/gatherings/{code}',
  summary: 'Leave a gathering; it ends with its maker',
  description: NEEDS_GATHERING,
  security: SOMEBODY,
  request: { params, query: userQuery },
  responses: answers(z.object({ ended: z.boolean() }).openapi('Left'), 'Left, and whether it ended.'),
});

const together = z.enum(TOGETHER).default('least').openapi({ description: 'As in `POST /recommend`.' });

/** Makes the routes with the filters registered at the time of the call. */
export function gatherings() {
  const { rated: _, ...ordering } = orderingShape;
  const diversity = fraction('As in `GET /recommend`.').default(0).openapi({ default: 0 });
  const shape = { user: userId.optional(), together, ...ordering, diversity, ...filterShape() };
  const getRoute = createRoute({
    method: 'get',
    path: '/gatherings/{code}',
    summary: 'What everybody of a gathering will like',
    description:
      'Members get the list that `POST /recommend` makes for `people`. `ETag` names all that it comes from, so that ' +
      `asking again with \`If-None-Match\` costs 304 and no scoring. ${NEEDS_GATHERING}`,
    request: {
      params,
      query: z.strictObject({ ...shape, k, offset: integerOr(0, 0, 10_000, 'How many to leave out.') }),
    },
    responses: { ...answers(gatheringSchema, 'Its members, and for a member the list.'), ...unchanged },
  });
  const questionRoute = createRoute({
    method: 'get',
    path: '/gatherings/{code}/question',
    summary: 'The one question that would decide it',
    description: `For members. Costs some 50 lists. ${NEEDS_GATHERING}`,
    request: { params, query: z.strictObject(shape) },
    responses: {
      ...answers(
        z.object({ model: modelSchema, question: questionSchema.nullable() }).openapi('GatheringQuestion'),
        'Whom to ask about which movie; null where no answer would change the first ten.',
      ),
      ...unchanged,
    },
  });
  return new OpenAPIHono<AppEnv>()
    .openapi(postRoute, async (c) => {
      const user = await writerOf(c, c.req.valid('query').user);
      const { name } = c.req.valid('json');
      const opened = { code: newCode(), userId: user, name, now: seconds(c) };
      const code = await withDeadline(openGathering(c.env.DB, opened), c.var.ratingTimeout);
      if (code === null) throw wasDeleted(user);
      return c.json({ code }, 200);
    })
    .openapi(listRoute, async (c) => {
      const user = await writerOf(c, c.req.valid('query').user);
      const codes = await withDeadline(gatheringsOf(c.env.DB, user, seconds(c)), c.var.ratingTimeout);
      const living = await Promise.all(codes.map((code) => livingGathering(c, code)));
      const items = living.flatMap(({ code, members }) =>
        members
          .filter((member) => member.userId === user)
          .map(({ name, notSeen }) => ({ code, name, notSeen: [...notSeen] })),
      );
      return c.json({ items }, 200);
    })
    .openapi(joinRoute, async (c) => {
      const { code } = c.req.valid('param');
      const user = await writerOf(c, c.req.valid('query').user);
      const joining = { code, userId: user, now: seconds(c), ...c.req.valid('json') };
      const { joined, deleted } = await withDeadline(joinGathering(c.env.DB, joining), c.var.ratingTimeout);
      if (deleted) throw wasDeleted(user);
      if (!joined) {
        await livingGathering(c, code);
        throw isFull();
      }
      return c.json({ code }, 200);
    })
    .openapi(leaveRoute, async (c) => {
      const { code } = c.req.valid('param');
      const user = await writerOf(c, c.req.valid('query').user);
      const { maker } = await livingGathering(c, code);
      await withDeadline(leaveGathering(c.env.DB, code, user), c.var.ratingTimeout);
      return c.json({ ended: maker === user }, 200);
    })
    .openapi(getRoute, async (c) => {
      const { user, ...query } = c.req.valid('query');
      const { version, gathering, members, you, isMember, settings } = await visited(
        c,
        c.req.valid('param').code,
        user,
      );
      const tag = await tagOf(c, { version, members, you, settings });
      if (isUnchanged(c, tag)) return c.body(null, 304) as never;
      const wanted = { ...query, ...settings };
      const asked = { ...wanted, rated: 'hide' as const, explain: 0, next: await nextFor(c, version, wanted) };
      const tastes = members.map(({ taste }) => taste);
      const items = isMember ? (await recommendationsTogether(version, tastes, asked)).items : [];
      const rounded = items.map(({ score, people = [], predictedRating, ...movie }) => ({
        ...movie,
        predictedRating: tenth(predictedRating),
        people: people.map((of) => ({
          predictedRating: tenth(of.predictedRating),
          uncertainty: tenth(of.uncertainty),
        })),
      }));
      return c.json(
        { model: { version: version.version }, ...aboutGathering(gathering, members, you), items: rounded },
        200,
      );
    })
    .openapi(questionRoute, async (c) => {
      const { user, ...query } = c.req.valid('query');
      const { version, members, you, isMember, settings } = await visited(c, c.req.valid('param').code, user, seenRows);
      if (!isMember)
        throw new MarqueeError('forbidden', 'only members of a gathering are asked', { fix: 'Join it first.' });
      const tag = await tagOf(c, { version, members, you, settings });
      if (isUnchanged(c, tag)) return c.body(null, 304) as never;
      const wanted = { ...query, ...settings };
      const asked = { ...wanted, rated: 'hide' as const, next: await nextFor(c, version, wanted) };
      const question = await decidingQuestion(version, peopleOf(version, members), asked);
      return c.json({ model: { version: version.version }, question }, 200);
    });
}

/** Rows of the movies that people may be asked about. */
function seenRows({ model }: ServedVersion): readonly number[] {
  return [...model.seen.rows];
}

/** A living gathering as a visitor finds it: all of its members see what its maker's arm of an experiment makes. */
async function visited(
  c: Context<AppEnv>,
  code: string,
  named: number | undefined,
  soon?: (served: ServedVersion) => readonly number[],
) {
  const you = await readerOf(c, named);
  const gathering = await livingGathering(c, code);
  const { settings } = await assignedTo(c, gathering.maker, Object.keys(c.req.query()));
  const version = await servedVersion(c);
  const members = await knownMembers(c, version, gathering, soon?.(version));
  return { version, gathering, members, you, settings, isMember: members.some(({ userId }) => userId === you) };
}

/** Sets the tag of an answer. Returns whether the caller has that answer. */
function isUnchanged(c: Context<AppEnv>, tag: string | null): boolean {
  if (tag !== null) c.header('ETag', tag);
  return tag !== null && c.req.header('If-None-Match')?.replace(/^W\//, '') === tag; // a proxy that packs makes a tag weak
}

function peopleOf({ model: { movies } }: ServedVersion, members: readonly KnownMember[]) {
  return members.map(({ taste, notSeen }) => ({ taste, notSeen: notSeen.map((movieId) => movies.rowOf(movieId)) }));
}

function seconds(c: Context<AppEnv>): number {
  return Math.floor(c.var.now() / 1000);
}

function isFull(): MarqueeError {
  return new MarqueeError('full-gathering', `${MOST_MEMBERS} people are in this gathering already`, {
    fix: 'Somebody has to leave first.',
  });
}
