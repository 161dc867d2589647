import type { Context, Next } from 'hono';
import { MarqueeError } from '../../../shared/errors.ts';
import type { AppEnv } from '../app-env.ts';
import { isOfNamedOrigin } from './cors.ts';

/** Methods that change nothing. */
export const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Values of Sec-Fetch-Site for requests from a page of this site, or from the address bar. */
const FROM_HERE = new Set(['same-origin', 'none']);

/**
 * Keeps pages of other sites from writing with a visitor's session cookie. Browsers say where a request comes from, in
 * Sec-Fetch-Site or at least in Origin. A request with neither comes from a program, which has no visitor's cookie. A
 * request with Authorization needs no cookie. The operator trusts the origins in CORS_ORIGINS like this one.
 *
 * Not `hono/csrf`: that looks only at bodies that a plain form can send, leaves JSON and CSV to CORS, and refuses
 * programs that send neither header, `curl -X POST /session` among them.
 */
export function refuseCrossSite(c: Context<AppEnv>, next: Next): Promise<void> {
  if (READING.has(c.req.method) || c.req.header('Authorization') !== undefined) return next();
  const site = c.req.header('Sec-Fetch-Site');
  const origin = c.req.header('Origin');
  const allowed =
    site === undefined ? origin === undefined || origin === new URL(c.req.url).origin : FROM_HERE.has(site);
  if (allowed || isOfNamedOrigin(c)) return next();
  throw new MarqueeError('cross-site', `a page of another site (${origin ?? site}) may not write here`, {
    fix: 'Programs send Authorization: Bearer and the API token.',
  });
}
