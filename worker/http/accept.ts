import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { type Pending, write } from '../../shared/ratings/pending.ts';
import { withDeadline } from '../ratings/deadline.ts';
import type { AppEnv } from './app-env.ts';

/** Messages of one call: Cloudflare takes 256 KB, and each has at most a thousand ratings, 30 KB. */
const MESSAGES_A_CALL = 8;

/** The status of an answer that accepts: 200 it is in D1, 202 it is on the queue. */
export type Accepted = 200 | 202;

/**
 * Writes to D1, part by part. When D1 fails or is slow, what is not written goes to the queue instead, from which the
 * Worker writes it later (`consumer.ts`); a part that D1 took without saying so goes there, too, and changes nothing then.
 *
 * @throws `deleted-user`; `store-unavailable` when neither takes it: then nothing was accepted, and sending all of it
 *   again is right
 */
export async function accept(c: Context<AppEnv>, parts: readonly Pending[]): Promise<Accepted> {
  const { DB, PENDING } = c.env;
  for (const [at, part] of parts.entries()) {
    try {
      await withDeadline(write(DB, part), c.var.ratingTimeout);
    } catch (error) {
      if (!(error instanceof MarqueeError && error.code === 'store-unavailable') || !PENDING) throw error;
      await enqueue(PENDING, parts.slice(at), error);
      return 202;
    }
  }
  return 200;
}

async function enqueue(queue: Queue<Pending>, parts: readonly Pending[], why: MarqueeError): Promise<void> {
  console.error('D1 does not take ratings; they go to the queue:', why.cause ?? why.message);
  try {
    for (let at = 0; at < parts.length; at += MESSAGES_A_CALL) {
      await queue.sendBatch(parts.slice(at, at + MESSAGES_A_CALL).map((body) => ({ body, contentType: 'json' })));
    }
  } catch (cause) {
    throw new MarqueeError('store-unavailable', 'neither the rating store nor the queue took this', {
      fix: 'Send it again in a moment.',
      cause,
    });
  }
}
