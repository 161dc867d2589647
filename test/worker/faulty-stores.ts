import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import type { UserChange } from '../../shared/ratings/user-change.ts';
import type { Bindings } from '../../worker/env.ts';
import { onQueue } from '../../worker/events/queue.ts';

/**
 * How an operation ends: well; it fails before anything is done; it is done but its answer is lost; it is done and
 * never answers.
 */
export type Fault = 'none' | 'before' | 'after' | 'silent';

async function suffer<T>(fault: Fault, operation: () => Promise<T>): Promise<T> {
  if (fault === 'before') throw new Error('injected: not done');
  const result = await operation();
  if (fault === 'after') throw new Error('injected: done, but the answer is lost');
  return fault === 'silent' ? new Promise<never>(() => undefined) : result;
}

/** A D1 database whose next write ends as `next` says. Reads end well. */
export function faultyDatabase(db: D1Database, next: () => Fault): D1Database {
  return {
    prepare: (sql: string) => db.prepare(sql),
    batch: (statements: D1PreparedStatement[]) => suffer(next(), () => db.batch(statements)),
  } as unknown as D1Database;
}

/** A bucket whose next put ends as `next` says. */
export function faultyBucket(bucket: R2Bucket, next: () => Fault): R2Bucket {
  const put = (key: string, value: string) => suffer(next(), () => bucket.put(key, value));
  return { put } as unknown as R2Bucket;
}

/** A queue's messages, to be delivered in any order and any number of times. */
export class HeldQueue {
  readonly messages: { id: string; body: UserChange; attempts: number }[] = [];
  readonly #next: () => Fault;
  #count = 0;

  constructor(next: () => Fault = () => 'none') {
    this.#next = next;
  }

  get binding(): Queue<UserChange> {
    const sendBatch = (messages: Iterable<MessageSendRequest<UserChange>>) =>
      suffer(this.#next(), async () => {
        // A queue keeps bytes, not objects.
        for (const { body } of messages) {
          this.messages.push({ id: `message-${this.#count++}`, body: JSON.parse(JSON.stringify(body)), attempts: 1 });
        }
      });
    return { sendBatch } as unknown as Queue<UserChange>;
  }

  /**
   * Delivers one message as a queue of this name does, and removes it when it is acknowledged. Returns whether it was.
   */
  async deliver(at: number, env: Bindings, name = 'marquee-ratings'): Promise<boolean> {
    const message = this.messages[at];
    const batch = createMessageBatch(name, [{ ...message, timestamp: 0 }]);
    const context = createExecutionContext();
    await onQueue(batch, env);
    const { explicitAcks, retryMessages } = await getQueueResult(batch, context);
    message.attempts++;
    if (explicitAcks.length + retryMessages.length !== 1) throw new Error('a message must be acknowledged or retried');
    if (explicitAcks.length === 1) this.messages.splice(at, 1);
    return explicitAcks.length === 1;
  }
}
