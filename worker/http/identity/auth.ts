import type { Context, Next } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';
import { MarqueeError } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ratings/new-rating.ts';
import { FIRST_PERSON, isGivenOut, isKnown, nobody } from '../../../shared/ratings/people.ts';
import type { RatingSource } from '../../../shared/ratings/tables/rating-log.ts';
import { personOfSubject } from '../../../shared/ratings/tables/subject.ts';
import { withDeadline } from '../../ratings/deadline.ts';
import type { AppEnv } from '../app-env.ts';
import { bearerOf, bearsToken } from './bearer.ts';

export const SESSION_COOKIE = 'marquee_session';

const YEAR = 365 * 24 * 3600;

export type Identity =
  | { readonly kind: 'session'; readonly userId: number }
  | { readonly kind: 'token'; readonly mayWrite: boolean }
  | { readonly kind: 'none' };

/**
 * Who sent the request; a host application's user is as if they had a session. Throws `unauthorized` for a wrong token,
 * even beside a valid session.
 */
export async function identify(c: Context<AppEnv>): Promise<Identity> {
  const alone = c.get('alone');
  if (alone) return { kind: 'session', userId: alone.userId };
  const bearer = await bearerOf(c);
  if (bearer.kind === 'program') return { kind: 'token', mayWrite: bearer.mayWrite };
  if (bearer.kind === 'subject') return { kind: 'session', userId: await personOf(c, bearer.subject) };
  const session = await readSession(c);
  if (session?.outdated) await startSession(c, session.userId);
  return session === null ? { kind: 'none' } : { kind: 'session', userId: session.userId };
}

/** Who a host application's user is here. */
export function personOf(c: Context<AppEnv>, subject: string): Promise<number> {
  return withDeadline(personOfSubject(c.env.DB, subject, Math.floor(c.var.now() / 1000)), c.var.ratingTimeout);
}

/**
 * Whose data a request reads: the named user's, else the session's, else nobody's. Throws `unauthorized`, `forbidden`.
 */
export async function readerOf(c: Context<AppEnv>, user: number | undefined): Promise<number | null> {
  return noteUser(c, await readable(c, user));
}

function noteUser<T extends number | null>(c: Context<AppEnv>, user: T): T {
  const trace = c.get('trace');
  if (trace) trace.user = user;
  return user;
}

async function readable(c: Context<AppEnv>, user: number | undefined): Promise<number | null> {
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
    return noteUser(c, identity.userId);
  }
  if (!identity.mayWrite) throw mayOnlyRead();
  if (user === undefined) {
    throw new MarqueeError('bad-parameter', 'user: got nothing, expected the id of a user', {
      fix: 'A token acts for any user: say for which.',
      details: { parameter: 'user' },
    });
  }
  const givenOut = await withDeadline(isGivenOut(c.env.DB, user), c.var.ratingTimeout);
  if (!givenOut && !(await isTrained(c, user))) throw nobody(user);
  return noteUser(c, user);
}

/** Whom a request deletes: as `writerOf`, but a token names only users who have ratings or a session. */
export async function deletedBy(c: Context<AppEnv>, named: number | undefined): Promise<number> {
  const user = await writerOf(c, named);
  if ((await sourceOf(c)) === 'page' || (await isTrained(c, user))) return user;
  if (await withDeadline(isKnown(c.env.DB, user), c.var.ratingTimeout)) return user;
  throw nobody(user);
}

/** Whether the model in service has a row of this user. */
export async function isTrained(c: Context<AppEnv>, user: number): Promise<boolean> {
  const { users } = await c.var.models.get(c.env, c.executionCtx);
  return (await users.find(c.env.MODELS, user)) !== null;
}

/** Lets programs with the API token pass, before their body is read. Throws `unauthorized`. */
export async function requireProgram(c: Context<AppEnv>, next: Next): Promise<void> {
  if ((await identify(c)).kind === 'token') return next();
  throw new MarqueeError('unauthorized', 'this is for programs', {
    fix: 'Send Authorization: Bearer and the value of API_TOKEN.',
  });
}

/** Throws `unauthorized` unless the request bears ADMIN_TOKEN, or is of a program that may write. */
export async function requireKeeper(c: Context<AppEnv>): Promise<void> {
  if (await bearsToken(c, c.env.ADMIN_TOKEN, c.env.ADMIN_TOKEN_PREVIOUS)) return;
  const identity = await identify(c);
  if (identity.kind === 'token' && identity.mayWrite) return;
  if (identity.kind === 'token') throw mayOnlyRead();
  throw new MarqueeError('unauthorized', 'this needs the token of a program', {
    fix: 'Send Authorization: Bearer and the value of API_TOKEN or ADMIN_TOKEN.',
  });
}

/** Throws `unauthorized` unless the request bears ADMIN_TOKEN. */
export async function requireAdmin(c: Context<AppEnv>): Promise<void> {
  if (await bearsToken(c, c.env.ADMIN_TOKEN, c.env.ADMIN_TOKEN_PREVIOUS)) {
    c.set('bearer', Promise.resolve({ kind: 'program', mayWrite: true })); // as what it writes and deletes counts
    return;
  }
  if (!c.env.ADMIN_TOKEN) throw noAdmin();
  throw new MarqueeError('unauthorized', 'this needs the token of whoever runs this deployment', {
    fix: 'Send Authorization: Bearer and the value of ADMIN_TOKEN.',
  });
}

function noAdmin(): MarqueeError {
  return new MarqueeError('unauthorized', 'this deployment has no ADMIN_TOKEN, so nobody may do this', {
    fix: 'Set it: wrangler secret put ADMIN_TOKEN; locally a line in .dev.vars.',
  });
}

/** The source that the log states of a rating in this request: a program, or somebody who acts for themselves. */
export async function sourceOf(c: Context<AppEnv>): Promise<RatingSource> {
  return (await bearerOf(c)).kind === 'program' ? 'api' : 'page';
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

export function cookieOptions(c: Context<AppEnv>) {
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

export function mayOnlyRead(): MarqueeError {
  return new MarqueeError('forbidden', 'the key of this application may only read', {
    fix: 'The operator gives it scope write, in API_KEYS.',
  });
}

function forbidden(user: number): MarqueeError {
  return new MarqueeError('forbidden', `user ${user} is not the user of this session`, {
    fix: 'Leave the user out for the session’s own; to name another, send Authorization: Bearer and the API token.',
  });
}
