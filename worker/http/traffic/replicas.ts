import type { Context } from 'hono';
import { getSignedCookie, setSignedCookie } from 'hono/cookie';
import { inSessions } from '../../../shared/ratings/sessions.ts';
import type { Seen } from '../../../shared/ratings/shards.ts';
import type { Database } from '../../../shared/storage/database.ts';
import type { AppEnv } from '../app-env.ts';
import { cookieOptions, readSession, sessionSecret } from '../identity/auth.ts';
import { bearerOf } from '../identity/bearer.ts';

/** Says how new what its person wrote is: "user/shard/bookmark", signed, since others' reads wait for it, too. */
const SEEN_COOKIE = 'marquee_seen';

/** Seconds after which every replica has what was written. */
const LIFE = 600;

/**
 * How new a person's own ratings must be read, where replicas may be read: null for as they come, undefined for D1 itself.
 * Programs have no cookie, so they read D1 itself, as everybody does without READ_REPLICAS.
 */
export async function seenBy(c: Context<AppEnv>, userId: number): Promise<Seen | null | undefined> {
  if (!(await readsReplicas(c, userId))) return undefined;
  const value = await getSignedCookie(c, sessionSecret(c), SEEN_COOKIE);
  const [user, shard, bookmark] = value ? value.split('/') : [];
  return Number(user) === userId && bookmark ? { shard: Number(shard), bookmark } : null;
}

/** Writes for a person, whose next reading will be as new as that. */
export async function remembering<T>(
  c: Context<AppEnv>,
  userId: number,
  write: (db: Database) => Promise<T>,
): Promise<T> {
  if (!(await readsReplicas(c, userId))) return write(c.env.DB);
  const sessions = inSessions(c.env.DB, () => 'first-primary');
  const result = await write(sessions.db);
  const seen = await sessions.seenBy(userId);
  if (seen) {
    const value = `${userId}/${seen.shard}/${seen.bookmark}`;
    await setSignedCookie(c, SEEN_COOKIE, value, sessionSecret(c), { ...cookieOptions(c), maxAge: LIFE });
  }
  return result;
}

async function readsReplicas(c: Context<AppEnv>, userId: number): Promise<boolean> {
  if (c.env.READ_REPLICAS !== 'true' || c.var.alone || (await bearerOf(c)).kind !== 'none') return false;
  return (await readSession(c))?.userId === userId;
}
