import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type Manifest, manifestSchema } from '../../shared/artifact/manifest.ts';
import { inServiceVersion } from '../http/answering-version.ts';
import { modelSchema, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { shareContent } from '../http/shared-answer.ts';

const { shape } = manifestSchema;

const versionSchema = z
  .object({
    version: shape.version,
    current: z.boolean().openapi({ description: 'Whether it is in service.' }),
    createdAt: shape.createdAt,
    dataset: shape.dataset.omit({ sha256: true }),
    metrics: shape.metrics.openapi({ description: '`protocol` says what they were measured on.' }),
    engine: shape.engine,
    seconds: shape.seconds.openapi({ description: 'What training took.' }),
  })
  .openapi('Version');

const route = createRoute({
  method: 'get',
  path: '/versions',
  middleware: shareContent,
  summary: 'The newest published versions of the model',
  description: 'At most 20. The list may be a minute old. A version whose manifest cannot be read is left out.',
  responses: sharedAnswers(
    z.object({ model: modelSchema, items: z.array(versionSchema) }).openapi('Versions'),
    'The newest first.',
  ),
});

export const versions = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const { model, version } = await inServiceVersion(c);
  const published = await c.var.versions.read(c.env.MODELS);
  const known = published.some((manifest) => manifest.version === version) ? published : [model.manifest, ...published];
  return c.json({ model: { version }, items: known.map((manifest) => summaryOf(manifest, version)) }, 200);
});

function summaryOf({ version, createdAt, dataset, metrics, engine, seconds }: Manifest, current: string) {
  const { sha256, ...data } = dataset;
  return { version, current: version === current, createdAt, dataset: data, metrics, engine, seconds };
}
