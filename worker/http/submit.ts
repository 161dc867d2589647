import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { addWritten, type Written } from '../../shared/ratings/rating-store.ts';
import { applyChange, type UserChange } from '../../shared/ratings/user-change.ts';
import { withDeadline } from '../ratings/deadline.ts';
import type { AppEnv } from './app-env.ts';

/** Messages of one call: Cloudflare takes 256 KB, and each has at most a thousand ratings, 30 KB. */
const MESSAGES_A_CALL = 8;

interface Submitted {
  /** Of the answer: 200 when D1 has the changes, 202 when the queue has some of them. */
  readonly status: 200 | 202;
  /** What became of the ratings; those on the queue count as stored. */
  readonly written: Written;
}

/**
 * Applies changes to D1, one after the other. When D1 fails or is slow, that change and the rest go to the queue, from
 * which `events/queue.ts` applies them later. A change that D1 applied without saying so goes there too, and changes
 * nothing then.
 *
 * @throws `deleted-user`; `store-unavailable` when neither D1 nor the queue takes them: sending all of it again is
 *   right
 */
export async function submitChanges(c: Context<AppEnv>, changes: readonly UserChange[]): Promise<Submitted> {
  const { DB, PENDING } = c.env;
  let written: Written = { stored: 0, held: 0, older: 0 };
  for (const [at, change] of changes.entries()) {
    try {
      written = addWritten(written, await withDeadline(applyChange(DB, change), c.var.ratingTimeout));
    } catch (error) {
      if (!(error instanceof MarqueeError && error.code === 'store-unavailable') || !PENDING) throw error;
      const rest = changes.slice(at);
      await enqueue(PENDING, rest, error);
      const stored = rest.reduce((sum, queued) => sum + (queued.kind === 'ratings' ? queued.ratings.length : 0), 0);
      return { status: 202, written: addWritten(written, { stored, held: 0, older: 0 }) };
    }
  }
  return { status: 200, written };
}

async function enqueue(queue: Queue<UserChange>, changes: readonly UserChange[], why: MarqueeError): Promise<void> {
  console.error('D1 does not take ratings; they go to the queue:', why.cause ?? why.message);
  try {
    for (let at = 0; at < changes.length; at += MESSAGES_A_CALL) {
      const part = changes.slice(at, at + MESSAGES_A_CALL);
      await queue.sendBatch(part.map((body) => ({ body, contentType: 'json' })));
    }
  } catch (cause) {
    throw new MarqueeError('store-unavailable', 'neither the rating store nor the queue took this', {
      fix: 'Send it again in a moment.',
      cause,
    });
  }
}
