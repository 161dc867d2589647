import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Connections that are served, and further ones that hear why not. Beyond both they are closed unanswered. */
const SERVED = 256;
const TURNED_AWAY = 128;
/** Requests that the Worker gets at a time; the others wait here. */
const AT_ONCE = 64;
/** Milliseconds. */
const HEADERS_PATIENCE = 15_000;
const REQUEST_PATIENCE = 60_000;
/** The operator's requests may take as long as the Worker gives a large file to be stored. */
const OPERATOR_PATIENCE = 15 * 60_000;

/** Headers of one connection, and those by which wrangler's tools are addressed. */
const OWN_HEADERS = /^(connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|mf-.*)$/i;
/** Tools of wrangler, not the Worker's. */
const TOOLS = '/cdn-cgi/';
/** The only one that is let through, to the bearer of the administrator's token: the cron trigger. */
const CRON = '/cdn-cgi/handler/scheduled';

/** The door of `npm start`: all connections end here, so that the Worker behind it may die and be started again. */
export interface Gate {
  /** Where requests go from now on; null while there is no Worker. */
  lead(target: URL | null): void;
}

export interface GateOptions {
  /** Addresses to listen on, without those whose family this machine lacks. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly adminToken: string | undefined;
}

/** Opens the door. Connections, requests at a time and the patience with each are bounded. */
export async function openGate({ hosts, port, adminToken }: GateOptions): Promise<Gate> {
  let target: URL | null = null;
  const open = new Set<Socket>();
  const surplus = new WeakSet<Socket>();
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE, timeout: REQUEST_PATIENCE });
  const enter = (socket: Socket) => {
    if (open.size >= SERVED + TURNED_AWAY) return socket.destroy();
    if (open.size >= SERVED) surplus.add(socket);
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };
  const answer = (came: IncomingMessage, response: ServerResponse) => {
    const path = pathOf(came.url ?? '');
    if (path === null) return refuse(response, 400, 'bad-parameter', 'the address is not valid');
    if (surplus.has(came.socket)) return refuse(response, 503, 'store-unavailable', 'too many connections');
    if (path.startsWith(TOOLS) && !(path === CRON && bears(came, adminToken))) {
      return refuse(response, 404, 'not-found', 'this address belongs to no route');
    }
    if (!target) return refuse(response, 503, 'store-unavailable', 'the server is being started again');
    const timeout = bears(came, adminToken) ? OPERATOR_PATIENCE : REQUEST_PATIENCE;
    forward(came, response, target, { agent, timeout });
  };
  for (const host of hosts) {
    const server = createServer(answer).on('connection', enter).on('clientError', refuseUnread);
    await listen(server, host, port);
  }
  return {
    lead(next) {
      target = next;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.headersTimeout = HEADERS_PATIENCE;
  server.requestTimeout = REQUEST_PATIENCE;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL' || host !== '::1') throw error;
  }
}

/** The path as the Worker will read it; null where it is none. */
function pathOf(url: string): string | null {
  return URL.parse(url.startsWith('/') ? `http://gate${url}` : url)?.pathname ?? null;
}

function bears({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (!token) return false;
  const [given, wanted] = [Buffer.from(headers.authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function forward(
  came: IncomingMessage,
  response: ServerResponse,
  target: URL,
  way: { readonly agent: Agent; readonly timeout: number },
): void {
  const headers = Object.fromEntries(Object.entries(came.headers).filter(([name]) => !OWN_HEADERS.test(name)));
  headers['cf-connecting-ip'] = addressOf(came);
  const { hostname: host, port } = target;
  const onward = request({ ...way, host, port, headers, method: came.method, path: came.url });
  onward.on('response', (answer) => {
    const { statusCode = 502, rawHeaders } = answer;
    response.writeHead(statusCode, ownHeadersLeftOut(rawHeaders));
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onward.once('timeout', () => onward.destroy(new Error('no answer')));
  onward.once('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 503, 'store-unavailable', 'the server does not answer');
  });
  response.once('close', () => onward.destroy());
  came.pipe(onward);
}

/** Who asks, as Cloudflare would say: behind a proxy on this machine, whom that proxy names last. */
function addressOf({ socket, headers }: IncomingMessage): string {
  const peer = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const named = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return named && (peer === '::1' || peer.startsWith('127.')) ? named : peer;
}

function ownHeadersLeftOut(raw: readonly string[]): string[] {
  return raw.filter((_, at) => !OWN_HEADERS.test(raw[at - (at % 2)]));
}

/** Problem details, as the Worker answers; the connection is closed. */
function refuse(response: ServerResponse, status: number, code: string, detail: string): void {
  const fix = status === 503 ? 'Try again in a moment.' : undefined;
  response.writeHead(status, { ...(status === 503 ? { 'Retry-After': '5' } : {}), ...REFUSAL });
  response.end(refusal({ status, code, detail, fix }));
}

const REFUSAL = {
  'Content-Type': 'application/problem+json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
};

function refusal({ code, detail, ...rest }: { status: number; code: string; detail: string; fix?: string }): string {
  return JSON.stringify({ type: `urn:marquee:problem:${code}`, title: detail, code, detail, ...rest });
}

/** Why a request could not be read, by the code of Node's error; anything else is no HTTP. */
const UNREAD: Readonly<Record<string, [status: number, code: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'too-large', 'the address and the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'too-large', 'the extensions of a chunk are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'bad-body', 'the request did not arrive in time'],
};

/** Answers what Node cannot read, as it would itself, but with problem details. */
function refuseUnread(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, detail] = UNREAD[error.code ?? ''] ?? [400, 'bad-body', 'this is no HTTP request'];
  const body = refusal({ status, code, detail });
  const headers = Object.entries({ ...REFUSAL, 'Content-Length': Buffer.byteLength(body) });
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers.map((header) => header.join(': '))];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
