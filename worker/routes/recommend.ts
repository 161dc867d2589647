import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { writeList } from '../../shared/exchange/write-titled.ts';
import { filterShape } from '../../shared/filters/movie-filters.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { fileAnswers, fileHeaders } from '../http/file.ts';
import { readerOf } from '../http/identity/auth.ts';
import { NAMED_USER } from '../http/identity/needs.ts';
import { assignedTo, namedInBody } from '../http/lists/arm.ts';
import { choiceShape } from '../http/lists/choice.ts';
import { type Exploration, explorationOf } from '../http/lists/exploration.ts';
import { logList } from '../http/lists/log-list.ts';
import { type AskedOrdering, nameOfOrdering, ONE_ORDER, orderingOf, orderingShape } from '../http/lists/ordering.ts';
import { pinnedList } from '../http/lists/pinned.ts';
import { recommendations, recommendationsSchema, recommendationsTogether } from '../http/lists/recommendations.ts';
import { completeMarks, nobodysMarks } from '../http/marks.ts';
import { fraction, inBody, integerOr, k, since, userId } from '../http/parameters.ts';
import { people, personQuery, ratings, suppose, supposedTaste, tasteFrom, tastesOf } from '../http/person.ts';
import { limitJson, listableVersion, nextFor, now, servedVersion, sourcesOf } from '../http/request.ts';
import { during, noteList } from '../http/traffic/trace.ts';
import { TOGETHER } from '../recommend/together.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { isOfRatings, ratedSince, type UserSources } from '../version/taste-of.ts';

const EXAMPLE = { ratings: [{ movieId: 2571, rating: 5 }], k: 5, explain: 2 };

/** What a list may be asked for by, besides whom it is for. */
export const listShape = {
  k,
  offset: integerOr(0, 0, 10_000, 'How many of the best to leave out.'),
  ...orderingShape,
  diversity: fraction(
    'Re-ranks the best 200 so that movies resemble those before them less (maximal marginal relevance); 0: not at all.',
  )
    .default(0)
    .openapi({ default: 0 }),
  explain: integerOr(
    0,
    0,
    5,
    'How many ratings to name as reasons of each movie; above 0 also the parts of its score.',
  ),
};

type Asked = AskedOrdering & { readonly diversity: number; readonly explain: number; readonly since: number };

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
    middleware: limitJson,
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
      const { list, ...shown } = await listFor(c, asked);
      const arm = shown.arm === null ? {} : { arm: shown.arm };
      return c.json({ ...list, ...arm, requestId: logged(c, asked, list, shown) }, 200);
    })
    .openapi(listRoute, async (c) => {
      const { version, list } = await listFor(c, { ...c.req.valid('query'), explain: 0 });
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

type AskedList = Asked &
  Omit<Parameters<typeof tasteFrom>[2], 'now'> &
  Parameters<typeof recommendations>[2] & {
    readonly user?: number;
    readonly among?: 'watchlist';
    readonly explore?: number;
  };

/** The list for one person, and the version that made it. */
async function listFor(c: Context<AppEnv>, named: AskedList) {
  const user = await readerOf(c, named.user);
  const inExperiment = named.profile === undefined ? user : null; // a profile is nobody's own taste
  const { experiment, arm, settings, version: beside } = await assignedTo(c, inExperiment, Object.keys(c.req.query()));
  const asked = { ...named, ...settings };
  const exploration = explorationFor(c, asked, user);
  const explored = exploration?.explored ?? false;
  const { version, sources } = await versionFor(c, asked, user, { beside, explored });
  const taste = await during(c, 'fold-in', () => tasteFrom(version, sources, { ...asked, now: now(c) }));
  const choice = asked.among ? watchlistOf(user, sources) : {};
  const next = await nextFor(c, version, asked);
  const ordering = nameOfOrdering(orderingOf({ ...asked, next }, version.model.manifest.blend));
  const drawn = explored ? { drawnBy: exploration?.seed } : {};
  const whole = { ...asked, ...choice, ...drawn, next };
  const { list: made, first } = await during(c, 'rank', () => pinnedList(version, taste, whole));
  noteList(c, made);
  const list = { user, ...made };
  return { version, experiment, arm, ordering, explored, probability: exploration?.probability ?? null, first, list };
}

/** Only a list of somebody's own taste explores, and only where nothing else is to put it in order. */
function explorationFor(c: Context<AppEnv>, asked: AskedExploration, user: number | null): Exploration | null {
  const { profile, among, diversity, explore = Number(c.env.EXPLORE ?? 0) } = asked;
  if (user === null || profile !== undefined || among !== undefined || diversity > 0) return null;
  return explorationOf(c, user, explore);
}

type AskedExploration = Pick<AskedList, 'profile' | 'among' | 'diversity' | 'explore'>;

/** What puts the list that is supposed in order, where it is a draw that puts the user's list in order. */
function drawnBy(c: Context<AppEnv>, asked: AskedExploration, user: number | null): string | undefined {
  const exploration = explorationFor(c, asked, user);
  return exploration?.explored ? exploration.seed : undefined;
}

type MadeList = Awaited<ReturnType<typeof listFor>>;

/** Logs what somebody was recommended for their own taste, pinned films apart. Returns the request's id where it did. */
function logged(
  c: Context<AppEnv>,
  { profile, among }: AskedList,
  { user, model, items }: MadeList['list'],
  { version: _, ...made }: Omit<MadeList, 'list'>,
): string | undefined {
  if (profile !== undefined || among !== undefined || items.length === 0) return undefined;
  const [pinnedIds, movieIds] = [true, false].map((wanted) =>
    items.filter(({ pinned = false }) => pinned === wanted).map(({ movieId }) => movieId),
  );
  return logList(c, user, { ...made, version: model.version, movieIds, pinnedIds });
}

/** The only movies of a list among the watchlist. Throws `unauthorized`, `store-unavailable`. */
function watchlistOf(user: number | null, sources: UserSources) {
  if (user === null) throw nobodysMarks();
  const wanted = completeMarks(sources).filter(({ mark }) => mark === 'watchlist');
  return { candidates: wanted.map(({ movieId }) => movieId), rated: 'show' as const };
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

/** What is known of a list before its version is. */
interface Chosen {
  /** The version of the person's arm, where that is another. */
  readonly beside: ServedVersion | undefined;
  readonly explored: boolean;
}

/** The version that answers: complete, unless the request needs only a list by relevance for a stored user vector. */
async function versionFor(c: Context<AppEnv>, asked: Asked, user: number | null, { beside, explored }: Chosen) {
  if (beside) return { version: beside, sources: await sourcesOf(c, beside, user) };
  const listable = await listableVersion(c);
  if (listable.isComplete || (byRelevance(asked, listable) && !explored)) {
    const sources = await sourcesOf(c, listable, user);
    if (listable.isComplete || !isOfRatings(ratedSince(sources, asked.since), now(c)))
      return { version: listable, sources };
  }
  const version = await servedVersion(c);
  return { version, sources: await sourcesOf(c, version, user) };
}

function byRelevance(asked: Asked, { model }: ServedVersion): boolean {
  const isRelevance = orderingOf(asked, model.manifest.blend).blend === 0 && asked.by !== 'next';
  return isRelevance && asked.diversity === 0 && asked.explain === 0;
}
