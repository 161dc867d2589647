import type { Context, Next } from 'hono';
import { MarqueeError } from '../../../shared/errors.ts';
import type { AppEnv, Bearer } from '../app-env.ts';
import { readSession } from '../identity/auth.ts';
import { bearerOf } from '../identity/bearer.ts';
import { READING } from './same-site.ts';

/** Routes that cost next to nothing: monitors and the API reference ask them. */
export const FREE = new Set(['/health', '/health/live', '/health/ready', '/model', '/openapi.json', '/docs']);

/** Routes that store nothing, posted or not. */
const READ_BY_POST = /^\/(recommend(\/batch)?\/?$|explain\/)/;

/** Pictures of a page, many at once: only an address may ask for too many. */
const PICTURE = /^\/poster\//;

/** Seconds after which a refused caller may try again: the limits of wrangler.toml count a minute. */
const PERIOD = 60;

/**
 * Limits the requests a minute of one session and of one address, reads and writes apart. Without the bindings, as on a
 * developer's machine, nothing is limited and nothing waits. A program with the API token or a key is not limited either.
 */
export function limitRate(c: Context<AppEnv>, next: Next): Promise<void> {
  const reads = READING.has(c.req.method) || READ_BY_POST.test(c.req.path);
  const { READS_PER_SESSION, READS_PER_ADDRESS, WRITES_PER_SESSION, WRITES_PER_ADDRESS } = c.env;
  const limits = reads
    ? {
        kind: 'reads',
        session: PICTURE.test(c.req.path) ? undefined : READS_PER_SESSION,
        address: READS_PER_ADDRESS,
      }
    : { kind: 'writes', session: WRITES_PER_SESSION, address: WRITES_PER_ADDRESS };
  if (FREE.has(c.req.path) || !(limits.session || limits.address)) return next();
  return countAnd(next, c, limits);
}

interface Limits {
  readonly kind: string;
  readonly session: RateLimit | undefined;
  readonly address: RateLimit | undefined;
}

async function countAnd(next: Next, c: Context<AppEnv>, { kind, session, address }: Limits): Promise<void> {
  const bearer = await bearerOf(c).catch(() => null); // a wrong token counts, and the route refuses it
  if (bearer?.kind === 'program') return next();
  const caller = bearer && (await callerOf(c, bearer));
  const ip = c.req.header('CF-Connecting-IP');
  const counted = await Promise.all([
    session && caller ? mayPass(session, `${kind} of ${caller}`) : true,
    address && ip ? mayPass(address, `${kind} from ${networkOf(ip)}`) : true,
  ]);
  if (counted.every(Boolean)) return next();
  throw new MarqueeError(
    'too-many-requests',
    `too many ${kind} in a minute from this ${counted[0] ? 'address' : 'session'}`,
    { fix: 'Wait a minute; many ratings fit into one request.', details: { retryAfter: PERIOD } },
  );
}

/** Who acts for themselves, as the limits name them. */
async function callerOf(c: Context<AppEnv>, bearer: Bearer): Promise<string | null> {
  if (bearer.kind === 'subject') return `subject ${bearer.subject}`;
  const session = await readSession(c);
  return session && `user ${session.userId}`;
}

/** Whether a limit lets a request pass. A limit that fails lets it pass. */
async function mayPass(limit: RateLimit, key: string): Promise<boolean> {
  const { success } = await limit.limit({ key }).catch((error: unknown) => {
    console.error('a rate limit does not answer:', error);
    return { success: true };
  });
  return success;
}

/** The subscriber's network: an IPv4 address whole, the first 64 bits of an IPv6 address, which one subscriber has. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head, tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(8 - head.length - (tail?.length ?? 0)).fill('0');
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 4).join(':');
}
