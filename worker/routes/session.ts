import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { createPerson } from '../../shared/rating-store.ts';
import { answers } from '../answers.ts';
import { sessionSecret, sessionUser, startSession } from '../auth.ts';
import type { AppEnv } from '../env.ts';

const route = createRoute({
  method: 'post',
  path: '/session',
  summary: 'Become somebody',
  description: 'Creates an anonymous user and sets a signed cookie. With a valid session it changes nothing.',
  responses: answers(z.object({ user: z.int() }).openapi('Session'), 'The user of the session.'),
});

export const session = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  sessionSecret(c); // before a user is made whom no cookie could name
  const user = (await sessionUser(c)) ?? (await createPerson(c.env.DB, Math.floor(Date.now() / 1000)));
  await startSession(c, user);
  return c.json({ user }, 200);
});
