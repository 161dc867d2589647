import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { MarqueeError } from '../../shared/errors.ts';
import { type FilmMap, shareOfWidest, standingOnMap } from '../../shared/model/film-map.ts';
import type { UserPosterior } from '../../shared/model/posterior.ts';
import { servedVersion, versionFor } from '../http/answering-version.ts';
import { answers, modelSchema, rounded, unchanged } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readerOf } from '../http/identity/auth.ts';
import { filmsOnMap, filmsOnMapSchema } from '../http/lists/films-on-map.ts';
import { aboutTaste, tasteSchema } from '../http/lists/recommendations.ts';
import { userId } from '../http/parameters.ts';
import { has, scopeOf, tagOf } from '../http/shared-answer.ts';
import { tasteIn } from '../http/stored-ratings.ts';
import { mapOf } from '../recommend/film-places.ts';
import type { Taste } from '../recommend/taste.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { foldInRated } from '../version/taste-of.ts';

const filmsRoute = createRoute({
  method: 'get',
  path: '/map/films',
  summary: 'Where all films stand on the map',
  description:
    'The axes are the first two factors, along which tastes differ most; films spread by 1 along an axis. Ask again ' +
    'with `If-None-Match`: the answer changes with the version only.',
  responses: {
    ...answers(filmsOnMapSchema, 'Columns of equal length, the best known film first.'),
    ...unchanged,
  },
});

const meRoute = createRoute({
  method: 'get',
  path: '/map/me',
  summary: 'Where a user stands on the map of films',
  description:
    'The posterior of the user’s taste as a Gaussian on the map: t · Cov(place, liking) over all films, which is where ' +
    'the mean of the films moves when each weighs more the more the user likes it.',
  request: { query: z.strictObject({ user: userId.optional() }) },
  responses: answers(
    z
      .object({
        user: z.int().nullable(),
        model: modelSchema,
        ...tasteSchema.shape,
        centre: z.tuple([z.number(), z.number()]),
        covariance: z.tuple([z.number(), z.number(), z.number()]).openapi({ description: 'xx, xy, yy.' }),
        share: z.number().openapi({
          description: 'Area of the ellipse beside that of somebody without ratings: 1 at first, less with each.',
        }),
      })
      .openapi('StandingOnMap'),
    'Centre and covariance.',
  ),
});

export const map = new OpenAPIHono<AppEnv>()
  .openapi(filmsRoute, async (c) => {
    const served = await servedVersion(c);
    const tag = tagOf(c, served);
    const headers = { ETag: tag, 'Cache-Control': `${scopeOf(c, served)}, no-cache`, Vary: 'Accept-Encoding' };
    if (has(c, tag)) return c.body(null, 304, headers);
    const packed = await filmsOnMap(served, await requireMap(served));
    const wantsGzip = c.req.header('Accept-Encoding')?.includes('gzip') ?? false;
    return new Response(wantsGzip ? packed : unpacked(packed), {
      headers: {
        ...headers,
        'Content-Type': 'application/json',
        'X-Content-Type-Options': 'nosniff',
        ...(wantsGzip && { 'Content-Encoding': 'gzip' }),
      },
      encodeBody: wantsGzip ? 'manual' : 'automatic',
    }) as never; // its type is the schema's
  })
  .openapi(meRoute, async (c) => {
    const user = await readerOf(c, c.req.valid('query').user);
    const served = await versionFor(c, user);
    const map = await requireMap(served);
    const taste = await tasteIn(c, served, user);
    const standing = standingOnMap(map, taste.posterior ?? (await posteriorOf(served, taste)));
    const [x, y] = standing.centre.map(rounded);
    const [xx, xy, yy] = standing.covariance.map(rounded);
    const share = rounded(shareOfWidest(map, standing));
    const about = { user, model: { version: served.version }, ...aboutTaste(taste) };
    return c.json(
      { ...about, centre: [x, y] as [number, number], covariance: [xx, xy, yy] as [number, number, number], share },
      200,
    );
  });

async function posteriorOf(served: ServedVersion, { rated }: Taste): Promise<UserPosterior> {
  return foldInRated(await served.near(rated.rows), rated).posterior;
}

async function requireMap({ own, version }: ServedVersion): Promise<FilmMap> {
  const map = await mapOf(own);
  if (map) return map;
  throw new MarqueeError('not-found', `version ${version} has no map: its films have no two factors to differ by`, {
    fix: 'Train a model with two factors or more.',
  });
}

function unpacked(packed: Uint8Array<ArrayBuffer>): ReadableStream {
  return new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
}
