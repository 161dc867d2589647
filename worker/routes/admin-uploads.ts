import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { versionName } from '../../shared/artifact/experiment.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { PIECE_BYTES } from '../../shared/artifact/upload.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { integer } from '../../shared/values.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { operators } from '../http/operators.ts';
import {
  beginUpload,
  finishUpload,
  joinUpload,
  LARGEST_FILE,
  LARGEST_UPLOAD,
  removeUpload,
  uploadFile,
  uploadPiece,
  uploads,
} from '../version/upload.ts';

const version = versionName;
const params = z.object({ version });
const bytes = {
  required: true,
  content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
};
const FILE = 'What the files of a version are called stands in its manifest.json.';

const fileParams = z.object({
  version,
  file: z.string().max(100).openapi({ example: FILES.manifest, description: FILE }),
});

const uploadSchema = z
  .object({
    version,
    files: z.array(
      z.object({
        name: z.string(),
        bytes: z.int(),
        uploaded: z.boolean(),
        pieces: z.array(z.int()).openapi({ description: 'Those that are there of a file that comes in pieces.' }),
      }),
    ),
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
    `is there is written over. A file of more than ${LARGEST_UPLOAD / 1e6} MB comes in pieces. No list knows the version yet.`,
  request: { params: fileParams, body: bytes },
  responses: uploadAnswers,
});

const pieceRoute = operators('put', '/admin/uploads/{version}/{file}/pieces/{piece}', 'Upload a piece of a file', {
  description:
    `For a file that is too large for one request, up to ${LARGEST_FILE / 1e9} GB. Each piece has ${PIECE_BYTES} bytes, ` +
    'the last one the rest. They may come in any order; one that is there stays.',
  request: {
    params: fileParams.extend({ piece: integer(1, 1000, 'Which piece, from 1 on.').meta({ example: 1 }) }),
    body: bytes,
  },
  responses: uploadAnswers,
});

const joinRoute = operators('post', '/admin/uploads/{version}/{file}', 'Make a file of its pieces', {
  description:
    'Once all pieces are there (422 until then). Where the hash is not that of `manifest.json` the answer is 422, too, ' +
    'and all pieces have to come again.',
  request: { params: fileParams },
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
  .openapi(pieceRoute, async (c) => c.json(await uploadPiece(c.env.MODELS, c.req.valid('param'), bodyOf(c)), 200))
  .openapi(joinRoute, async (c) => c.json(await joinUpload(c.env.MODELS, c.req.valid('param')), 200))
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
