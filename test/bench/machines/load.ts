/**
 * The load generator, a thread of its own: keep-alive connections over which one request follows the other, with no
 * more parsing than it takes to know where an answer ends.
 */
import { connect } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface LoadJob {
  readonly url: string;
  /** Asked in turn, over and over. */
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, evenly; by default each connection sends the next one at once. */
  readonly perSecond?: number;
}

/** Milliseconds that an answer may take. */
const PATIENCE = 60_000;

/** Sent to the thread: no request more. */
const STOP = 'stop';

export interface LoadRequest {
  readonly path: string;
  /** JSON; makes it a POST. */
  readonly body?: string;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  readonly answers: number;
  /** Answers that were not 200. */
  readonly failed: number;
}

/** Sends requests for the seconds given, or until the signal; resolves when the last answer is there. */
export function load({ signal, ...job }: LoadJob & { signal?: AbortSignal }): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: job });
    signal?.addEventListener('abort', () => thread.postMessage(STOP));
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}

async function generate({
  url,
  requests,
  connections,
  seconds,
  perSecond = Number.POSITIVE_INFINITY,
}: LoadJob): Promise<LoadResult> {
  const { hostname, port } = new URL(url);
  const texts = requests.map(({ path, body }) =>
    body === undefined
      ? `GET ${path} HTTP/1.1\r\nHost: marquee\r\n\r\n`
      : `POST ${path} HTTP/1.1\r\nHost: marquee\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const began = performance.now();
  let until = began + 1000 * seconds;
  parentPort!.once('message', () => {
    until = 0;
  });
  const times: number[] = [];
  let [sent, failed] = [0, 0];

  const converse = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      let pending = '';
      let at = 0;
      const write = (text: string) => socket.write(text);
      const ask = () => {
        const due = began + (1000 * sent) / perSecond;
        const now = performance.now();
        const text = texts[sent++ % texts.length];
        at = perSecond === Number.POSITIVE_INFINITY ? now : due; // who comes late has waited since then
        if (due > now) setTimeout(write, due - now, text);
        else write(text);
      };
      socket.once('connect', ask);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the server closed a connection')));
      socket.setTimeout(PATIENCE, () => reject(new Error(`a request had no answer within ${PATIENCE} ms`)));
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        pending += chunk;
        const end = endOfAnswer(pending);
        if (end < 0) return;
        const now = performance.now();
        times.push(now - at);
        if (!pending.startsWith('HTTP/1.1 200')) failed++;
        pending = pending.slice(end);
        if (now < until) return ask();
        socket.end();
        resolve();
      });
    });

  await Promise.all(Array.from({ length: connections }, converse));
  parentPort!.unref();
  const elapsed = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const quantile = (q: number) => times[Math.min(times.length - 1, Math.floor(q * times.length))];
  return {
    requestsPerSecond: times.length / elapsed,
    p50: quantile(0.5),
    p99: quantile(0.99),
    slowest: times[times.length - 1],
    answers: times.length,
    failed,
  };
}

/** Length of the answer that `text` begins with, −1 while it is not whole. */
function endOfAnswer(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = /content-length: (\d+)/i.exec(text.slice(0, head));
  if (length) {
    const end = head + 4 + Number(length[1]);
    return text.length >= end ? end : -1;
  }
  const last = text.indexOf('\r\n0\r\n\r\n', head + 2);
  return last < 0 ? -1 : last + 7;
}

if (!isMainThread && workerData?.requests) {
  const result = await generate(workerData);
  parentPort!.postMessage(result);
}
