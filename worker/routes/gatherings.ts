import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { wasDeleted } from '../../shared/ratings/rating-store.ts';
import {
  gatheringsOf,
  joinGathering,
  leaveGathering,
  MOST_MEMBERS,
  openGathering,
} from '../../shared/ratings/tables/gathering.ts';
import { movieIds } from '../../shared/values.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { limitJson } from '../http/body.ts';
import { writerOf } from '../http/identity/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { livingGathering, NEEDS_GATHERING, newCode, params } from '../http/lists/gathering.ts';
import { inBody, userId } from '../http/parameters.ts';
import { withDeadline } from '../ratings/deadline.ts';

/** Characters of a name. */
const LONGEST_NAME = 24;
/** The most movies that a member has not seen and says so. */
const MOST_NOT_SEEN = 500;

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

/** Who is in a gathering, and what they say there. */
export const gatherings = new OpenAPIHono<AppEnv>()
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
  });

function seconds(c: Context<AppEnv>): number {
  return Math.floor(c.var.now() / 1000);
}

function isFull(): MarqueeError {
  return new MarqueeError('full-gathering', `${MOST_MEMBERS} people are in this gathering already`, {
    fix: 'Somebody has to leave first.',
  });
}
