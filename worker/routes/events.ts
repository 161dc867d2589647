import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { writeEvents } from '../../shared/ratings/event-store.ts';
import { EVENT_KINDS, eventsOf } from '../../shared/ratings/tables/event.ts';
import { type ListShown, listsOf } from '../../shared/ratings/tables/list-shown.ts';
import { knownMovies } from '../http/answering-version.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { limitJson } from '../http/body.ts';
import { writerOf } from '../http/identity/auth.ts';
import { NEEDS_SOMEBODY, SOMEBODY } from '../http/identity/needs.ts';
import { requireKnown } from '../http/known-movie.ts';
import { now } from '../http/now.ts';
import { MOST_RATINGS, timedRatingShape, timeOf, userId } from '../http/parameters.ts';
import { withDeadline } from '../ratings/deadline.ts';

const { movieId, timestamp } = timedRatingShape;

/** Of an event, and of a request. */
const id = z.string().min(1).max(64);

const eventShape = {
  id: id.openapi({ description: 'The client’s own, a UUID for instance: the same again is the same event.' }),
  kind: z.enum(EVENT_KINDS).openapi({
    description: 'The user opened the film, watched it, waved it aside, or put it on a watchlist of the client’s.',
  }),
  movieId,
};

const requestId = id.openapi({
  description: '`requestId`, or `X-Request-Id`, of the list in which the user found the film.',
});

const postRoute = createRoute({
  method: 'post',
  path: '/events',
  summary: 'Tell what a user did with films',
  description:
    'For `npm run outcomes`, which says whether lists work; no list, question or training reads events. Sending the same ' +
    `again changes nothing. One bad element and nothing is stored. Kept for 90 days. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  middleware: limitJson,
  request: {
    query: z.strictObject({ user: userId.optional() }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .strictObject({
              user: userId.optional(),
              events: z
                .array(z.strictObject({ ...eventShape, requestId: requestId.optional(), timestamp }))
                .min(1)
                .max(MOST_RATINGS),
            })
            .openapi('NewEvents'),
          example: { events: [{ id: '0b6f2f5e-3c4d-4b8e-9a57-6d1f0c2e8a11', kind: 'clicked', movieId: 2571 }] },
        },
      },
    },
  },
  responses: answers(
    z
      .object({ user: z.int(), events: z.int().openapi({ description: 'Events that were new.' }) })
      .openapi('StoredEvents'),
    'Stored.',
  ),
});

const exportRoute = createRoute({
  method: 'get',
  path: '/export/events',
  summary: 'Take along what I was shown and what I did',
  description: `A user’s events, and the lists of theirs that were logged; oldest first. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { query: z.strictObject({ user: userId.optional() }) },
  responses: answers(
    z
      .object({
        user: z.int(),
        events: z.array(z.object({ ...eventShape, request: z.string().nullable(), timestamp: z.int() })),
        lists: z.array(
          z.object({
            request: z.string(),
            shownAt: z.int().openapi({ description: 'Seconds since 1970.' }),
            version: z.string(),
            experiment: z.string().nullable(),
            arm: z.string().nullable(),
            ordering: z.string(),
            explored: z.boolean(),
            probability: z.number().nullable(),
            first: z.int().openapi({ description: 'Place of the first movie, from 0.' }),
            movieIds: z.array(z.int()),
            pinnedIds: z
              .array(z.int())
              .optional()
              .openapi({ description: 'What the operator had put before them; absent: nothing.' }),
          }),
        ),
      })
      .openapi('Events'),
    'All of it.',
  ),
});

function withoutUser({ userId: _, movieIds, pinnedIds, ...list }: ListShown) {
  return { ...list, movieIds: [...movieIds], ...(pinnedIds && { pinnedIds: [...pinnedIds] }) };
}

export const events = new OpenAPIHono<AppEnv>()
  .openapi(postRoute, async (c) => {
    const body = c.req.valid('json');
    const user = await writerOf(c, body.user ?? c.req.valid('query').user);
    requireKnown(await knownMovies(c, body.events), body.events, 'events');
    const stamped = body.events.map(({ requestId = null, timestamp, ...event }) => ({
      ...event,
      request: requestId,
      timestamp: timeOf(timestamp, now(c)),
    }));
    const added = await withDeadline(writeEvents(c.env.DB, user, stamped), c.var.ratingTimeout);
    return c.json({ user, events: added }, 200);
  })
  .openapi(exportRoute, async (c) => {
    const user = await writerOf(c, c.req.valid('query').user);
    const read = Promise.all([eventsOf(c.env.DB, user), listsOf(c.env.DB, user)]);
    const [events, lists] = await withDeadline(read, c.var.ratingTimeout);
    return c.json({ user, events, lists: lists.map(withoutUser) }, 200);
  });
