import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { isKnown, nobody } from '../../shared/ratings/people.ts';
import { nextFor, servedVersion } from '../http/answering-version.ts';
import { answers, writeAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { isTrained, requireAdmin } from '../http/identity/auth.ts';
import { NEEDS_OPERATOR, OPERATOR } from '../http/identity/needs.ts';
import { assignedTo } from '../http/lists/arm.ts';
import { pinnedList } from '../http/lists/pinned.ts';
import { recommendationsSchema } from '../http/lists/recommendations.ts';
import { now } from '../http/now.ts';
import { k, userId } from '../http/parameters.ts';
import { tasteFrom } from '../http/person.ts';
import { sourcesOf } from '../http/stored-ratings.ts';
import { submitChanges } from '../http/submit.ts';
import { withDeadline } from '../ratings/deadline.ts';
import { heldMarks } from '../version/marked.ts';

/** Ratings to name as reasons of each film: as many as the page names. */
const REASONS = 2;

const params = z.object({ user: userId.openapi({ description: 'The number of a user.', example: 1 }) });

const lookRoute = createRoute({
  method: 'get',
  path: '/admin/people/{user}',
  summary: 'A person’s list as they see it, and why',
  description: `410 for whoever was deleted, 404 for whom nobody knows. ${NEEDS_OPERATOR}`,
  security: OPERATOR,
  request: { params, query: z.strictObject({ k }) },
  responses: answers(
    z
      .object({
        ...recommendationsSchema.shape,
        trained: z.boolean().openapi({ description: 'Whether the version in service was trained on them.' }),
        newer: z.int().openapi({ description: 'Their ratings in D1.' }),
        marks: z.record(z.string(), z.int()).openapi({ description: 'Films by mark.' }),
      })
      .openapi('PersonSeen'),
    'What `GET /recommend` answers them, with reasons.',
  ),
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/admin/people/{user}',
  summary: 'Delete a person',
  description: `As \`DELETE /session\` of theirs: it cannot be taken back. ${NEEDS_OPERATOR}`,
  security: OPERATOR,
  request: { params },
  responses: writeAnswers(
    z.object({ user: z.int() }).openapi('DeletedPerson'),
    'Deleted; the id is never given out again.',
  ),
});

export const adminPeople = new OpenAPIHono<AppEnv>()
  .openapi(lookRoute, async (c) => {
    await requireAdmin(c);
    const { user } = c.req.valid('param');
    const { k } = c.req.valid('query');
    const { arm, settings } = await assignedTo(c, user, []);
    const version = await servedVersion(c);
    const sources = await sourcesOf(c, version, user);
    if (!sources.stored && sources.degraded.length === 0) await requireKnown(c, user);
    const taste = await tasteFrom(version, sources, { since: 0, now: now(c) });
    const usual = { k, offset: 0, diversity: 0, explain: REASONS, popularity: 0, rated: 'hide' } as const;
    const asked = { ...usual, ...settings };
    const { list: made } = await pinnedList(version, taste, { ...asked, next: await nextFor(c, version, asked) });
    const list = { ...made, ...(arm !== null && { arm }) };
    const held = Map.groupBy(heldMarks(sources), ({ mark }) => mark);
    const marks = Object.fromEntries([...held].map(([mark, films]) => [mark, films.length]));
    return c.json({ user, ...list, trained: sources.stored !== null, newer: sources.newer.length, marks }, 200);
  })
  .openapi(deleteRoute, async (c) => {
    await requireAdmin(c);
    const { user } = c.req.valid('param');
    if (!(await isTrained(c, user))) await requireKnown(c, user);
    const { status } = await submitChanges(c, [{ kind: 'deletion', user, acceptedAt: c.var.now() }]);
    return c.json({ user }, status);
  });

/** Throws `unknown-user` for a number that is nobody's. */
async function requireKnown(c: Context<AppEnv>, user: number): Promise<void> {
  if (!(await withDeadline(isKnown(c.env.DB, user), c.var.ratingTimeout))) throw nobody(user);
}
