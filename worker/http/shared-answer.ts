import type { Context, MiddlewareHandler, Next } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { timeToLive } from '../version/age.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { servedVersion } from './answering-version.ts';
import type { AppEnv } from './app-env.ts';
import { SESSION_COOKIE } from './identity/auth.ts';
import { otherVersionOf } from './lists/arm-version.ts';

/** Number of the form of these answers, for deployments that do not know their own release. */
const FORM = 1;

/**
 * For routes whose answers are the same for everybody: they bear an `ETag`, and whoever has them already is answered 304
 * before anything is computed. Without a session they may be kept as long as an isolate keeps its version.
 */
export async function shareAnswer(c: Context<AppEnv>, next: Next): Promise<Response | undefined> {
  const served = await servedVersion(c);
  c.set('served', served); // the answer is of the version that its tag names
  const tag = tagOf(c, served);
  const isAnybody = !c.req.header('Authorization') && !c.req.header('Cookie')?.includes(SESSION_COOKIE);
  const seconds = isAnybody ? Math.floor(timeToLive(c.env) / 1000) : 0;
  c.header('ETag', tag);
  c.header('Cache-Control', `${scopeOf(c, served)}, ${seconds > 0 ? `max-age=${seconds}` : 'no-cache'}`);
  if (has(c, tag)) return c.body(null, 304);
  await next();
}

/** Who may keep an answer of a version: everybody, or whoever is in the arm of an experiment that the version is of. */
export function scopeOf(c: Context<AppEnv>, served: ServedVersion): 'public' | 'private' {
  return otherVersionOf(c) === served.version ? 'private' : 'public';
}

const tagByHash = etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'X-Content-Type-Options'] });

/** The same where an answer is made of more than its version: the tag is its hash, and nobody keeps it unasked. */
export const shareContent: MiddlewareHandler<AppEnv> = (c, next) => {
  c.header('Cache-Control', 'public, no-cache');
  return tagByHash(c, next);
};

/** Names all that such an answer is made of: the version, the films hidden and put, and the Worker's own release. */
export function tagOf(
  { env }: Context<AppEnv>,
  { version, model: { movies }, hidden, filmsTag }: ServedVersion,
): string {
  let mixed = 0;
  for (const row of hidden) mixed = (mixed + Math.imul(movies.movieIds[row] + 1, 0x9e3779b1)) | 0;
  const release = env?.RELEASE?.id.slice(0, 8) ?? FORM;
  return `"${version}-${release}-${hidden.size}-${(mixed >>> 0).toString(36)}${filmsTag}"`;
}

/** Whether the caller has what this tag names; a proxy that packs an answer makes its tag a weak one. */
export function has(c: Context<AppEnv>, tag: string): boolean {
  return c.req.header('If-None-Match')?.includes(tag) ?? false;
}
