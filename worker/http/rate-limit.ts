import type { Context, Next } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import type { AppEnv } from './app-env.ts';
import { bearsToken, readSession } from './auth.ts';
import { READING } from './same-site.ts';

/** Routes that cost next to nothing, and that monitors ask. */
const FREE = new Set(['/health', '/model', '/openapi.json']);

/** Seconds after which a refused caller may come again; the limits of wrangler.toml count a minute. */
const PERIOD = 60;

/**
 * Limits what one session and what one address may ask in a minute, reads and writes apart. Without bindings, as on one's
 * own machine, nothing is limited and nothing waits. A program with the API token is not limited, either.
 */
export function limitRate(c: Context<AppEnv>, next: Next): Promise<void> {
  const reads = READING.has(c.req.method) || c.req.path === '/recommend'; // which stores nothing, posted or not
  const { READS_PER_SESSION, READS_PER_ADDRESS, WRITES_PER_SESSION, WRITES_PER_ADDRESS } = c.env;
  const limits = reads
    ? { kind: 'reads', session: READS_PER_SESSION, address: READS_PER_ADDRESS }
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
  const program = c.req.header('Authorization') !== undefined;
  if (program && (await bearsToken(c, c.env.API_TOKEN))) return next();
  const [held, ip] = [program ? null : await readSession(c), c.req.header('CF-Connecting-IP')];
  const counted = await Promise.all([
    session && held ? mayPass(session, `${kind} of user ${held.userId}`) : true,
    address && ip ? mayPass(address, `${kind} from ${networkOf(ip)}`) : true,
  ]);
  if (counted.every(Boolean)) return next();
  throw new MarqueeError(
    'too-many-requests',
    `too many ${kind} in a minute from this ${counted[0] ? 'address' : 'session'}`,
    {
      fix: 'Wait a minute; many ratings fit into one request.',
      details: { retryAfter: PERIOD },
    },
  );
}

/** A limiter that fails stops nobody. */
async function mayPass(limit: RateLimit, key: string): Promise<boolean> {
  const { success } = await limit.limit({ key }).catch((error: unknown) => {
    console.error('a rate limit does not answer:', error);
    return { success: true };
  });
  return success;
}

/** Whom an address stands for: of IPv6 its first 64 bits, all of which one subscriber has. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head, tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(8 - head.length - (tail?.length ?? 0)).fill('0');
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 4).join(':');
}
