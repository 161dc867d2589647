import { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from './http/app-env.ts';
import { serveDocument } from './http/document.ts';
import { answerNotFound, problem, refuseInvalid } from './http/problem.ts';
import { shareWithNamedOrigins } from './http/traffic/cors.ts';
import { observeRequests, partOf } from './http/traffic/observe.ts';
import { limitWork } from './http/traffic/overload.ts';
import { limitRate } from './http/traffic/rate-limit.ts';
import { refuseCrossSite } from './http/traffic/same-site.ts';
import { Metrics } from './observe/metrics.ts';
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
import { openServices, type ServiceOptions, shareServices } from './services.ts';

export interface AppOptions extends ServiceOptions {
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
export function createApp(options: AppOptions): OpenAPIHono<AppEnv> {
  const { now = Date.now, mostUnderWay = 512 } = options;
  const metrics = new Metrics();
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid, strict: false }); // a slash at the end of a path does not count
  app.use(observeRequests(metrics, now));
  app.use(shareServices(openServices(options, metrics)));
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
  serveDocument(app);
  app.router.match('GET', '/'); // builds the route tables while the isolate starts, not with the first request
  return app;
}
