import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { listening } from './http-server.ts';

interface Message {
  readonly id: string;
  readonly timestamp: number;
  readonly body: unknown;
  attempts: number;
  /** When it is delivered next, in milliseconds of `performance.now`. */
  due: number;
}

/** What a delivery came to, as workerd says it. */
interface Outcome {
  readonly outcome: string;
  readonly ackAll: boolean;
  readonly explicitAcks: readonly string[];
}

/** Messages of one delivery, Cloudflare's most, and milliseconds between two. */
const BATCH = 100;
const PERIOD = 100;
/** Deliveries under way: a database that never answers would else hold a connection for each message. */
const AT_ONCE = 4;
/** Milliseconds after which a message comes again; Cloudflare waits longer. */
const RETRY = 1000;

/**
 * A queue in memory behind workerd's own binding: `serve` takes what producers send, and `deliverTo` hands it to the
 * consumer until that acknowledges it. As Cloudflare promises no more, one message in ten comes twice.
 */
export class MemoryQueue {
  #messages: Message[] = [];
  #count = 0;
  #underWay = 0;

  /** Messages that nobody acknowledged yet. */
  get length(): number {
    return this.#messages.length;
  }

  async serve(): Promise<{ port: number; server: Server }> {
    const server = createServer(async (request, response) => {
      const { messages } = (await json(request)) as { messages: { body: string }[] };
      for (const { body } of messages) {
        const id = `message-${this.#count++}`;
        const parsed = JSON.parse(Buffer.from(body, 'base64').toString());
        this.#messages.push({ id, timestamp: Date.now(), body: parsed, attempts: 1, due: 0 });
      }
      const metrics = { backlogCount: this.length, backlogBytes: 0, oldestMessageTimestamp: 0 };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ metadata: { metrics } }));
    });
    return { port: await listening(server), server };
  }

  /** Delivers from now on to the worker at `url`, which calls the consumer. Returns what ends that. */
  deliverTo(url: string): () => void {
    const timer = setInterval(() => this.#turn(url), PERIOD);
    return () => clearInterval(timer);
  }

  async #turn(url: string): Promise<void> {
    if (this.#underWay >= AT_ONCE) return;
    this.#underWay++;
    await this.#deliver(url).catch(() => undefined);
    this.#underWay--;
  }

  async #deliver(url: string): Promise<void> {
    const now = performance.now();
    const batch = this.#messages.filter(({ due }) => due <= now).slice(0, BATCH);
    if (batch.length === 0) return;
    for (const message of batch) message.due = now + RETRY;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(batch) });
    const { outcome, ackAll, explicitAcks } = (await answer.json()) as Outcome;
    for (const message of batch) message.attempts++;
    const done = new Set(outcome === 'ok' && ackAll ? batch.map(({ id }) => id) : explicitAcks);
    const again = [...done].filter(
      (id) => Number(id.slice(8)) % 10 === 0 && batch.find((m) => m.id === id)?.attempts === 2,
    );
    this.#messages = this.#messages.filter(({ id }) => !done.has(id) || again.includes(id));
  }
}
