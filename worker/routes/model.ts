import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { manifestSchema } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { servedVersion } from '../http/answering-version.ts';
import { answers, sharedAnswers, unchanged } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { shareAnswer } from '../http/shared-answer.ts';
import { answerOfR2 } from '../version/bucket.ts';

const modelRoute = createRoute({
  method: 'get',
  path: '/model',
  middleware: shareAnswer,
  summary: 'The manifest of the version in service',
  responses: sharedAnswers(manifestSchema.openapi('Manifest'), 'Data, settings, metrics and files of the version.'),
});

const reportRoute = createRoute({
  method: 'get',
  path: '/report',
  middleware: shareAnswer,
  summary: 'The report of the version in service',
  description: 'One page: quality, a map of the movies, what training saw. Needs nothing from elsewhere.',
  responses: {
    200: { description: 'The page.', content: { 'text/html': { schema: z.string() } } },
    ...unchanged,
    default: answers(z.never(), '').default,
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
  });
