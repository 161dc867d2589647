import { createRoute, OpenAPIHono, type RouteHandler, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { filterShape } from '../../shared/filters/movie-filters.ts';
import { inServiceVersion, nextFor } from '../http/answering-version.ts';
import { answers, modelSchema, problemSchema } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { jsonBody } from '../http/body.ts';
import { requireProgram } from '../http/identity/auth.ts';
import { NEEDS_PROGRAM, PROGRAM } from '../http/identity/needs.ts';
import { assignedTo } from '../http/lists/arm.ts';
import { choiceShape } from '../http/lists/choice.ts';
import { listShape } from '../http/lists/list-shape.ts';
import { pinnedList } from '../http/lists/pinned.ts';
import { type recommendations, recommendationsSchema } from '../http/lists/recommendations.ts';
import { now } from '../http/now.ts';
import { inBody, since } from '../http/parameters.ts';
import { isNamedOnce, ONE_WAY, personShape, sourcesFor, tasteFrom } from '../http/person.ts';
import { problemOf, refuseInvalid } from '../http/problem.ts';
import { noteList } from '../http/traffic/trace.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { withVectors } from '../version/taste-of.ts';

/** Lists of one request: processor time and the size of the answer grow with them. */
const MOST_LISTS = 100;

const EXAMPLE = { people: [{ user: 1 }, { user: 2, genre: ['Comedy'] }], k: 5 };

/** What each list takes from the body where its person has nothing of their own. */
function withShared(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('people' in body) || !Array.isArray(body.people)) return body;
  const { people, ...shared } = body;
  return { people: people.map((own: unknown) => (isObject(own) ? { ...shared, ...own } : own)) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Makes the route with the filters registered at the time of the call. */
export function batch(): OpenAPIHono<AppEnv> {
  const options = { since, ...choiceShape, ...listShape, ...inBody(filterShape()) };
  const person = z
    .strictObject({ ...personShape, ...options })
    .refine(isNamedOnce, ONE_WAY)
    .openapi({ oneOf: Object.keys(personShape).map((way) => ({ type: 'object', required: [way] })) });
  const people = z.array(person).min(1).max(MOST_LISTS).openapi({
    description: 'Each with exactly one of `user`, `profile` and `ratings`, and what their list shall be otherwise.',
  });
  const body = z
    .preprocess(withShared, z.strictObject({ people }))
    .meta({ type: 'object', anyOf: [{ $ref: '#/components/schemas/Batch' }] });
  const route = createRoute({
    method: 'post',
    path: '/recommend/batch',
    summary: `What to watch next, for up to ${MOST_LISTS} people`,
    description:
      'For mail-outs. Each person has a list as of `GET /recommend`, or a problem of their own: one that is deleted ' +
      `does not keep the others from theirs. Stores nothing. ${NEEDS_PROGRAM}`,
    security: PROGRAM,
    middleware: [requireProgram, ...jsonBody],
    request: {
      body: {
        description: 'Options beside `people` hold for all who have none of their own.',
        required: true,
        content: { 'application/json': { schema: body, example: EXAMPLE } },
      },
    },
    responses: answers(
      z
        .object({
          model: modelSchema,
          items: z.array(
            z.union([z.object({ list: recommendationsSchema }), z.object({ problem: problemSchema })]).openapi({
              description: 'A list, or why there is none.',
            }),
          ),
        })
        .openapi('Lists'),
      'One for each of `people`, in their order.',
    ),
  });
  const answer: RouteHandler<typeof route, AppEnv> = async (c) => {
    const inService = await inServiceVersion(c);
    const { people } = c.req.valid('json');
    const named = (withShared(JSON.parse(await c.req.text())) as { people: readonly object[] }).people.map(Object.keys);
    const atOnce = versionsAtOnce();
    const known = await Promise.all(
      people.map((person, p) =>
        orProblem(c, () => knownPerson(c, atOnce, inService, { ...person, p, named: named[p] })),
      ),
    );
    // Lists only now, so that a catalogue that is cut is asked for all of them at once.
    const lists = (await withAllVectors(c, known)).map((one) =>
      'problem' in one ? one : orProblem(c, () => listOf(c, one)),
    );
    return c.json({ model: { version: inService.version }, items: await Promise.all(lists) }, 200);
  };
  // Errors name what each list takes, so they must show that and not the body.
  const app = new OpenAPIHono<AppEnv>().openapi(route, answer, ({ target, ...result }) => {
    const data = 'data' in result ? withShared(result.data) : undefined;
    return refuseInvalid({ target, ...result, data });
  });
  app.openAPIRegistry.register('Batch', z.strictObject({ people, ...options }));
  return app;
}

type AskedList = Parameters<typeof recommendations>[2] &
  Parameters<typeof sourcesFor>[2] &
  Parameters<typeof nextFor>[2] & {
    readonly since: number;
    readonly p: number;
    /** Options that they have, of their own or with all. */
    readonly named: readonly string[];
  };

type KnownPerson = Awaited<ReturnType<typeof knownPerson>>;

/** Versions by which one request makes many lists, each the same whenever it is asked for. */
function versionsAtOnce(): (served: ServedVersion) => ServedVersion {
  const known = new Map<ServedVersion, ServedVersion>();
  return (served) => {
    const atOnce = known.get(served) ?? served.atOnce();
    known.set(served, atOnce);
    return atOnce;
  };
}

/** What is known of a person, and the version and the settings of their arm of an experiment. */
async function knownPerson(
  c: Context<AppEnv>,
  atOnce: ReturnType<typeof versionsAtOnce>,
  inService: ServedVersion,
  named: AskedList,
) {
  const { arm, version = inService, settings } = await assignedTo(c, named.user ?? null, named.named);
  const served = atOnce(version);
  const asked = { ...named, ...settings };
  const sources = await sourcesFor(c, served, asked, `people.${asked.p}.ratings`);
  return { arm, served, sources, asked: { ...asked, next: await nextFor(c, served, asked) } };
}

/** The same people with the vectors of what they rated, brought at once for all of a version. */
async function withAllVectors<P extends object>(c: Context<AppEnv>, known: readonly (KnownPerson | P)[]) {
  const all = [...known];
  const people = [...known.entries()].flatMap(([at, one]) => ('served' in one ? [{ at, one }] : []));
  for (const [served, some] of Map.groupBy(people, ({ one }) => one.served)) {
    const users = some.map(({ one: { sources, asked } }) => ({ sources, moment: { since: asked.since, now: now(c) } }));
    for (const [i, sources] of (await withVectors(served, users)).entries()) {
      const { at, one } = some[i];
      all[at] = { ...one, sources };
    }
  }
  return all;
}

async function listOf(c: Context<AppEnv>, { arm, served, sources, asked }: KnownPerson) {
  const taste = await tasteFrom(served, sources, { ...asked, now: now(c) });
  const { list } = await pinnedList(served, taste, asked);
  noteList(c, list);
  return { list: { user: asked.user ?? null, ...list, ...(arm !== null && { arm }) } };
}

/** What is made for a person, or why it cannot be. */
async function orProblem<T>(c: Context<AppEnv>, make: () => Promise<T>) {
  try {
    return await make();
  } catch (error) {
    if (error instanceof MarqueeError && error.fault === 'caller') return { problem: problemOf(error, c) };
    throw error;
  }
}
