import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { servedVersion } from '../http/answering-version.ts';
import { answers, unchanged } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { listedRowOf } from '../http/known-movie.ts';
import { movieId } from '../http/parameters.ts';
import type { Poster } from '../posters/tmdb.ts';

/** Widths that TMDB makes and the page shows: in lists and beside a film. */
const WIDTHS = ['154', '342'] as const;
const DAY = 86_400; // seconds
/** Seconds for which a poster, the lack of one, and a failure are kept. */
const KEPT = { found: 7 * DAY, none: DAY, failed: 60 };

const route = createRoute({
  method: 'get',
  path: '/poster/{movieId}',
  summary: 'A film’s poster from TMDB, by way of this server',
  description:
    'Needs a deployment that has `TMDB_TOKEN` and a model whose data set has `links.csv`; else 404. An empty SVG, so ' +
    'that what is drawn below it stays, where TMDB has no poster or does not answer. The browser asks nobody else.',
  request: {
    params: z.object({ movieId }),
    query: z.strictObject({ width: z.enum(WIDTHS).default('154').meta({ default: '154', description: 'Pixels.' }) }),
  },
  responses: {
    200: {
      description: 'A JPEG, PNG, WebP or SVG image.',
      content: { 'image/*': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...unchanged,
    default: answers(z.never(), '').default,
  },
});

export const poster = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const token = c.env.TMDB_TOKEN;
  const served = await servedVersion(c);
  const row = listedRowOf(served, c.req.valid('param').movieId);
  const { links } = served.model.movies;
  if (!token || !links) throw noPosters();
  const tmdbId = links.tmdbIds[row];
  const width = c.req.valid('query').width;
  return tmdbId === 0 ? imageOf(null) : matching(c, await cached(c, { tmdbId, width: Number(width), token }));
});

/** The image in this data centre's cache, else from TMDB. */
async function cached(c: Context<AppEnv>, request: Parameters<AppEnv['Variables']['tmdb']['poster']>[0]) {
  const { origin } = new URL(c.req.url);
  const key = `${origin}/poster/tmdb/${request.tmdbId}/${request.width}`; // the film at TMDB, whatever version names it
  const posters = await caches.open('posters');
  const known = await posters.match(key);
  if (known) return new Response(known.body, known); // with headers that may be added to
  const answer = imageOf(await c.var.tmdb.poster(request));
  c.executionCtx.waitUntil(posters.put(key, answer.clone()));
  return answer;
}

/** 304 where the caller has this image. */
async function matching(c: Context<AppEnv>, answer: Response): Promise<Response> {
  const etag = answer.headers.get('ETag');
  if (etag === null || c.req.header('If-None-Match') !== etag) return answer;
  await answer.body?.cancel();
  return new Response(null, { status: 304, headers: answer.headers });
}

/** @param poster null: there is none; undefined: it could not be had */
function imageOf(poster: Poster | null | undefined): Response {
  const kept = poster ? KEPT.found : poster === null ? KEPT.none : KEPT.failed;
  return new Response(poster ? poster.bytes : '<svg xmlns="http://www.w3.org/2000/svg"/>', {
    headers: {
      'Content-Type': poster ? poster.type : 'image/svg+xml',
      'Cache-Control': `public, max-age=${kept}`,
      'Content-Security-Policy': "default-src 'none'",
      'X-Content-Type-Options': 'nosniff',
      ...(poster && { ETag: `"${poster.name}"` }),
    },
  });
}

function noPosters(): MarqueeError {
  return new MarqueeError('not-found', 'this deployment has no posters', {
    fix: 'Set TMDB_TOKEN, and train on a data set that has links.csv.',
  });
}
