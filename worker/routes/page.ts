import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Catalogue } from '../../shared/model/model.ts';
import { servedVersion } from '../http/answering-version.ts';
import type { AppEnv } from '../http/app-env.ts';
import { SESSION_COOKIE } from '../http/identity/auth.ts';
import assets from '../web/assets.json';
import { documentOf } from '../web/document.tsx';
import { POLICY } from '../web/frame.ts';
import { lostPage } from '../web/lost.ts';
import { PATHS, readAddress } from '../web/state/address.ts';
import { Api, type Send } from '../web/state/api.ts';
import { firstState } from '../web/state/load.ts';

/** Answers a request of this page as the app would answer a browser's. */
type Ask = (request: Request, c: Context<AppEnv>) => Response | Promise<Response>;

/**
 * The page with its first answer in it: the list, a question, filters or a film. It asks the app's own routes, through
 * the same client as the browser, so nothing is computed in two ways. Without a model it says so, with the API's words.
 */
export function page(ask: Ask): Hono<AppEnv> {
  const answer = async (c: Context<AppEnv>) => {
    const { origin } = new URL(c.req.url);
    const cookie = c.req.header('Cookie') ?? '';
    const headers = { Cookie: cookie, 'CF-Connecting-IP': c.req.header('CF-Connecting-IP') ?? '' };
    const send: Send = async (path, init) => ask(new Request(new URL(path, origin), { ...init, headers }), c);
    const address = readAddress(new URL(c.req.url));
    const { status, ...state } = await firstState(new Api(send), address, cookie.includes(SESSION_COOKIE));
    const version = await servedVersion(c).catch(() => undefined);
    const movies = version?.model.movies;
    const network = assets.runsNetworks ? (state.model?.network ?? 0) : 0;
    const model = state.model && {
      ...state.model,
      network,
      until: movies ? newestYear(movies) : null,
      hasPosters: Boolean(c.env.TMDB_TOKEN && movies?.links),
    };
    const genres = movies?.genreNames ?? [];
    c.header('Content-Security-Policy', POLICY);
    c.header('Referrer-Policy', 'no-referrer');
    if (status === 503) c.header('Retry-After', '5');
    return c.html(documentOf({ ...state, model, genres }, assets), (status || 500) as ContentfulStatusCode);
  };
  const app = new Hono<AppEnv>().get('/film/:movieId{\\d+}', answer);
  for (const path of Object.values(PATHS)) app.get(path, answer);
  return app;
}

/** A 404 in words and ways to go on, for whoever looks at it in a browser; programs get the problem document. */
export function lostOr(answer: (c: Context<AppEnv>) => Response) {
  return (c: Context<AppEnv>): Response => {
    const response = answer(c);
    if (response.status !== 404 || !c.req.header('Accept')?.startsWith('text/html')) return response;
    c.header('Content-Security-Policy', POLICY);
    return c.html(lostPage(assets), 404) as Response;
  };
}

/** Years of the newest film, by version: a loop over all of them. */
const newest = new WeakMap<Catalogue, number | null>();

function newestYear(movies: Catalogue): number | null {
  const known = newest.get(movies) ?? (movies.years.reduce((last, year) => Math.max(last, year), 0) || null);
  newest.set(movies, known);
  return known;
}
