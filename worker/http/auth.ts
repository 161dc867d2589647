import type { Context } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';
import { timingSafeEqual } from 'hono/utils/buffer';
import { MarqueeError } from '../../shared/errors.ts';
import { isId } from '../../shared/ratings/new-rating.ts';
import { FIRST_PERSON, isGivenOut, isKnown, nobody } from '../../shared/ratings/people.ts';
import type { RatingSource } from '../../shared/ratings/tables/rating-log.ts';
import { withDeadline } from '../ratings/deadline.ts';
import type { AppEnv } from './app-env.ts';

export const SESSION_COOKIE = 'marquee_session';

const YEAR = 365 * 24 * 3600;
const BEARER = /^Bearer +(\S+)$/i;

export type Identity =
  | { readonly kind: 'session'; readonly userId: number }
  | { readonly kind: 'token' }
  | { readonly kind: 'none' };

/** Who sent the request. Throws `unauthorized` for a wrong token, even beside a valid session. */
export async function identify(c: Context<AppEnv>): Promise<Identity> {
  if (c.var.alone) return { kind: 'session', userId: c.var.alone.userId };
  if (c.req.header('Authorization') !== undefined) {
    if (await bearsToken(c, c.env.API_TOKEN)) return { kind: 'token' };
    throw new MarqueeError('unauthorized', 'the token in the Authorization header is not valid', {
      fix: 'Send Authorization: Bearer and the value of API_TOKEN.',
    });
  }
  const session = await readSession(c);
  if (session?.outdated) await startSession(c, session.userId);
  return session === null ? { kind: 'none' } : { kind: 'session', userId: session.userId };
}

/** Whether the request bears this token, compared in constant time. */
export async function bearsToken(c: Context<AppEnv>, token: string | undefined): Promise<boolean> {
  const bearer = BEARER.exec(c.req.header('Authorization') ?? '')?.[1];
  return bearer !== undefined && !!token && timingSafeEqual(bearer, token);
}

/**
 * Whose data a request reads: the named user's, else the session's, else nobody's. Throws `unauthorized`, `forbidden`.
 */
export async function readerOf(c: Context<AppEnv>, user: number | undefined): Promise<number | null> {
  const identity = await identify(c);
  const sessionUser = identity.kind === 'session' ? identity.userId : null;
  if (user === undefined || user === sessionUser) return sessionUser;
  if (identity.kind === 'token') return user;
  if (c.env.OPEN_USERS === 'true' && user < FIRST_PERSON) return user;
  throw identity.kind === 'none' ? unauthorized(`reading user ${user}`) : forbidden(user);
}

/** For whom a request writes. Throws `unauthorized`, `forbidden`, `bad-parameter`; `unknown-user` for an id to come. */
export async function writerOf(c: Context<AppEnv>, user: number | undefined): Promise<number> {
  const identity = await identify(c);
  if (identity.kind === 'none') throw unauthorized('this');
  if (identity.kind === 'session') {
    if (user !== undefined && user !== identity.userId) throw forbidden(user);
    return identity.userId;
  }
  if (user === undefined) {
    throw new MarqueeError('bad-parameter', 'user: got nothing, expected the id of a user', {
      fix: 'A token acts for any user: say for which.',
      details: { parameter: 'user' },
    });
  }
  const givenOut = await withDeadline(isGivenOut(c.env.DB, user), c.var.ratingTimeout);
  if (!givenOut && !(await isTrained(c, user))) throw nobody(user);
  return user;
}

/** Whom a request deletes: as `writerOf`, but a token names only users who have ratings or a session. */
export async function deletedBy(c: Context<AppEnv>, named: number | undefined): Promise<number> {
  const user = await writerOf(c, named);
  if (sourceOf(c) === 'page' || (await isTrained(c, user))) return user;
  if (await withDeadline(isKnown(c.env.DB, user), c.var.ratingTimeout)) return user;
  throw nobody(user);
}

/** Whether the model in service has a row of this user. */
async function isTrained(c: Context<AppEnv>, user: number): Promise<boolean> {
  const { users } = await c.var.models.get(c.env, c.executionCtx);
  return (await users.find(c.env.MODELS, user)) !== null;
}

/** Throws `unauthorized` unless the request bears ADMIN_TOKEN. */
export async function requireAdmin(c: Context<AppEnv>): Promise<void> {
  if (await bearsToken(c, c.env.ADMIN_TOKEN)) return;
  throw new MarqueeError('unauthorized', 'this needs the token of whoever runs this deployment', {
    fix: 'Send Authorization: Bearer and the value of ADMIN_TOKEN.',
  });
}

/** Throws `unauthorized` unless the request bears API_TOKEN or ADMIN_TOKEN. */
export async function requireProgram(c: Context<AppEnv>): Promise<void> {
  if ((await bearsToken(c, c.env.API_TOKEN)) || (await bearsToken(c, c.env.ADMIN_TOKEN))) return;
  throw new MarqueeError('unauthorized', 'this needs the token of a program', {
    fix: 'Send Authorization: Bearer and the value of API_TOKEN or ADMIN_TOKEN.',
  });
}

/** The source that the log states of a rating in this request. Only programs send a token. */
export function sourceOf(c: Context<AppEnv>): RatingSource {
  return c.req.header('Authorization') === undefined ? 'page' : 'api';
}

/** The content of a valid session cookie. */
interface Session {
  readonly userId: number;
  /** Signed with SESSION_SECRET_PREVIOUS. */
  readonly outdated: boolean;
}

/** The session of the request's cookie, null without a valid one. */
export async function readSession(c: Context<AppEnv>): Promise<Session | null> {
  const { SESSION_SECRET, SESSION_SECRET_PREVIOUS } = c.env;
  for (const secret of [SESSION_SECRET, SESSION_SECRET_PREVIOUS]) {
    const value = secret && (await getSignedCookie(c, secret, SESSION_COOKIE));
    if (value && isId(Number(value))) return { userId: Number(value), outdated: secret !== SESSION_SECRET };
  }
  return null;
}

export async function startSession(c: Context<AppEnv>, userId: number): Promise<void> {
  await setSignedCookie(c, SESSION_COOKIE, String(userId), sessionSecret(c), { ...cookieOptions(c), maxAge: YEAR });
}

/** Makes the browser delete its cookie. */
export function endSession(c: Context<AppEnv>): void {
  deleteCookie(c, SESSION_COOKIE, cookieOptions(c));
}

function cookieOptions(c: Context<AppEnv>) {
  const secure = new URL(c.req.url).protocol === 'https:';
  return { httpOnly: true, sameSite: 'Lax', secure, path: '/' } as const;
}

/** The key that signs sessions. Throws `not-configured` when the deployment has none. */
export function sessionSecret(c: Context<AppEnv>): string {
  const { SESSION_SECRET } = c.env;
  if (SESSION_SECRET) return SESSION_SECRET;
  throw new MarqueeError('not-configured', 'this deployment has no SESSION_SECRET, so it cannot start sessions', {
    fix: 'Set it: wrangler secret put SESSION_SECRET; locally a line in .dev.vars.',
  });
}

function unauthorized(what: string): MarqueeError {
  return new MarqueeError('unauthorized', `${what} needs a session or a token`, {
    fix: 'POST /session starts one; programs send Authorization: Bearer and the API token.',
  });
}

function forbidden(user: number): MarqueeError {
  return new MarqueeError('forbidden', `user ${user} is not the user of this session`);
}
