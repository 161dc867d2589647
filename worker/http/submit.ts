import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { digestOfChange, keepLetter } from '../../shared/ratings/dead-letters.ts';
import { applyChange, type UserChange } from '../../shared/ratings/user-change.ts';
import { withDeadline } from '../ratings/deadline.ts';
import type { AppEnv } from './app-env.ts';

/** Messages of one call: Cloudflare takes 256 KB, and each has at most a thousand ratings, 30 KB. */
const MESSAGES_A_CALL = 8;

/** The status of the answer: 200 when D1 has the changes, 202 when the queue has some of them. */
export type SubmitStatus = 200 | 202;

/**
 * Applies changes to D1, one after the other. When D1 fails or is slow, that change and the rest go to the queue, from
 * which `events/queue.ts` applies them later. A change that D1 applied without saying so goes there too, and changes
 * nothing then.
 *
 * @throws `deleted-user`; `store-unavailable` when neither D1 nor the queue takes them: sending all of it again is
 *   right
 */
export async function submitChanges(c: Context<AppEnv>, changes: readonly UserChange[]): Promise<SubmitStatus> {
  const { DB, MODELS, PENDING, KEEP_QUEUED } = c.env;
  const keep = KEEP_QUEUED === 'true' ? MODELS : null;
  for (const [at, change] of changes.entries()) {
    try {
      await withDeadline(applyChange(DB, change), c.var.ratingTimeout);
    } catch (error) {
      if (!(error instanceof MarqueeError && error.code === 'store-unavailable') || !PENDING) throw error;
      await enqueue(PENDING, changes.slice(at), error, keep);
      return 202;
    }
  }
  return 200;
}

/** @param keep where a queue that lives in memory keeps its messages too */
async function enqueue(
  queue: Queue<UserChange>,
  changes: readonly UserChange[],
  why: MarqueeError,
  keep: R2Bucket | null,
): Promise<void> {
  console.error('D1 does not take ratings; they go to the queue:', why.cause ?? why.message);
  try {
    if (keep) for (const change of changes) await keepLetter(keep, await digestOfChange(change), change);
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
