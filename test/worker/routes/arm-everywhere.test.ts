import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Arm, armOf } from '../../../shared/artifact/experiment.ts';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION, movieIdOf } from '../../fixtures/groups.ts';
import { type Answer, idsOf, publishFixture, startApp, startSession, type TestApp, TOKEN } from '../app.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document
type Any = any;

const BESIDE = '20260102T000000Z-beside';
const SETTINGS = { popularity: -0.8, by: 'rating' } as const;
const NAMED_OTHERWISE = { popularity: 0, by: 'relevance' } as const;
const ARMS: Arm[] = [
  { name: 'usual', weight: 1 },
  { name: 'other', weight: 1, version: BESIDE, settings: SETTINGS },
];
const EXPERIMENT = {
  name: 'trial',
  startedAt: '2026-01-01T00:00:00.000Z',
  ends: '2026-01-05T00:00:00.000Z',
  arms: ARMS,
};
const FILM = movieIdOf(9);
const RATED = [0, 4, 8].map((row) => ({ movieId: movieIdOf(row), rating: 5 }));

interface Visit {
  readonly app: TestApp;
  readonly headers: HeadersInit;
  readonly user: number;
  readonly code: string;
}

type Named = Readonly<Record<string, string | number>>;

/** What a person sees that depends on a version, by operation: the path of a GET, or what else is asked. */
const SEEN: Record<string, string | ((visit: Visit, named: Named) => Promise<Answer>)> = {
  getRecommend: '/recommend',
  getRecommendCsv: '/recommend.csv',
  postRecommend: ({ app, headers }, named) =>
    app.post('/recommend', { suppose: [{ movieId: FILM, rating: 4 }], ...named }, headers),
  postRecommendBatch: ({ app, user }, named) => app.post('/recommend/batch', { people: [{ user, ...named }] }, TOKEN),
  getExplainByMovieId: `/explain/${FILM}`,
  postExplainByMovieId: ({ app, headers }, named) =>
    app.post(`/explain/${FILM}`, { ratings: RATED, ...named }, headers),
  getGatheringsByCode: '/gatherings/{code}',
  getGatheringsByCodeQuestion: '/gatherings/{code}/question',
  getSimilarByMovieId: `/similar/${FILM}`,
  getSimilar: `/similar?movie=${FILM}`,
  getRatingsPredictions: '/ratings/predictions',
  getRatings: '/ratings',
  getMarks: '/marks',
  getExport: '/export',
  getExportMarks: '/export/marks',
  postImport: ({ app, headers }) =>
    app.request('POST', '/import?store=false', {
      headers: { ...headers, 'Content-Type': 'text/csv' },
      body: `userId,movieId,rating,timestamp\n1,${FILM},4,1000000000\n`,
    }),
  getMovies: '/movies?q=the',
  getMoviesByMovieId: `/movies/${FILM}`,
  getMoviesByIdById: `/movies/by-id/${FILM}`,
  getMapFilms: '/map/films',
  getMapMe: '/map/me',
  getPosterByMovieId: `/poster/${FILM}`,
  getTop: '/top',
  getProfiles: '/profiles',
  getNext: '/next',
  getNeural: '/neural',
  getNeuralByVersion: `/neural/${BESIDE}`,
  getModel: '/model',
  getReport: '/report',
  getAdminPeopleByUser: ({ app, user }) => app.get(`/admin/people/${user}`, ADMIN),
};
const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };

/** Operations that say nothing that depends on a version or its settings, or say it to everybody alike, and why. */
const ALIKE: Record<string, string> = {
  ...because('written by either version’s films', [
    'postRatings',
    'deleteRatingsByMovieId',
    'postMarks',
    'putMarksByMovieId',
    'deleteMarksByMovieId',
    'postEvents',
    'deleteImportByImport',
  ]),
  ...because('of D1 alone', [
    'postGatherings',
    'getGatherings',
    'postGatheringsByCodeMembers',
    'deleteGatheringsByCode',
    'getExportEvents',
    'getExportAll',
    'postSession',
    'deleteSession',
    'deleteAdminPeopleByUser',
  ]),
  ...because('private mode is in no experiment: the server knows nobody there', [
    'getCompact',
    'getCompactByVersionByFile',
  ]),
  ...because('of the deployment', [
    'getHealth',
    'getHealthLive',
    'getHealthReady',
    'getMetrics',
    'getVersions',
    'getAdminTraffic',
    'getAdminVersions',
    'postAdminVersionsByVersionPromote',
    'postAdminRollback',
    'getAdminRetrains',
    'getAdminHidden',
    'putAdminHiddenByMovieId',
    'deleteAdminHiddenByMovieId',
    'getAdminPinned',
    'putAdminPinnedByMovieId',
    'deleteAdminPinnedByMovieId',
    'getAdminUploads',
    'putAdminUploadsByVersionByFile',
    'putAdminUploadsByVersionByFilePiecesByPiece',
    'postAdminUploadsByVersionByFile',
    'postAdminUploadsByVersion',
    'deleteAdminUploadsByVersion',
    'getExportAllMarks',
    'getExportAllEvents',
    'putMoviesByIdById',
  ]),
};

function because(why: string, operations: readonly string[]): Record<string, string> {
  return Object.fromEntries(operations.map((name) => [name, why]));
}

/** For ratings that come along a list is nobody's own: the settings are everybody's. */
const NOBODYS = new Set(['postExplainByMovieId']);
/** Of these the answers to different settings may be the same. */
const MAY_BE_SAME = new Set(['getGatheringsByCodeQuestion']);

const { body: document } = await startApp().get('/openapi.json');
const operations: Any[] = Object.values<Any>(document.paths).flatMap((path) => Object.values(path));

/** The operations whose list can be asked for in some order. */
const ORDERED = operations
  .filter((operation) => {
    const body = operation.requestBody?.content['application/json']?.schema ?? {};
    const shape = body.anyOf ? document.components.schemas[body.anyOf[0].$ref.split('/').at(-1)] : body;
    const inQuery = operation.parameters?.some(({ name }: Any) => name === 'popularity');
    return inQuery || shape.properties?.popularity !== undefined;
  })
  .map(({ operationId }) => operationId as string);

/** What the log has of each request. */
let lines: { version?: string }[] = [];
const app = startApp({ LOG_REQUESTS: '1' });
let [usual, other]: Visit[] = [];

async function ask(operation: string, visit: Visit, named: Named = {}, byToken = false): Promise<Answer> {
  const way = SEEN[operation];
  lines = [];
  if (typeof way === 'function') return way(visit, named);
  const path = way.replace('{code}', visit.code);
  const query = Object.entries({ ...named, ...(byToken && { user: visit.user }) }).map(([name, of]) => `${name}=${of}`);
  const url = [path, query.join('&')].filter(Boolean).join(path.includes('?') ? '&' : '?');
  const { status, headers, text } = await app.raw('GET', url, byToken ? TOKEN : visit.headers);
  const isJson = headers.get('Content-Type')?.includes('json');
  return { status, headers, body: isJson ? JSON.parse(text) : text };
}

/** The version that an answer says that it comes from, else the log. */
function versionOf({ body }: Answer): string | undefined {
  return body?.items?.[0]?.list?.model.version ?? body?.model?.version ?? lines.at(-1)?.version;
}

/** What an answer says of films and their order. */
function said({ body }: Answer): unknown {
  const { model: _, ...rest } = body?.items?.[0]?.list ?? body;
  return rest;
}

function readLog(): void {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    if (line.startsWith('{')) lines.push(JSON.parse(line));
  });
}

beforeEach(readLog);

beforeAll(async () => {
  readLog();
  await publishFixture(env.MODELS, BESIDE);
  await publishFixture(env.MODELS);
  const current = await (await env.MODELS.get(CURRENT_KEY))!.json<object>();
  await env.MODELS.put(CURRENT_KEY, JSON.stringify({ ...current, experiment: EXPERIMENT }));
  const people = new Map<string, Visit>();
  while (people.size < ARMS.length) {
    const { user, headers } = await startSession(app);
    const { code } = (await app.post('/gatherings', {}, headers)).body;
    await app.post('/ratings', { ratings: RATED }, headers);
    people.set(armOf(EXPERIMENT, user, app.now())!.name, { app, headers, user, code });
  }
  [usual, other] = ARMS.map(({ name }) => people.get(name)!);
});

describe('an arm of an experiment', () => {
  it('is thought of by every operation: either it decides the answer, or it is said why not', () => {
    const known = [...Object.keys(SEEN), ...Object.keys(ALIKE)];
    expect(known.sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  it.each(Object.keys(SEEN))('decides by which version %s answers', async (operation) => {
    const theirs = await ask(operation, other);
    expect(theirs.status).not.toBe(401);
    expect(versionOf(theirs)).toBe(BESIDE);
    expect(versionOf(await ask(operation, usual))).toBe(FIXTURE_VERSION);
    const takesUser = operations
      .find(({ operationId }) => operationId === operation)
      .parameters?.some(({ name }: Any) => name === 'user');
    if (takesUser) expect(versionOf(await ask(operation, other, {}, true))).toBe(BESIDE);
  });

  it.each(ORDERED)('decides by which settings %s answers', async (operation) => {
    const answers = [{}, SETTINGS, NAMED_OTHERWISE].map(async (named) => {
      const answer = await ask(operation, other, named as Named);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return said(answer);
    });
    const [unnamed, same, different] = [await answers[0], await answers[1], await answers[2]];
    expect(unnamed).toEqual(NOBODYS.has(operation) ? said(await ask(operation, usual)) : same);
    if (!MAY_BE_SAME.has(operation)) expect(same).not.toEqual(different);
  });

  it('decides the first document of the page', async () => {
    for (const path of ['/', `/film/${FILM}`, '/mine', '/watchlist', '/loved', '/map', '/about']) {
      lines = [];
      await app.page(path, other.headers);
      const versions = lines.flatMap(({ version }) => version ?? []);
      expect(new Set(versions), path).toEqual(new Set([BESIDE]));
    }
  });

  it('is one for a gathering: that of whoever opened it', async () => {
    await app.post(`/gatherings/${other.code}/members`, {}, usual.headers);
    await app.post(`/gatherings/${usual.code}/members`, {}, other.headers);
    const seenBy = async ({ headers }: Visit, code: string) => (await app.get(`/gatherings/${code}`, headers)).body;
    const [own, visited] = [await seenBy(other, other.code), await seenBy(usual, other.code)];
    expect(visited.model.version).toBe(BESIDE);
    expect(visited.items).toEqual(own.items);
    expect((await seenBy(other, usual.code)).model.version).toBe(FIXTURE_VERSION);
  });

  it('has answers that no shared cache keeps, where another version makes them', async () => {
    const cacheOf = async ({ headers }: Visit, path: string) =>
      (await app.get(path, headers)).headers.get('Cache-Control');
    for (const path of ['/movies/2', '/map/films']) {
      expect(await cacheOf(other, path), path).toBe('private, no-cache');
      expect(await cacheOf(usual, path), path).toBe('public, no-cache');
    }
  });

  it('lets people rate a film that was added, whatever version answers them', async () => {
    const put = { headers: { 'Content-Type': 'application/json', ...TOKEN }, body: JSON.stringify({ title: 'Fern' }) };
    const { movieId } = (await app.request('PUT', '/movies/by-id/fern', put)).body;
    for (const { headers } of [usual, other]) {
      expect((await app.post('/ratings', { movieId, rating: 4 }, headers)).status).toBe(200);
      expect(idsOf(await app.get('/recommend?k=100&maxRatings=0&rated=show', headers))).toContain(movieId);
    }
  });
});
