import type { Context, Next } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import type { AppEnv } from './app-env.ts';

/** Methods that change nothing. */
export const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Where a browser says that a request came from: a page of this site, or the person themselves. */
const OWN = new Set(['same-origin', 'none']);

/**
 * Keeps pages of other sites from writing with a visitor's session cookie. Browsers tell where a request comes from;
 * what does not (a program) carries no cookie that somebody else's browser lent it. A token is no cookie either.
 */
export function refuseCrossSite(c: Context<AppEnv>, next: Next): Promise<void> {
  if (READING.has(c.req.method) || c.req.header('Authorization') !== undefined) return next();
  const site = c.req.header('Sec-Fetch-Site');
  const origin = c.req.header('Origin');
  const own = site === undefined ? origin === undefined || origin === new URL(c.req.url).origin : OWN.has(site);
  if (own) return next();
  throw new MarqueeError('cross-site', `a page of another site (${origin ?? site}) may not write here`, {
    fix: 'Programs send Authorization: Bearer and the API token.',
  });
}
