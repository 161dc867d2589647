import { OpenAPIHono } from '@hono/zod-openapi';
import { MarqueeError } from '../../../shared/errors.ts';
import type { Bindings } from '../../env.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { problem, refuseInvalid } from '../../http/problem.ts';
import { explain } from '../../routes/explain.ts';
import { imports } from '../../routes/import.ts';
import { map } from '../../routes/map.ts';
import { marks } from '../../routes/marks.ts';
import { movies } from '../../routes/movies.ts';
import { next } from '../../routes/next.ts';
import { predictions } from '../../routes/predictions.ts';
import { profiles } from '../../routes/profiles.ts';
import { ratings as ratingRoutes } from '../../routes/ratings.ts';
import { recommend } from '../../routes/recommend.ts';
import { transfer } from '../../routes/transfer.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import type { Send } from '../state/api.ts';
import type { OwnRatings } from './own-ratings.ts';

/** The id of the one person there is. */
const ME = 0;

interface Alone {
  readonly served: ServedVersion;
  readonly ratings: OwnRatings;
  /** Where what people watch next is read when somebody asks. */
  readonly bucket: R2Bucket;
  /** Sends a request for what is the same for everybody to where the model is. */
  readonly fetched: Send;
}

/** Of everybody: an answer to them says nothing of who asks. That none comes is no failure in here. */
const PUBLIC = ['/versions', '/report'];

/**
 * The Worker's own routes over one version and one person's ratings, both in this browser. What it lacks is refused: no
 * request goes anywhere else but those of `PUBLIC`.
 */
export function privateApp({ served, ratings, bucket, fetched }: Alone): Send {
  const models = { get: async () => served, getListable: async () => served, state: () => NO_STATE, ...NO_EXPERIMENT };
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid, strict: false });
  app.use(async function shareServices(c, next) {
    c.set('models', models);
    c.set('ratings', { read: async () => ratings.read() });
    c.set('alone', { userId: ME, take: ratings.take, undo: ratings.undo });
    c.set('ratingTimeout', 0);
    c.set('now', Date.now);
    await next();
  });
  app.onError(problem);
  app.notFound((c) => {
    throw new MarqueeError('not-found', `${c.req.path} is not there while your ratings stay in this browser`, {
      fix: 'Turn private mode off, under Your ratings.',
    });
  });
  app.all('/gatherings/*', () => {
    throw new MarqueeError(
      'not-found',
      'people find a film together by ratings that the server has, and yours stay in this browser',
      {
        fix: 'Turn private mode off, under Your ratings.',
      },
    );
  });
  app.get('/model', (c) => c.json(served.model.manifest));
  app.post('/session', (c) => c.json({ user: ME }));
  app.delete('/session', (c) => {
    ratings.forget();
    return c.json({ user: ME });
  });
  for (const routes of [
    recommend(),
    explain(),
    ratingRoutes,
    imports,
    marks,
    predictions,
    transfer,
    movies,
    map,
    profiles,
    next,
  ])
    app.route('/', routes);
  const bindings = { MODELS: bucket } as Bindings;
  return async (path, init) => (PUBLIC.includes(path) ? fetched(path) : app.request(path, init, bindings, CONTEXT));
}

/** Experiments are the server's. */
const NO_EXPERIMENT = { current: () => undefined, beside: async () => undefined };

/** Of a version that is in service without trouble. */
const NO_STATE = { version: undefined, trouble: undefined };

/** A browser goes on with what a request leaves behind. */
const CONTEXT = { waitUntil() {}, passThroughOnException() {}, props: {} } as unknown as ExecutionContext;
