import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { readHidden } from '../../shared/artifact/hidden-movies.ts';
import { hideMovies } from '../../shared/artifact/hide-movies.ts';
import { currentSchema, manifestSchema } from '../../shared/artifact/manifest.ts';
import { readPointer } from '../../shared/artifact/pointer.ts';
import { outcomeSchema } from '../../shared/artifact/retrain-outcomes.ts';
import { servedVersion } from '../http/answering-version.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { secondsOf } from '../http/components.ts';
import { rowOf } from '../http/known-movie.ts';
import { listedFilm, listedFilms, operators } from '../http/operators.ts';
import { movieId, versionParameter } from '../http/parameters.ts';
import { trafficOf, trafficSchema } from '../http/traffic/traffic.ts';
import { answerOfR2 } from '../version/bucket.ts';
import { promote } from '../version/promote.ts';

const { shape } = manifestSchema;
const { version } = currentSchema.shape;

const operatorsVersion = z
  .object({
    version: shape.version,
    createdAt: shape.createdAt,
    dataset: shape.dataset.omit({ sha256: true }),
    metrics: shape.metrics,
    engine: shape.engine,
    seconds: shape.seconds,
  })
  .openapi('OperatorsVersion');

const versionsRoute = operators('get', '/admin/versions', 'Published versions, and which is in service', {
  responses: answers(
    z
      .object({
        current: version.nullable().openapi({ description: 'By current.json now; null where that cannot be read.' }),
        previous: version.nullable().openapi({ description: 'The one to which `POST /admin/rollback` returns.' }),
        items: z.array(operatorsVersion),
      })
      .openapi('OperatorsVersions'),
    'The newest 20, the newest first; the list may be a minute old.',
  ),
});

const pointedSchema = z
  .object({
    version,
    previous: version.nullable(),
    ended: z.string().nullable().openapi({ description: 'The experiment that ended by it; null where none was.' }),
  })
  .openapi('Promoted');
const PROMOTED = answers(pointedSchema, 'In service; within `MODEL_TTL` seconds every request is answered by it.');
/** Milliseconds that the check of a version may take: where R2 has no hash, every byte is read. */
const LONGEST_CHECK = 120_000;
const RULES =
  'As `npm run rollback`: the version must be whole (422 for one of other films than those that D1’s ratings are of, ' +
  '404 for one that the bucket lacks, 409 when somebody publishes at the same moment).';

const promoteRoute = operators('post', '/admin/versions/{version}/promote', 'Put a version into service', {
  description: RULES,
  request: { params: z.object({ version: versionParameter }) },
  responses: PROMOTED,
});

const rollbackRoute = operators('post', '/admin/rollback', 'Return to the version before', {
  description: RULES,
  responses: PROMOTED,
});

const retrainsRoute = operators('get', '/admin/retrains', 'What became of the newest retrains', {
  responses: answers(
    z
      .object({ items: z.array(outcomeSchema.extend({ seconds: z.number().nullable() }).openapi('Retrain')) })
      .openapi('Retrains'),
    'The newest first, 60 at most, with the reasons and what the guard left out.',
  ),
});

const trafficRoute = operators('get', '/admin/traffic', 'What this isolate answered, and what its lists showed', {
  description: 'Since the isolate that answers began; Cloudflare runs many.',
  responses: answers(trafficSchema, 'Requests, times, lists, coverage and popularity.'),
});

const hiddenAnswers = answers(
  z.object({ items: z.array(listedFilm) }).openapi('HiddenFilms'),
  'All hidden films, ascending by id; the title is null where the model in service lacks the film.',
);
const hiddenRoute = operators('get', '/admin/hidden', 'Films that nobody is shown', { responses: hiddenAnswers });
const film = { request: { params: z.object({ movieId }) }, responses: hiddenAnswers };
const hideRoute = operators('put', '/admin/hidden/{movieId}', 'Hide a film from everybody', film);
const showRoute = operators('delete', '/admin/hidden/{movieId}', 'Show a film again', film);

export const admin = new OpenAPIHono<AppEnv>()
  .openapi(versionsRoute, async (c) => {
    const [pointer, published] = await Promise.all([
      answerOfR2(readPointer(c.env.MODELS)),
      c.var.versions.read(c.env.MODELS),
    ]);
    const items = published.map(
      ({ version, createdAt, dataset: { sha256, ...dataset }, metrics, engine, seconds }) => ({
        ...{ version, createdAt, dataset, metrics, engine, seconds },
      }),
    );
    const { version = null, previous = null } = pointer?.current ?? {};
    return c.json({ current: version, previous, items }, 200);
  })
  .openapi(promoteRoute, async (c) => c.json(await putIntoService(c, c.req.valid('param').version), 200))
  .openapi(rollbackRoute, async (c) => c.json(await putIntoService(c), 200))
  .openapi(retrainsRoute, async (c) => {
    const nights = await c.var.nights.read(c.env.MODELS);
    return c.json({ items: nights.map((night) => ({ ...night, seconds: secondsOf(night) })) }, 200);
  })
  .openapi(trafficRoute, async (c) => c.json(trafficOf(c, await servedVersion(c).catch(() => undefined)), 200))
  .openapi(hiddenRoute, async (c) =>
    c.json(await listedFilms(c, (await answerOfR2(readHidden(c.env.MODELS))).movieIds), 200),
  )
  .openapi(hideRoute, async (c) => {
    const { movieId } = c.req.valid('param');
    rowOf((await servedVersion(c)).model.movies, movieId); // a number that is no film is a slip
    return c.json(await listedFilms(c, await answerOfR2(hideMovies(c.env.MODELS, { hide: [movieId], show: [] }))), 200);
  })
  .openapi(showRoute, async (c) => {
    const { movieId } = c.req.valid('param');
    return c.json(await listedFilms(c, await answerOfR2(hideMovies(c.env.MODELS, { hide: [], show: [movieId] }))), 200);
  });

async function putIntoService(c: Context<AppEnv>, version?: string): Promise<z.infer<typeof pointedSchema>> {
  const stores = { bucket: c.env.MODELS, db: c.env.DB };
  const pointed = await answerOfR2(promote(stores, version, c.var.models.state().version), LONGEST_CHECK);
  return { version: pointed.version, previous: pointed.previous, ended: pointed.ended };
}
