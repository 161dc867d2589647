import type { Context, MiddlewareHandler, Next } from 'hono';
import type { AppEnv } from '../app-env.ts';

/** What pages of named origins may send and read, besides what every page may. */
const PREFLIGHT = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Content-Encoding, If-None-Match',
  'Access-Control-Max-Age': '600',
};
const READABLE = 'Allow, Content-Disposition, ETag, Retry-After';

/** Whether the request comes from a page of an origin that CORS_ORIGINS names, exactly. */
export function isOfNamedOrigin(c: Context<AppEnv>): boolean {
  const origin = c.req.header('Origin');
  const named = c.env.CORS_ORIGINS?.split(',').map((name) => name.trim());
  return origin !== undefined && /^https?:/.test(origin) && (named?.includes(origin) ?? false);
}

/**
 * Lets pages of the origins in CORS_ORIGINS read and write, with the session's cookie where the browser sends it. Without
 * the variable, browsers keep pages of other sites from reading, as if this were not here.
 *
 * Not `hono/cors`: that answers OPTIONS of paths that there are not, for origins that are not named too, and its headers
 * would be lost on answers that a route makes whole.
 */
export function shareWithNamedOrigins(c: Context<AppEnv>, next: Next): ReturnType<MiddlewareHandler> {
  return c.env.CORS_ORIGINS ? answerWithOrigin(c, next) : next();
}

async function answerWithOrigin(c: Context<AppEnv>, next: Next): Promise<Response | undefined> {
  const allowed = isOfNamedOrigin(c);
  if (allowed && c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined) {
    return c.body(null, 204, { ...PREFLIGHT, ...headersFor(c) });
  }
  await next();
  const { headers } = c.res;
  if (allowed) for (const [name, value] of Object.entries(headersFor(c))) headers.set(name, value);
  headers.append('Vary', 'Origin'); // a cache must not answer one origin with what was for another
}

function headersFor(c: Context<AppEnv>): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': c.req.header('Origin') ?? '',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': READABLE,
  };
}
