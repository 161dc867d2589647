import { OpenAPIHono } from '@hono/zod-openapi';
import { KnownPlaces } from '../shared/ratings/shards.ts';
import { withShards } from './env.ts';
import type { AppEnv, FilmNews } from './http/app-env.ts';
import { KeySets } from './http/identity/key-sets.ts';
import { nameOperations } from './http/operation-ids.ts';
import { answerNotFound, problem, refuseInvalid } from './http/problem.ts';
import { shareContent } from './http/shared-answer.ts';
import { shareWithNamedOrigins } from './http/traffic/cors.ts';
import { observeRequests, partOf } from './http/traffic/observe.ts';
import { limitWork } from './http/traffic/overload.ts';
import { limitRate } from './http/traffic/rate-limit.ts';
import { refuseCrossSite } from './http/traffic/same-site.ts';
import { Metrics } from './observe/metrics.ts';
import { Tmdb } from './posters/tmdb.ts';
import { GivenUp } from './ratings/given-up.ts';
import { ListLog } from './ratings/list-log.ts';
import { RatingReader } from './ratings/reader.ts';
import { admin } from './routes/admin.ts';
import { adminPeople } from './routes/admin-people.ts';
import { adminPinned } from './routes/admin-pinned.ts';
import { adminUploads } from './routes/admin-uploads.ts';
import { batch } from './routes/batch.ts';
import { compact } from './routes/compact.ts';
import { docs } from './routes/docs.ts';
import { events } from './routes/events.ts';
import { explain } from './routes/explain.ts';
import { exportAll } from './routes/export-all.ts';
import { films as filmRoutes } from './routes/films.ts';
import { gatheringLists } from './routes/gathering-lists.ts';
import { gatherings } from './routes/gatherings.ts';
import { health } from './routes/health.ts';
import { imports } from './routes/import.ts';
import { map } from './routes/map.ts';
import { marks } from './routes/marks.ts';
import { metrics as metricsRoute } from './routes/metrics.ts';
import { model } from './routes/model.ts';
import { movies } from './routes/movies.ts';
import { neural } from './routes/neural.ts';
import { next } from './routes/next.ts';
import { lostOr, page } from './routes/page.ts';
import { poster } from './routes/poster.ts';
import { predictions } from './routes/predictions.ts';
import { profiles } from './routes/profiles.ts';
import { ratings as ratingRoutes } from './routes/ratings.ts';
import { recommend } from './routes/recommend.ts';
import { session } from './routes/session.ts';
import { similar } from './routes/similar.ts';
import { top } from './routes/top.ts';
import { transfer } from './routes/transfer.ts';
import { versions } from './routes/versions.ts';
import { AddedFilms } from './version/added-films.ts';
import { PublishedVersions } from './version/published-versions.ts';
import { RetrainOutcomes } from './version/retrain-outcomes.ts';
import { ModelStore } from './version/store.ts';

export interface AppOptions {
  /** The compiled scorer: only the Worker's entry can import it. */
  readonly kernel: WebAssembly.Module;
  /** Now, in milliseconds since the epoch: dates accepted ratings and the age of the model. */
  readonly now?: () => number;
  /** Milliseconds that D1 may take. After that, answers are made without it. */
  readonly ratingTimeout?: number;
  /** Milliseconds that R2 may keep a request waiting that has a version to answer from. */
  readonly modelTimeout?: number;
  /** Milliseconds that TMDB may take for a poster. */
  readonly posterTimeout?: number;
  /** Requests that one isolate has under way at most. */
  readonly mostUnderWay?: number;
}

/**
 * Makes the Worker's HTTP interface. It holds the version in service, so each isolate has one app.
 *
 * @example
 * const app = createApp({ kernel });
 * const answer = await app.request('/recommend?user=1', {}, env, ctx);
 */
export function createApp({
  kernel,
  now = Date.now,
  ratingTimeout = 2000,
  modelTimeout,
  posterTimeout,
  mostUnderWay = 512,
}: AppOptions): OpenAPIHono<AppEnv> {
  const metrics = new Metrics();
  const films = new AddedFilms();
  const models = new ModelStore({ kernel, films, now, patience: modelTimeout, watch: metrics });
  const news: FilmNews = {
    get all() {
      return films.all;
    },
    async told(db) {
      if (await films.read(db)) await models.takeFilms();
    },
  };
  const published = new PublishedVersions(now);
  const nights = new RetrainOutcomes(now);
  const givenUp = new GivenUp(now);
  const ratings = new RatingReader(ratingTimeout, metrics);
  const places = new KnownPlaces();
  const keySets = new KeySets(now);
  const lists = new ListLog();
  const tmdb = new Tmdb(now, posterTimeout);
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid, strict: false }); // a slash at the end of a path does not count
  app.use(observeRequests(metrics, now));
  app.use(async function shareServices(c, next) {
    c.env = withShards(c.env, places);
    c.set('models', models);
    c.set('films', news);
    c.set('versions', published);
    c.set('nights', nights);
    c.set('givenUp', givenUp);
    c.set('ratings', ratings);
    c.set('keySets', keySets);
    c.set('lists', lists);
    c.set('tmdb', tmdb);
    c.set('ratingTimeout', ratings.timeout);
    c.set('now', now);
    c.header('Cache-Control', 'no-store'); // set before the answer: afterwards Hono would copy the response
    c.header('X-Content-Type-Options', 'nosniff');
    await next();
  });
  app.use(shareWithNamedOrigins);
  app.use(limitWork(mostUnderWay));
  app.use(limitRate);
  app.use(refuseCrossSite);
  app.onError(problem);
  app.notFound(lostOr(answerNotFound(app.router)));
  for (const routes of [
    recommend(),
    batch(),
    explain(),
    gatherings,
    gatheringLists(),
    similar(),
    predictions, // before `/ratings/{movieId}`
    ratingRoutes,
    imports,
    marks,
    events,
    transfer,
    exportAll,
    movies,
    filmRoutes,
    map,
    poster,
    top(),
    profiles,
    next,
    neural,
    compact,
    session,
    model,
    health,
    metricsRoute,
    admin,
    adminPeople,
    adminPinned,
    adminUploads,
    versions,
    docs,
    page((request, c) => app.fetch(partOf(request, c), c.env, c.executionCtx)),
  ])
    app.route('/', routes);
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'The API token, one of API_KEYS, or a token (JWT) of the host application for one of its users.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'marquee_session',
  });
  const describe = () =>
    nameOperations(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'Marquee', version: '1', description: 'Movie recommendations that change with every rating.' },
        servers: [{ url: '/', description: 'The deployment that serves this document.' }],
        security: [{}, { session: [] }, { token: [] }],
      }),
    );
  let document: ReturnType<typeof describe> | undefined; // made once: it takes milliseconds and never changes
  app.get('/openapi.json', shareContent, (c) => {
    document ??= describe();
    return c.json(document);
  });
  app.router.match('GET', '/'); // builds the route tables while the isolate starts, not with the first request
  return app;
}
