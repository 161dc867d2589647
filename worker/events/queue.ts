import { digestOfChange, dropLetter, keepLetter, settleMessage } from '../../shared/ratings/dead-letters.ts';
import type { Bindings } from '../env.ts';
import { withDeadline } from '../ratings/deadline.ts';

/** Milliseconds that D1 may take: no user waits here. */
const DEADLINE = 20_000;
/** Seconds. */
const LONGEST_DELAY = 3600;
/** The name of the dead-letter queue in wrangler.toml ends so. */
const DEAD = /-dead$/;

/**
 * Applies the changes that `http/submit.ts` put on the queue. A message is acknowledged once D1 has its change, else it
 * comes again, later and later. A change that is applied twice changes nothing the second time. Rows of a message that
 * are no ratings are set aside in R2, and the rest is written. What the queue gives up on after all its retries arrives
 * here by way of the dead-letter queue, and is kept in R2 until `npm run replay`.
 */
export async function onQueue(batch: MessageBatch, { DB, MODELS, KEEP_QUEUED }: Bindings): Promise<void> {
  const settle = DEAD.test(batch.queue)
    ? ({ id, body }: Message) => keepLetter(MODELS, id, body)
    : async ({ id, body }: Message) => {
        await withDeadline(settleMessage(MODELS, DB, id, body), DEADLINE);
        if (KEEP_QUEUED === 'true') await dropLetter(MODELS, await digestOfChange(body));
      };
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await settle(message);
        message.ack();
      } catch (error) {
        console.error(`message ${message.id} of ${batch.queue}, attempt ${message.attempts}:`, error);
        message.retry({ delaySeconds: Math.min(LONGEST_DELAY, 5 * 2 ** message.attempts) });
      }
    }),
  );
}
