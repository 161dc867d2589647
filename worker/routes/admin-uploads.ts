import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { versionName } from '../../shared/artifact/experiment.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { operators } from '../http/operators.ts';
import { beginUpload, finishUpload, LARGEST_UPLOAD, removeUpload, uploadFile, uploads } from '../version/upload.ts';

const version = versionName;
const params = z.object({ version });
const FILE = 'What the files of a version are called stands in its manifest.json.';

const uploadSchema = z
  .object({
    version,
    files: z.array(z.object({ name: z.string(), bytes: z.int(), uploaded: z.boolean() })),
  })
  .openapi('Upload');
const uploadAnswers = answers(uploadSchema, 'Which files are there.');
const listAnswers = answers(
  z.object({ items: z.array(uploadSchema) }).openapi('Uploads'),
  'Versions that are on their way, oldest first. What is left for a day is deleted with the next retrain.',
);

const listRoute = operators('get', '/admin/uploads', 'Versions that are on their way', { responses: listAnswers });

const fileRoute = operators('put', '/admin/uploads/{version}/{file}', 'Upload a file of a version', {
  description:
    'First `manifest.json`, which says what the others are; what comes otherwise than it says is refused, and nothing that ' +
    `is there is written over. A file may have ${LARGEST_UPLOAD / 1e6} MB. No list knows the version yet.`,
  request: {
    params: z.object({ version, file: z.string().max(100).openapi({ description: FILE }) }),
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
  responses: uploadAnswers,
});

const finishRoute = operators('post', '/admin/uploads/{version}', 'Make a version of an upload', {
  description:
    'Once all files are there (422 until then). It may then go into service by `POST /admin/versions/{version}/promote`.',
  request: { params },
  responses: answers(z.object({ version }).openapi('Uploaded'), 'One more version.'),
});

const removeRoute = operators('delete', '/admin/uploads/{version}', 'Take an upload away', {
  request: { params },
  responses: listAnswers,
});

export const adminUploads = new OpenAPIHono<AppEnv>()
  .openapi(listRoute, async (c) => c.json({ items: await uploads(c.env.MODELS) }, 200))
  .openapi(fileRoute, async (c) => {
    const at = c.req.valid('param');
    const begins = at.file === FILES.manifest;
    const body = bodyOf(c);
    const upload = begins ? beginUpload(c.env.MODELS, at.version, body) : uploadFile(c.env.MODELS, at, body);
    return c.json(await upload, 200);
  })
  .openapi(finishRoute, async (c) => {
    const { version } = c.req.valid('param');
    await finishUpload(c.env.MODELS, version);
    c.var.versions.forget();
    return c.json({ version }, 200);
  })
  .openapi(removeRoute, async (c) => {
    await removeUpload(c.env.MODELS, c.req.valid('param').version);
    return c.json({ items: await uploads(c.env.MODELS) }, 200);
  });

function bodyOf(c: Context<AppEnv>): ReadableStream {
  if (c.req.raw.body) return c.req.raw.body;
  throw new MarqueeError('bad-body', 'got no body, expected the file', { fix: 'Send the file as the body.' });
}
