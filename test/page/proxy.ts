import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What stands in for the server's answer to a request; undefined: the server answers. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }
  /** No answer ever comes. */
  | 'hangs'
  /** The connection breaks, as when nothing listens. */
  | 'broken'
  /** The server gets the request, and its answer is lost. */
  | 'lost';

export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

/** Stands between a browser and the server, and notes what passes. */
export interface FaultyServer {
  readonly url: string;
  /** Requests that reached the server, oldest first. */
  readonly passed: Sent[];
  /** Says which requests fail, from now on. */
  fail(fault: ((sent: Sent) => Fault | undefined) | undefined): void;
  /** Without it, answers say no time. */
  dates: boolean;
  /** Changes what the server answers to a path. */
  rewrite(path: string, change: (body: string) => string): void;
}

/** It ends with the test. */
export async function startProxy(target: string): Promise<FaultyServer> {
  const passed: Sent[] = [];
  const changes = new Map<string, (body: string) => string>();
  let faultOf: (sent: Sent) => Fault | undefined = () => undefined;

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = Buffer.concat(await incoming.toArray());
    const sent = { method: incoming.method!, path: incoming.url!, body: body.toString() };
    const fault = faultOf(sent);
    outgoing.sendDate = proxy.dates;
    if (fault === 'hangs') return;
    if (fault === 'broken') return void outgoing.destroy();
    if (typeof fault === 'object') return void outgoing.writeHead(fault.status, fault.headers).end(fault.body);
    passed.push(sent);
    const { host, ...headers } = incoming.headers;
    if (changes.has(sent.path)) delete headers['if-none-match']; // what is changed has another tag
    const onward = request(`${target}${incoming.url}`, {
      method: incoming.method,
      headers: { ...headers, 'accept-encoding': 'identity' },
    });
    onward.end(body);
    const [response] = (await once(onward, 'response')) as [IncomingMessage];
    const content = Buffer.concat(await response.toArray());
    if (fault === 'lost') return void outgoing.destroy();
    const change = changes.get(incoming.url!);
    const { 'content-length': _, date: __, ...rest } = response.headers;
    outgoing.writeHead(response.statusCode!, rest).end(change ? change(content.toString()) : content);
  };

  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing).catch(() => outgoing.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const proxy: FaultyServer = {
    dates: true,
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    passed,
    fail: (fault) => {
      faultOf = fault ?? (() => undefined);
    },
    rewrite: (path, change) => changes.set(path, change),
  };
  return proxy;
}

/** A problem document as the Worker writes it. */
export function problem(status: number, detail: string, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify({ status, detail, code: 'test' });
  return { status, headers: { 'Content-Type': 'application/problem+json', ...headers }, body };
}
