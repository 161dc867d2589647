import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { manifestSchema } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { isDeleted } from '../../shared/ratings/tables/person.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { servedVersion } from '../http/request.ts';
import { withDeadline } from '../ratings/deadline.ts';
import { ageWarning } from '../version/age.ts';
import { answerOfR2 } from '../version/bucket.ts';

const modelRoute = createRoute({
  method: 'get',
  path: '/model',
  summary: 'The manifest of the version in service',
  responses: answers(manifestSchema.openapi('Manifest'), 'Data, settings, metrics and files of the version.'),
});

const reportRoute = createRoute({
  method: 'get',
  path: '/report',
  summary: 'The report of the version in service',
  description: 'One page: quality, a map of the movies, what training saw. Needs nothing from elsewhere.',
  responses: {
    200: { description: 'The page.', content: { 'text/html': { schema: z.string() } } },
    default: answers(z.never(), '').default,
  },
});

const healthSchema = z
  .object({
    status: z.enum(['ok', 'stale', 'degraded', 'unavailable']).openapi({
      description:
        'stale: see `warnings`; degraded: see `lastError`, or `warnings` when the rating store is down; unavailable: no ' +
        'model is in service.',
    }),
    version: z.string().nullable(),
    loadedAt: z.iso.datetime().nullable(),
    lastError: z
      .object({
        code: z.string(),
        detail: z.string(),
        version: z.string().nullable().openapi({ description: 'The version that was refused.' }),
        at: z.iso.datetime(),
      })
      .nullable()
      .openapi({ description: 'Why the newest version is not the one in service.' }),
    warnings: z.array(z.string()).openapi({ description: 'What somebody should look after, though all is well.' }),
  })
  .openapi('Health');

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Whether this answers, and with what',
  responses: {
    200: { description: 'A model is in service.', content: { 'application/json': { schema: healthSchema } } },
    503: { description: 'None is.', content: { 'application/json': { schema: healthSchema } } },
  },
});

export const model = new OpenAPIHono<AppEnv>()
  .openapi(modelRoute, async (c) => c.json((await servedVersion(c)).model.manifest, 200))
  .openapi(reportRoute, async (c) => {
    const { model, version } = await servedVersion(c);
    const listed = model.manifest.files.some(({ name }) => name === FILES.report);
    const report = listed ? await answerOfR2(c.env.MODELS.get(artifactKey(version, FILES.report))) : null;
    if (!report) {
      throw new MarqueeError('not-found', `version ${version} has no report`, {
        fix: 'npm run report -- --model DIR puts one into an artifact; then publish it.',
      });
    }
    return c.body(report.body, 200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
    });
  })
  .openapi(healthRoute, async (c) => {
    const down = await ratingStoreDown(c);
    await servedVersion(c).catch(() => undefined); // the store remembers why
    const { version, trouble } = c.var.models.state();
    const warning = version && ageWarning(version.model.manifest.createdAt, c.env, c.var.now());
    const status = version === undefined ? 'unavailable' : trouble || down ? 'degraded' : warning ? 'stale' : 'ok';
    const lastError = trouble && {
      code: trouble.error.code,
      detail: trouble.error.message,
      version: trouble.version,
      at: trouble.at.toISOString(),
    };
    const answer: z.infer<typeof healthSchema> = {
      status,
      version: version?.version ?? null,
      loadedAt: version?.loadedAt.toISOString() ?? null,
      lastError: lastError ?? null,
      warnings: [warning, down].filter((text) => typeof text === 'string'),
    };
    return c.json(answer, version === undefined ? 503 : 200);
  });

/** What to say when D1 does not answer a question about nobody, else null. */
async function ratingStoreDown(c: Context<AppEnv>): Promise<string | null> {
  try {
    await withDeadline(isDeleted(c.env.DB, 0), c.var.ratingTimeout);
    return null;
  } catch {
    return 'the rating store does not answer: ratings wait on the queue, and answers come without newer ones';
  }
}
