import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError, short } from '../../shared/errors.ts';
import { filmSchema } from '../../shared/ratings/tables/film.ts';
import { inServiceVersion } from '../http/answering-version.ts';
import { answers, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { versionParameter } from '../http/parameters.ts';
import { shareContent } from '../http/shared-answer.ts';
import { answerOfR2 } from '../version/bucket.ts';

/** What a page needs to answer by itself. Nothing of anybody's ratings is among it. */
const GIVEN: readonly string[] = [FILES.compact, FILES.posterior, FILES.profiles, FILES.next];

const aboutRoute = createRoute({
  method: 'get',
  path: '/compact',
  middleware: shareContent,
  summary: 'What a page needs to make lists by itself, so that ratings need not leave it',
  responses: sharedAnswers(
    z
      .object({
        manifest: z.looseObject({}).openapi({ description: 'As `GET /model` answers.' }),
        hidden: z.array(z.int()).openapi({ description: 'Movies that nobody is shown.' }),
        films: z
          .array(
            z.object({ id: z.string(), movieId: z.int(), about: z.object(filmSchema.shape), available: z.boolean() }),
          )
          .optional()
          .openapi({ description: 'What `PUT /movies/by-id/{id}` said of films, where it said something.' }),
      })
      .openapi('Compact'),
    'The version in service; its files stand at `/compact/{version}/{file}`.',
  ),
});

const fileRoute = createRoute({
  method: 'get',
  path: '/compact/{version}/{file}',
  summary: `A file of the version in service: ${GIVEN.join(', ')}`,
  description: 'Needs the name of the version in service, which `GET /compact` tells: 404 for any other.',
  request: { params: z.object({ version: versionParameter, file: z.string().openapi({ example: FILES.posterior }) }) },
  responses: {
    200: {
      description: 'Its bytes, as the manifest describes them; 304 where `If-None-Match` names their `ETag`.',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    default: answers(z.never(), '').default,
  },
});

export const compact = new OpenAPIHono<AppEnv>()
  .openapi(aboutRoute, async (c) => {
    const { model, hidden, films } = await inServiceVersion(c);
    const { manifest, movies } = model;
    const hiddenIds = Array.from(hidden, (row) => movies.movieIds[row]).filter((id) => hidden.has(movies.rowOf(id)));
    const shown = films.filter(({ movieId, available }) => available && !hidden.has(movies.rowOf(movieId)));
    if (manifest.files.some(({ name }) => name === FILES.compact))
      return c.json({ manifest, hidden: hiddenIds, ...(shown.length > 0 && { films: shown }) }, 200);
    throw new MarqueeError('not-found', `version ${manifest.version} has no ${FILES.compact}`, {
      fix: 'Train and publish a version with this release: npm run train, then npm run publish.',
    });
  })
  .openapi(fileRoute, async (c) => {
    const { version, file } = c.req.valid('param');
    const { manifest } = (await inServiceVersion(c)).model;
    const entry = manifest.files.find(({ name }) => name === file && GIVEN.includes(name));
    if (!entry || version !== manifest.version)
      throw new MarqueeError('not-found', `there is no ${short(file)} of a version ${short(version)} in service`, {
        fix: `GET /compact names the version in service, ${manifest.version}; of its files there are ${GIVEN.join(', ')}.`,
      });
    c.header('ETag', `"${entry.sha256}"`);
    c.header('Cache-Control', 'no-cache'); // a page asks again whether it is still the same
    if (c.req.header('If-None-Match')?.includes(entry.sha256))
      return new Response(null, { status: 304, headers: c.res.headers });
    const object = await answerOfR2(c.env.MODELS.get(artifactKey(version, file)));
    if (object?.size !== entry.bytes) throw new MarqueeError('bad-artifact', `${file}: its size is wrong`);
    return c.body(object.body, 200, { 'Content-Type': 'application/octet-stream' });
  });
