import type { Operations, Problem } from './built/api.ts';

export type * from './built/api.ts';

export interface ClientOptions {
  /** The API token, a key, or a host application's token for its user. A function is asked before each try. */
  readonly token?: string | (() => string | Promise<string>);
  /** Whether to keep the session's cookie here, where no browser does. One client is then one person. */
  readonly session?: boolean;
  /** Milliseconds that one try may take; 10,000 unless given. */
  readonly timeout?: number;
  /** Tries after the first; 3 unless given. */
  readonly retries?: number;
  /** Milliseconds that a server may ask to be waited for (`Retry-After`); 10,000 unless given. Beyond, its answer is thrown. */
  readonly longestWait?: number;
  /** Sends the requests; the runtime's own unless given. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What a problem says, and the server that answers without one. */
export class MarqueeProblem extends Error {
  override readonly name = 'MarqueeProblem';
  readonly status: number;
  /** Stable, as `unknown-movie`; empty where what answered is not Marquee. */
  readonly code: string;
  /** How to mend it. */
  readonly fix: string | undefined;
  /** Seconds after which to ask again. */
  readonly retryAfter: number | undefined;
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined, retryAfter: number | undefined) {
    super(problem?.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem?.code ?? '';
    this.fix = problem?.fix;
    this.retryAfter = retryAfter;
    this.problem = problem;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
/** The paths that have a method. */
export type PathOf<M extends Method> = keyof Operations extends infer K
  ? K extends `${M} ${infer P}`
    ? P
    : never
  : never;
type Operation<M extends Method, P extends string> = Operations[`${M} ${P}` & keyof Operations];
/** What a route takes; `signal` takes the request back. */
export type RequestOf<M extends Method, P extends string> = Omit<Operation<M, P>, 'answer'> & { signal?: AbortSignal };
/** What a route answers. */
export type AnswerOf<M extends Method, P extends string> = Operation<M, P>['answer'];
/** A request may be left out where a route needs nothing. */
type Rest<R> = Record<string, never> extends R ? [request?: R] : [request: R];

interface AnyRequest {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Posts that may be sent twice: they store nothing, or what the latest says. */
const REPEATABLE = new Set(['/recommend', '/recommend/batch', '/explain/{movieId}', '/ratings', '/marks']);
/** Before anything was done: of these any request is sent again. */
const REFUSED = new Set([429, 503]);
const FAILED = new Set([502, 504]); // of a proxy
/** Milliseconds before the first retry; each waits up to twice as long as the one before. */
const FIRST_WAIT = 250;

/**
 * Asks Marquee from browsers, Node and Workers.
 *
 * @example
 * const marquee = new Marquee('https://films.example.com', { token });
 * const { items } = await marquee.get('/recommend', { query: { user: 1, genre: ['Comedy'] } });
 */
export class Marquee {
  readonly #url: string;
  readonly #options: ClientOptions;
  #cookie: string | undefined;

  /** @param url of the deployment; in its own pages '' */
  constructor(url: string, options: ClientOptions = {}) {
    this.#url = url.replace(/\/+$/, '');
    this.#options = options;
  }

  get<P extends PathOf<'GET'>>(path: P, ...[request]: Rest<RequestOf<'GET', P>>): Promise<AnswerOf<'GET', P>> {
    return this.#ask('GET', path, request);
  }

  post<P extends PathOf<'POST'>>(path: P, ...[request]: Rest<RequestOf<'POST', P>>): Promise<AnswerOf<'POST', P>> {
    return this.#ask('POST', path, request);
  }

  put<P extends PathOf<'PUT'>>(path: P, ...[request]: Rest<RequestOf<'PUT', P>>): Promise<AnswerOf<'PUT', P>> {
    return this.#ask('PUT', path, request);
  }

  delete<P extends PathOf<'DELETE'>>(
    path: P,
    ...[request]: Rest<RequestOf<'DELETE', P>>
  ): Promise<AnswerOf<'DELETE', P>> {
    return this.#ask('DELETE', path, request);
  }

  /** Sends a request until it is answered well. Throws `MarqueeProblem`, or what kept the last try from an answer. */
  async #ask<T>(method: Method, path: string, request: AnyRequest = {}): Promise<T> {
    const { retries = 3, longestWait = 10_000 } = this.#options;
    const isRepeatable = method !== 'POST' || REPEATABLE.has(path);
    const { signal } = request;
    for (let tried = 0; ; tried++) {
      const last = tried >= retries;
      let wait = Math.random() * FIRST_WAIT * 2 ** tried; // at random, so that many clients do not come back together
      try {
        const response = await this.#send(method, this.#url + addressOf(path, request), request);
        if (response.ok) return await contentOf<T>(response);
        const problem = await problemOf(response);
        const mayRetry = REFUSED.has(problem.status) || (isRepeatable && FAILED.has(problem.status));
        wait = Math.max(wait, 1000 * (problem.retryAfter ?? 0));
        if (last || !mayRetry || wait > longestWait) throw problem;
      } catch (error) {
        if (error instanceof MarqueeProblem || last || !isRepeatable || signal?.aborted) throw error;
      }
      await pause(wait, signal);
    }
  }

  async #send(method: Method, url: string, { body, signal }: AnyRequest): Promise<Response> {
    const { token, session, timeout = 10_000, fetch: send = fetch } = this.#options;
    const isRaw = body === undefined || typeof body === 'string' || isBinary(body);
    const headers: Record<string, string> = isRaw ? {} : { 'Content-Type': 'application/json' };
    if (token !== undefined) headers.Authorization = `Bearer ${typeof token === 'function' ? await token() : token}`;
    if (session && this.#cookie) headers.Cookie = this.#cookie;
    const late = AbortSignal.timeout(timeout);
    const response = await send(url, {
      method,
      headers,
      body: isRaw ? (body as RequestInit['body']) : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, late]) : late,
      ...(token === undefined && !session && isBrowser() && { credentials: 'include' as const }),
    });
    if (session) this.#cookie = response.headers.getSetCookie?.()[0]?.split(';')[0] ?? this.#cookie;
    return response;
  }
}

/** Other runtimes have no cookies, and some refuse to be told about them. */
function isBrowser(): boolean {
  return 'document' in globalThis;
}

function isBinary(body: unknown): boolean {
  return [Blob, FormData, ArrayBuffer].some((kind) => body instanceof kind) || ArrayBuffer.isView(body);
}

function addressOf(path: string, { path: places = {}, query = {} }: AnyRequest): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(places[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined) search.append(name, String(one));
  return search.size > 0 ? `${filled}?${search}` : filled;
}

async function contentOf<T>(response: Response): Promise<T> {
  const type = response.headers.get('Content-Type') ?? '';
  if (type.startsWith('application/json')) return (await response.json()) as T;
  return (await (type.startsWith('text/') ? response.text() : response.blob())) as T;
}

async function problemOf(response: Response): Promise<MarqueeProblem> {
  const isProblem = response.headers.get('Content-Type')?.startsWith('application/problem+json');
  const problem = isProblem ? ((await response.json()) as Problem) : undefined;
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new MarqueeProblem(response.status, problem, Number.isFinite(seconds) ? seconds : undefined);
}

/** Waits, unless the request is taken back meanwhile. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
}
