import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listening } from './http-server.ts';

/**
 * How a store behaves: well; it answers late; it answers 500 and does nothing; it never answers; it does what it was
 * asked, but the connection breaks before the answer; it answers reads as it did the first time.
 */
export type StoreFault = 'none' | 'slow' | 'failing' | 'silent' | 'lost' | 'stale';

/** Milliseconds by which a slow store is late: more than the Worker waits for D1. */
const LATE = 3000;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Stands before a store's port, and behaves as `fault` says. */
export class FaultyProxy {
  readonly #target: number;
  readonly #server = createServer((asked, response) => this.#pass(asked, response));
  #fault: StoreFault = 'none';
  #held = new Set<ServerResponse>();
  #remembered = new Map<string, Answer>();

  constructor(target: number) {
    this.#target = target;
  }

  listen(): Promise<number> {
    return listening(this.#server);
  }

  /** Whoever waits for a silent store meets a broken connection when it behaves otherwise. */
  set fault(fault: StoreFault) {
    this.#fault = fault;
    for (const response of this.#held) response.destroy();
    this.#held.clear();
    this.#remembered.clear();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #pass(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.#fault;
    const body = await buffer(asked);
    if (fault === 'silent') return void this.#held.add(response);
    if (fault === 'failing') return void response.writeHead(500).end();
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, LATE));
    const answer = await this.#answer(fault, asked, body);
    if (fault === 'lost') return void response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async #answer(fault: StoreFault, asked: IncomingMessage, body: Buffer): Promise<Answer> {
    const question = `${asked.headers['cf-r2-request'] ?? ''}${body}`;
    const reads = asked.headers['cf-r2-request'] !== undefined || /^\[?\{"sql":"\s*SELECT/.test(String(body));
    if (fault !== 'stale' || !reads) return this.#ask(asked, body);
    const before = this.#remembered.get(question) ?? (await this.#ask(asked, body));
    this.#remembered.set(question, before);
    return before;
  }

  #ask({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onward = request({ host: '127.0.0.1', port: this.#target, method, path: url, headers }, async (answer) => {
        resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: await buffer(answer) });
      });
      onward.once('error', reject).end(body);
    });
  }
}
