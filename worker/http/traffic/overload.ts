import type { Context, Next } from 'hono';
import { MarqueeError } from '../../../shared/errors.ts';
import type { AppEnv } from '../app-env.ts';
import { FREE } from './rate-limit.ts';

/** Milliseconds after which a request counts as gone: the runtime never goes on with one whose caller has left. */
const LONGEST = 10_000;
/** Seconds after which a refused caller may try again: those under way take a fraction of that. */
const RETRY = 1;

/**
 * Bounds the requests that one isolate has under way. Those beyond are refused at once, so that the others are answered
 * in time and memory stays bounded; as soon as one is answered the next may come. Requests that the page makes of its
 * own routes belong to the page's. Monitors are always answered.
 *
 * @param most requests at a time
 */
export function limitWork(most: number) {
  const underWay = new Map<unknown, number>(); // when each began, the oldest first; parts of one share its trace
  return async function shedLoad(c: Context<AppEnv>, next: Next): Promise<void> {
    const request = c.get('trace') ?? c.req.raw;
    if (FREE.has(c.req.path) || underWay.has(request)) return next();
    const now = c.get('now')();
    for (const [gone, since] of underWay) {
      if (Math.abs(now - since) < LONGEST) break; // also where the clock was set back
      underWay.delete(gone);
    }
    if (underWay.size >= most) throw overloaded(most);
    underWay.set(request, now);
    try {
      await next();
    } finally {
      underWay.delete(request);
    }
  };
}

function overloaded(most: number): MarqueeError {
  return new MarqueeError('overloaded', `${most} requests are under way here already`, {
    fix: 'Send it again in a moment: nothing was done.',
    details: { retryAfter: RETRY },
  });
}
