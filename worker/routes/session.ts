import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createPerson, isDeleted } from '../../shared/ratings/tables/person.ts';
import { answers, writeAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import {
  deletedBy,
  endSession,
  mayOnlyRead,
  personOf,
  readSession,
  sessionSecret,
  startSession,
} from '../http/identity/auth.ts';
import { bearerOf } from '../http/identity/bearer.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { userId } from '../http/parameters.ts';
import { submitChanges } from '../http/submit.ts';
import { withDeadline } from '../ratings/deadline.ts';

const postRoute = createRoute({
  method: 'post',
  path: '/session',
  summary: 'Become somebody',
  description:
    'Creates an anonymous user and sets a signed cookie. With a valid session it changes nothing; with a ' +
    'host application’s token it says who its user is here, and sets no cookie.',
  responses: answers(z.object({ user: z.int() }).openapi('Session'), 'The user of the session.'),
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/session',
  summary: 'Be forgotten',
  description:
    'Deletes the user of the session: their ratings and marks at once, their row of the model at the next retrain. A token may ' +
    `do it for any user who has ratings, of the data set, too. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { query: z.strictObject({ user: userId.optional() }) },
  responses: writeAnswers(
    z.object({ user: z.int() }).openapi('Forgotten'),
    'Deleted; the id is never given out again.',
  ),
});

export const session = new OpenAPIHono<AppEnv>()
  .openapi(postRoute, async (c) => {
    const bearer = await bearerOf(c);
    if (bearer.kind === 'program' && !bearer.mayWrite) throw mayOnlyRead();
    if (bearer.kind === 'subject') return c.json({ user: await personOf(c, bearer.subject) }, 200);
    sessionSecret(c); // throws before a user is made for whom there can be no cookie
    const user = (await sessionUser(c)) ?? (await newPerson(c));
    await startSession(c, user);
    return c.json({ user }, 200);
  })
  .openapi(deleteRoute, async (c) => {
    const user = await deletedBy(c, c.req.valid('query').user);
    const { status } = await submitChanges(c, [{ kind: 'deletion', user, acceptedAt: c.var.now() }]);
    endSession(c);
    return c.json({ user }, status);
  });

/**
 * The user of the session, null without one or when they were deleted. Where D1 does not answer they count as not
 * deleted: writing asks D1 again.
 */
async function sessionUser(c: Context<AppEnv>): Promise<number | null> {
  const known = await readSession(c);
  if (!known) return null;
  const deleted = await withDeadline(isDeleted(c.env.DB, known.userId), c.var.ratingTimeout).catch(() => false);
  return deleted ? null : known.userId;
}

function newPerson(c: Context<AppEnv>): Promise<number> {
  return withDeadline(createPerson(c.env.DB, Math.floor(c.var.now() / 1000)), c.var.ratingTimeout);
}
