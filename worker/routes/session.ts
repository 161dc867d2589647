import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { MarqueeError } from '../../shared/errors.ts';
import { createPerson, deletePerson, FIRST_PERSON, isDeleted } from '../../shared/people.ts';
import { answers } from '../answers.ts';
import { endSession, readSession, sessionSecret, startSession, writerOf } from '../auth.ts';
import type { AppEnv } from '../env.ts';
import { userId } from '../parameters.ts';

const postRoute = createRoute({
  method: 'post',
  path: '/session',
  summary: 'Become somebody',
  description: 'Creates an anonymous user and sets a signed cookie. With a valid session it changes nothing.',
  responses: answers(z.object({ user: z.int() }).openapi('Session'), 'The user of the session.'),
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/session',
  summary: 'Be forgotten',
  description:
    'Deletes the user of the session: their ratings at once, their row of the model at the next retrain. A token may ' +
    'do it for any user who came to the page.',
  request: { query: z.strictObject({ user: userId.optional() }) },
  responses: answers(z.object({ user: z.int() }).openapi('Forgotten'), 'Deleted; the id is never given out again.'),
});

const now = () => Math.floor(Date.now() / 1000);

export const session = new OpenAPIHono<AppEnv>()
  .openapi(postRoute, async (c) => {
    sessionSecret(c); // before a user is made whom no cookie could name
    const held = await readSession(c);
    const user = held && !(await isDeleted(c.env.DB, held.userId)) ? held.userId : await createPerson(c.env.DB, now());
    await startSession(c, user);
    return c.json({ user }, 200);
  })
  .openapi(deleteRoute, async (c) => {
    const user = await writerOf(c, c.req.valid('query').user);
    if (user < FIRST_PERSON) {
      throw new MarqueeError('forbidden', `user ${user} belongs to the data set, from which nobody can be deleted`);
    }
    await deletePerson(c.env.DB, user, now());
    endSession(c);
    return c.json({ user }, 200);
  });
