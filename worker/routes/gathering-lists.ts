import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { filterShape } from '../../shared/filters/movie-filters.ts';
import { nextFor, servedVersion } from '../http/answering-version.ts';
import { answers, modelSchema, movieSchema, unchanged } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readerOf } from '../http/identity/auth.ts';
import { assignedTo } from '../http/lists/arm.ts';
import { decidingQuestion, questionSchema } from '../http/lists/deciding-question.ts';
import {
  aboutGathering,
  gatheringShape,
  type KnownMember,
  knownMembers,
  livingGathering,
  NEEDS_GATHERING,
  params,
  tagOf,
} from '../http/lists/gathering.ts';
import { orderingShape } from '../http/lists/ordering.ts';
import { recommendationsTogether } from '../http/lists/recommendations.ts';
import { fraction, integerOr, k, userId } from '../http/parameters.ts';
import { TOGETHER } from '../recommend/together.ts';
import type { ServedVersion } from '../version/served-version.ts';

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

const together = z.enum(TOGETHER).default('least').openapi({ description: 'As in `POST /recommend`.' });

/** What a gathering sees. Makes the routes with the filters registered at the time of the call. */
export function gatheringLists() {
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
    .openapi(getRoute, async (c) => {
      const { user, ...query } = c.req.valid('query');
      const { code } = c.req.valid('param');
      const { version, gathering, members, you, isMember, settings } = await visited(c, code, user);
      const tag = await tagOf(c, { version, members, you, settings });
      if (isUnchanged(c, tag)) return c.body(null, 304) as never;
      const wanted = { ...query, ...settings };
      const asked = { ...wanted, rated: 'hide' as const, explain: 0, next: await nextFor(c, version, wanted) };
      const tastes = members.map(({ taste }) => taste);
      const items = isMember ? (await recommendationsTogether(version, tastes, asked)).items : [];
      const about = { model: { version: version.version }, ...aboutGathering(gathering, members, you) };
      return c.json({ ...about, items: items.map(toTenths) }, 200);
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

/** The joint list's movie with predictions to a tenth of a star: more would tell what somebody rated. */
function toTenths({ score, people = [], predictedRating, ...movie }: JointPick) {
  return {
    ...movie,
    predictedRating: tenth(predictedRating),
    people: people.map((of) => ({ predictedRating: tenth(of.predictedRating), uncertainty: tenth(of.uncertainty) })),
  };
}

type JointPick = Awaited<ReturnType<typeof recommendationsTogether>>['items'][number];

function tenth(value: number): number {
  return Math.round(10 * value) / 10;
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
