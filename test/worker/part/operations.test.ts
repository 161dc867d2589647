import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { numberOf } from '../../../shared/own-id.ts';
import { PATHS } from '../../../worker/web/state/address.ts';
import { MOVIES, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, type TestApp, TOKEN } from '../app.ts';
import { partsOver, publishCut } from './cut-version.ts';

const [BEFORE, VERSION] = ['20260302T000000Z-before', '20260303T000000Z-first'];
const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
const UPLOAD = '/admin/uploads/20270101T000000Z-abcdef';
const FILM = movieIdOf(9);
const rated = (...rows: number[]) => rows.map((row, at) => ({ movieId: movieIdOf(row), rating: 5 - (at % 5) }));
const ANN = rated(0, 4, 8, 50, 51, 120);
const BEN = rated(70, 71, 4, 150);
const ORDERS = ['', 'by=rating', 'by=next', 'blend=0.3', 'popularity=-0.7', 'by=rating&certainty=4', 'rated=show'];
const HORROR = movieIdOf(2);
const TTL = 10;
const LIKES = '/similar?k=100&minRatings=0';

interface Visit {
  readonly app: TestApp;
  readonly user: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a gathering of three. */
  readonly code: string;
  /** The other two. */
  readonly friends: readonly Pick<Visit, 'user' | 'headers'>[];
}

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How each operation is asked; the visitor's session goes along where no headers are given. */
const ASKED: Record<string, readonly (Asked | string)[] | ((visit: Visit) => readonly (Asked | string)[])> = {
  getRecommend: [...ORDERS, 'diversity=0.5&explain=3', 'genre=Drama&k=100', 'explore=1', 'among=watchlist'].map(
    (asked) => `/recommend?${asked}`,
  ),
  getRecommendCsv: ['/recommend.csv?k=100'],
  postRecommend: [
    post('/recommend', { ratings: ANN, explain: 2, k: 50 }),
    post('/recommend', { suppose: rated(30), k: 50 }),
    ...['least', 'mean'].flatMap((together) =>
      [{}, { by: 'rating' }, { by: 'next' }, { blend: 0.4, popularity: 0.5 }, { rated: 'show', diversity: 0.6 }].map(
        (more) =>
          post('/recommend', {
            people: [{ ratings: ANN }, { user: userIdOf(7) }, { ratings: BEN }],
            together,
            ...more,
          }),
      ),
    ),
    post('/recommend', { people: [{ ratings: ANN }], k: 100, offset: 50 }),
    post('/recommend', { people: [{ ratings: [] }, { ratings: BEN }], k: 100, offset: 90, genre: ['Drama', 'Horror'] }),
    post('/recommend', {
      people: [{ ratings: BEN }, { ratings: ANN }],
      candidates: [...[3, 5, 7, 11, 13].map(movieIdOf), 999_999],
      seen: [movieIdOf(7)],
    }),
  ],
  postRecommendBatch: [
    {
      ...post('/recommend/batch', {
        people: [{ ratings: ANN }, { user: userIdOf(3) }, { profile: 'nobody' }, { user: userIdOf(9), diversity: 0.5 }],
        by: 'rating',
        explain: 2,
      }),
      headers: TOKEN,
    },
  ],
  getExplainByMovieId: [
    ...ORDERS.map((asked) => `/explain/${FILM}?${asked}&explain=5`),
    ...[1, 2, 60, 119, 121, 199].map((row) => `/explain/${movieIdOf(row)}`),
    `/explain/${movieIdOf(4)}?explain=2`,
    `/explain/${movieIdOf(30)}?genre=Drama&minRatings=5&explain=1`,
    ...[0, 17, 99].map((row) => `/explain/${FILM}?user=${userIdOf(row)}&explain=5`),
  ],
  postExplainByMovieId: [
    post(`/explain/${FILM}`, { ratings: ANN }),
    post(`/explain/${movieIdOf(5)}`, { ratings: BEN, candidates: [3, 5, 7].map(movieIdOf), explain: 5 }),
    post(`/explain/${movieIdOf(5)}`, { ratings: [], seen: [movieIdOf(5)] }),
  ],
  postGatherings: [post('/gatherings', { name: 'Ann' })],
  getGatherings: ['/gatherings'],
  postGatheringsByCodeMembers: ({ code }) => [post(`/gatherings/${code}/members`, { notSeen: [movieIdOf(1)] })],
  getGatheringsByCode: ({ code }) =>
    ['', '&together=mean&by=rating', '&diversity=0.5'].map((m) => `/gatherings/${code}?k=50${m}`),
  getGatheringsByCodeQuestion: ({ code }) =>
    ['', 'together=mean&by=rating', 'by=next&diversity=0.5'].map((asked) => `/gatherings/${code}/question?${asked}`),
  deleteGatheringsByCode: ({ code }) => [{ method: 'DELETE', path: `/gatherings/${code}` }, `/gatherings/${code}`],
  getSimilarByMovieId: [0, 3, 199].map((row) => `/similar/${movieIdOf(row)}?k=100`),
  getSimilar: [`${LIKES}&movie=${FILM}&movie=${movieIdOf(60)}`],
  getRatingsPredictions: ['/ratings/predictions'],
  getRatings: ['/ratings'],
  postRatings: [post('/ratings', { ratings: rated(33, 34) }), '/recommend?explain=2'],
  deleteRatingsByMovieId: [{ method: 'DELETE', path: `/ratings/${movieIdOf(33)}` }, '/recommend'],
  getMarks: ['/marks'],
  postMarks: [post('/marks', { marks: [{ movieId: movieIdOf(20), mark: 'watchlist' }] })],
  putMarksByMovieId: [{ method: 'PUT', path: `/marks/${movieIdOf(21)}`, body: { mark: 'seen' } }, '/recommend'],
  deleteMarksByMovieId: [{ method: 'DELETE', path: `/marks/${movieIdOf(21)}` }],
  postImport: [
    {
      method: 'POST',
      path: '/import?store=false',
      body: `userId,movieId,rating,timestamp\n1,${FILM},4,1000000000\n`,
      headers: { 'Content-Type': 'text/csv' },
    },
  ],
  deleteImportByImport: [{ method: 'DELETE', path: '/import/none' }],
  getExport: ['/export'],
  getExportMarks: ['/export/marks'],
  postEvents: [
    post('/events', { events: [{ id: '0b6f2f5e-3c4d-4b8e-9a57-6d1f0c2e8a11', kind: 'clicked', movieId: FILM }] }),
  ],
  getExportEvents: ['/export/events'],
  getExportAll: [{ path: '/export/all', headers: ADMIN }],
  getExportAllMarks: [{ path: '/export/all/marks', headers: ADMIN }],
  getExportAllEvents: [{ path: '/export/all/events', headers: ADMIN }],
  getNext: ['/next?n=20', `/next?n=5&skip=${FILM}`],
  getMovies: ['/movies?q=film%201', '/movies?q=nothing'],
  getMoviesByMovieId: [FILM, movieIdOf(199), 999_999].map((movieId) => `/movies/${movieId}`),
  getMoviesByIdById: [`/movies/by-id/${FILM}`],
  putMoviesByIdById: [
    { method: 'PUT', path: `/movies/by-id/${FILM}`, body: { available: false }, headers: TOKEN },
    '/recommend?k=100',
    { method: 'PUT', path: `/movies/by-id/${FILM}`, body: { available: true }, headers: TOKEN },
  ],
  getPosterByMovieId: [`/poster/${FILM}`],
  getMapFilms: ['/map/films'],
  getMapMe: ['/map/me', `/map/me?user=${userIdOf(3)}`],
  getTop: ['/top?by=mean&k=100', '/top?genre=Drama'],
  getProfiles: ['/profiles'],
  postSession: [{ method: 'POST', path: '/session', headers: {} }],
  deleteSession: ({ friends: [{ headers }] }) => [
    { method: 'DELETE', path: '/session', headers },
    { path: '/ratings', headers },
  ],
  getNeural: ['/neural'],
  getNeuralByVersion: [`/neural/${VERSION}`],
  getCompact: ['/compact'],
  getCompactByVersionByFile: ['compact.arrow.gz', 'posterior.arrow', 'profiles.arrow', 'next.arrow'].map(
    (file) => `/compact/${VERSION}/${file}`,
  ),
  getModel: ['/model'],
  getReport: ['/report'],
  getVersions: ['/versions'],
  getHealth: ['/health'],
  getHealthLive: ['/health/live'],
  getHealthReady: ['/health/ready'],
  getMetrics: [{ path: '/metrics', headers: ADMIN }],
  getAdminTraffic: [{ path: '/admin/traffic', headers: ADMIN }],
  getAdminVersions: [{ path: '/admin/versions', headers: ADMIN }],
  postAdminVersionsByVersionPromote: [{ method: 'POST', path: `/admin/versions/${VERSION}/promote`, headers: ADMIN }],
  getAdminUploads: [{ path: '/admin/uploads', headers: ADMIN }],
  putAdminUploadsByVersionByFile: [{ method: 'PUT', path: `${UPLOAD}/movies.arrow`, body: 'films', headers: ADMIN }],
  putAdminUploadsByVersionByFilePiecesByPiece: [
    { method: 'PUT', path: `${UPLOAD}/movies.arrow/pieces/1`, body: 'films', headers: ADMIN },
  ],
  postAdminUploadsByVersionByFile: [{ method: 'POST', path: `${UPLOAD}/movies.arrow`, headers: ADMIN }],
  postAdminUploadsByVersion: [{ method: 'POST', path: UPLOAD, headers: ADMIN }],
  deleteAdminUploadsByVersion: [{ method: 'DELETE', path: UPLOAD, headers: ADMIN }],
  postAdminRollback: Array(2).fill({ method: 'POST', path: '/admin/rollback', headers: ADMIN }), // there and back
  getAdminRetrains: [{ path: '/admin/retrains', headers: ADMIN }],
  getAdminPeopleByUser: [{ path: `/admin/people/${userIdOf(3)}`, headers: ADMIN }],
  deleteAdminPeopleByUser: ({ friends: [, { user }] }) => [
    { method: 'DELETE', path: `/admin/people/${user}`, headers: ADMIN },
  ],
  getAdminHidden: [{ path: '/admin/hidden', headers: ADMIN }],
  putAdminHiddenByMovieId: [{ method: 'PUT', path: `/admin/hidden/${FILM}`, headers: ADMIN }],
  deleteAdminHiddenByMovieId: [{ method: 'DELETE', path: `/admin/hidden/${FILM}`, headers: ADMIN }],
  getAdminPinned: [{ path: '/admin/pinned', headers: ADMIN }],
  putAdminPinnedByMovieId: [{ method: 'PUT', path: `/admin/pinned/${FILM}`, headers: ADMIN }],
  deleteAdminPinnedByMovieId: [{ method: 'DELETE', path: `/admin/pinned/${FILM}`, headers: ADMIN }],
};

/** Operations that answer otherwise where a catalogue is cut, and why. */
const OTHERWISE: Record<string, string> = {
  getMetrics: 'counts what this very isolate answered',
  getAdminTraffic: 'likewise',
};

/** Operations whose answer the fixture has nothing for. */
const LACKING: Record<string, string> = {
  deleteImportByImport: 'nobody imported anything',
  getNeural: 'it has no network',
  getNeuralByVersion: 'likewise',
  getPosterByMovieId: 'nobody asks TMDB',
  getReport: 'it has no report',
  putAdminUploadsByVersionByFile: 'an upload begins with its manifest: admin-uploads.test.ts',
  putAdminUploadsByVersionByFilePiecesByPiece: 'likewise',
  postAdminUploadsByVersionByFile: 'likewise',
  postAdminUploadsByVersion: 'nothing was uploaded',
  deleteAdminUploadsByVersion: 'likewise',
};

function post(path: string, body: unknown): Asked {
  return { method: 'POST', path, body };
}

const { body: document } = await startApp().get('/openapi.json');
// biome-ignore lint/suspicious/noExplicitAny: a document
const operations: string[] = Object.values<any>(document.paths).flatMap((path) =>
  Object.values<{ operationId: string }>(path).map(({ operationId }) => operationId),
);

let [whole, cut]: Visit[] = [];

/** An app with a database of its own, in which the same was done as in the other's. */
async function visit(DB: D1Database, bindings: object): Promise<Visit> {
  await applyD1Migrations(DB, env.MIGRATIONS);
  const app = startApp({ DB, ...bindings });
  const { user, headers } = await startSession(app);
  await app.post('/ratings', { ratings: ANN }, headers);
  await app.post('/marks', { marks: [{ movieId: movieIdOf(77), mark: 'watchlist' }] }, headers);
  const { code } = (await app.post('/gatherings', {}, headers)).body;
  const friends = [await startSession(app), await startSession(app)];
  for (const [at, ratings] of [BEN, rated(11)].entries()) {
    const friend = friends[at];
    await app.post('/ratings', { ratings }, friend.headers);
    await app.post(`/gatherings/${code}/members`, {}, friend.headers);
  }
  return { app, user, headers, code, friends };
}

type Said = Awaited<ReturnType<typeof answerTo>>;

/** One after the other: what is asked may change what is asked next. */
async function answersTo(visitor: Visit, asked: readonly (Asked | string)[]): Promise<Said[]> {
  const answers: Said[] = [];
  for (const one of asked) answers.push(await answerTo(visitor, one));
  return answers;
}

/** What was asked where the answers are not the same, and where they part. */
function differences(answers: readonly Said[], others: readonly Said[], asked: readonly (Asked | string)[]) {
  return answers.flatMap(({ status, tag, text }, at) => {
    const other = others[at];
    if (status === other.status && tag === other.tag && text === other.text) return [];
    const from = [...text].findIndex((char, i) => char !== other.text[i]);
    const around = (of: string) => of.slice(Math.max(0, from - 100), from + 100);
    return [
      { asked: asked[at], status: [status, other.status], tag: [tag, other.tag], text: [text, other.text].map(around) },
    ];
  });
}

async function answerTo({ app, code, headers: own }: Visit, asked: Asked | string) {
  const { method = 'GET', path, body, headers = own } = typeof asked === 'string' ? { path: asked } : asked;
  const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const json: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const { status, headers: got, text } = await app.raw(method, path, { ...json, ...headers }, init);
  const said = text.replaceAll(code, 'CODE').replace(/"requestId":"[^"]*"/, '"requestId":""');
  return { status, tag: /^"\d{8}T/.test(got.get('ETag') ?? '') ? got.get('ETag') : '', text: said };
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

beforeAll(async () => {
  await publishCut(BEFORE, 3);
  await publishCut(VERSION, 3);
  whole = await visit(env.SHARD_1, {});
  cut = await visit(env.SHARD_2, partsOver([env.MODELS, env.MODELS, env.MODELS]));
  expect(cut.user).toBe(whole.user);
});

describe('an operation on a catalogue that is cut over three Workers', () => {
  it('is asked here, whatever operations there are', () => {
    expect(Object.keys(ASKED).sort()).toEqual([...operations].sort());
  });

  it.each(Object.keys(ASKED).filter((operation) => !(operation in OTHERWISE)))(
    'answers as on one Worker that has all films, to the byte: %s',
    async (operation) => {
      const ways = ASKED[operation];
      const of = (visitor: Visit) => (typeof ways === 'function' ? ways(visitor) : ways);
      const all = await answersTo(whole, of(whole));
      expect(differences(await answersTo(cut, of(cut)), all, of(whole))).toEqual([]);
      if (!(operation in LACKING)) expect(all.map(({ status }) => status)).toContain(200);
      for (const { text } of all) expect(text).not.toContain('"code":"not-offered"');
    },
  );

  it.each(Object.keys(PATHS) as (keyof typeof PATHS)[])(
    'is asked by the page as on one Worker: its view %s',
    async (view) => {
      const [path, headers] = [PATHS[view], { Accept: 'text/html' }];
      for (const asked of [path, `/film/${FILM}`, `${path}?genre=Drama`]) {
        const documentOf = ({ app, headers: own }: Visit) => app.page(asked, { ...own, ...headers });
        const { status, text } = await documentOf(whole);
        expect(status).toBe(200);
        expect((await documentOf(cut)).text).toBe(text);
      }
    },
  );

  it('knows films that were added at once, as one Worker does, to the byte', async () => {
    const put = (id: string, body: object) => ({ method: 'PUT', path: `/movies/by-id/${id}`, body, headers: TOKEN });
    const [fern, moss] = [numberOf('fern'), numberOf('moss')];
    const [drama, horror] = [['Drama'], ['Horror']];
    const asked = [
      put('fern', { title: 'Night of the Ferns', year: 1990, genres: horror }),
      put('moss', { title: 'Moss', genres: ['Drama', 'Botany'] }),
      ...[...ORDERS, 'diversity=0.5&explain=3', 'genre=Horror', 'minRatings=1'].map((by) => `/recommend?k=100&${by}`),
      '/movies?q=fern',
      ...[`/movies/${fern}`, '/movies/by-id/moss', `/similar/${fern}?k=100`, `${LIKES}&movie=${moss}&movie=${FILM}`],
      ...[`/similar/${HORROR}?k=100&genre=Horror`, '/top?by=bias&genre=Botany', '/map/films'],
      ...[fern, moss, FILM].flatMap((movieId) => ORDERS.map((by) => `/explain/${movieId}?explain=5&${by}`)),
      post('/ratings', { ratings: [{ id: 'fern', rating: 5 }, ...rated(61)] }),
      ...[...ORDERS, 'explain=3'].map((by) => `/recommend?k=100&${by}`),
      ...['/ratings/predictions', '/next?n=20', '/map/me', `/explain/${fern}?explain=5`],
      ...['least', 'mean'].flatMap((together) =>
        [{}, { by: 'rating' }, { genre: drama }, { candidates: [fern, moss, FILM] }, { diversity: 0.6 }].map((more) =>
          post('/recommend', { people: [{ ratings: ANN }, { ratings: BEN }], together, k: 100, ...more }),
        ),
      ),
      post('/recommend', { ratings: [{ movieId: moss, rating: 1 }, ...BEN], by: 'rating', k: 100, explain: 5 }),
      {
        ...post('/recommend/batch', { people: [{ ratings: ANN }, { ratings: BEN, diversity: 0.5 }], k: 100 }),
        headers: TOKEN,
      },
      put('moss', { available: false }),
      '/recommend?k=100&by=rating',
    ];
    const all = await answersTo(whole, asked);
    expect(differences(await answersTo(cut, asked), all, asked)).toEqual([]);
    expect(all.map(({ status }) => status)).toEqual(asked.map(() => 200));
    expect(all.filter(({ text }) => text.includes('Night of the Ferns')).length).toBeGreaterThan(20);
  });

  it('reads what was said of films when it starts, and takes the rest in once a part answers again', async () => {
    const parts = partsOver([env.MODELS, env.MODELS, env.MODELS]);
    const app = startApp({ DB: env.SHARD_2, ...parts });
    expect((await app.get('/movies?q=ferns')).body.items).toMatchObject([{ title: 'Night of the Ferns' }]);
    const services = Object.values(parts);
    const before = services.map(({ vectors }) => vectors);
    for (const part of services) part.vectors = () => Promise.reject(new Error('the isolate is gone'));
    const others: number[] = []; // whose vectors the Worker in front does not keep
    for (let row = 0; row < MOVIES && others.length === 0; row++) {
      if ((await app.get(`/movies/${movieIdOf(row)}`)).status === 503) others.push(movieIdOf(row));
    }
    const put = { method: 'PUT', path: `/movies/by-id/${others[0]}`, body: { available: false }, headers: TOKEN };
    expect((await answerTo({ ...cut, app }, put)).status).toBe(200);
    expect((await app.get(`/movies/by-id/${others[0]}`)).status).toBe(503);
    for (const [at, part] of services.entries()) part.vectors = before[at];
    app.pass(TTL);
    expect((await app.get(`/movies/by-id/${others[0]}`)).status).toBe(404);
  });
});
