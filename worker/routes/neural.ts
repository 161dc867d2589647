import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { parseVocabulary } from '../../shared/artifact/vocabulary.ts';
import { MarqueeError, short } from '../../shared/errors.ts';
import { servedVersion } from '../http/answering-version.ts';
import { answers, sharedAnswers, unchanged } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { versionParameter } from '../http/parameters.ts';
import { shareAnswer } from '../http/shared-answer.ts';
import { answerOfR2 } from '../version/bucket.ts';
import { readWhole } from '../version/read-file.ts';

const NEEDS_NETWORK = 'Needs a model of `npm run train -- --model neural`; any other has none, and the answer is 404.';

const networkSchema = z
  .object({
    version: z.string(),
    bytes: z.int().openapi({ description: 'Size of the ONNX model at `/neural/{version}`.' }),
    users: z.int().openapi({ description: 'People it learned from; row 0 stands for the average of them.' }),
    movieIds: z.array(z.int()).openapi({ description: 'Movie of each row from 1 on; row 0 is none of them.' }),
  })
  .openapi('Network');

const aboutRoute = createRoute({
  method: 'get',
  path: '/neural',
  middleware: shareAnswer,
  summary: 'The neural network of the version in service, where it has one',
  description: NEEDS_NETWORK,
  responses: sharedAnswers(networkSchema, 'What its rows stand for.'),
});

const networkRoute = createRoute({
  method: 'get',
  path: '/neural/{version}',
  middleware: shareAnswer,
  summary: 'Its ONNX model: inputs user and movie (int32 rows of N pairs), output stars (float32, N)',
  description: `${NEEDS_NETWORK} \`version\` is the one that \`GET /neural\` names.`,
  request: { params: z.object({ version: versionParameter }) },
  responses: {
    200: {
      description: 'An ONNX file.',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...unchanged,
    default: answers(z.never(), '').default,
  },
});

/** The manifest of the version in service and its entry of the network. Throws `not-found` where it has none. */
async function networkFile(c: Context<AppEnv>) {
  const { manifest } = (await servedVersion(c)).model;
  const entry = manifest.files.find(({ name }) => name === FILES.network);
  if (entry) return { manifest, entry };
  throw new MarqueeError('not-found', `${manifest.version} has no neural network`, {
    fix: 'Train one: npm run train -- --model neural.',
  });
}

export const neural = new OpenAPIHono<AppEnv>()
  .openapi(aboutRoute, async (c) => {
    const { manifest, entry } = await networkFile(c);
    const bytes = await readWhole(c.env.MODELS, manifest, FILES.vocabulary);
    const { userIds, movieIds } = parseVocabulary(new TextDecoder().decode(bytes));
    return c.json({ version: manifest.version, bytes: entry.bytes, users: userIds.length, movieIds }, 200);
  })
  .openapi(networkRoute, async (c) => {
    const { manifest, entry } = await networkFile(c);
    const { version } = c.req.valid('param');
    const isServed = version === manifest.version;
    const object = isServed ? await answerOfR2(c.env.MODELS.get(artifactKey(version, FILES.network))) : null;
    if (object?.size !== entry.bytes)
      throw new MarqueeError('not-found', `there is no network ${short(version)} in service`, {
        fix: `GET /neural names the version in service: ${manifest.version}.`,
      });
    return c.body(object.body, 200, { 'Content-Type': 'application/octet-stream' });
  });
