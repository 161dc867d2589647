import type { ClientResponse } from 'hono/client';

/** Why a request failed, in words for the page to show. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** What the reader can do about it. */
  readonly fix: string | undefined;
  /** The problem's stable code, where the Worker named one. */
  readonly code: string | undefined;
  /** 0: no answer came. */
  readonly status: number;
  /** Seconds after which the Worker wants to be asked again, where it says so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, fix?: string, code?: string, status = 0, retryAfter?: number) {
    super(message);
    this.fix = fix;
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Problems of a request whose person the Worker no longer knows, or that another person's session sends. */
const GONE = ['unauthorized', 'deleted-user', 'forbidden'];

/** Whether a request may succeed later without anybody's doing. */
export function passes(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status } = error;
  return status === 0 || status === 429 || status >= 500;
}

export function isGone(error: unknown): boolean {
  return GONE.includes((error instanceof ApiError && error.code) || '');
}

/** What a route answers when all is well: 200, or 202 with the same body. */
type Answer<R> = R extends ClientResponse<infer T, infer S, 'json'> ? (200 extends S ? T : never) : never;

/**
 * The body of a good answer. Throws `ApiError` otherwise, with the words of the problem document where there is one. An
 * answer that breaks off or is no JSON is none, as where a network asks for a sign-in: nothing counts as stored by it.
 */
export async function answerOf<T = never, R = unknown>(sent: Promise<R>): Promise<[T] extends [never] ? Answer<R> : T> {
  const response = (await sent.catch(unreachable)) as Response;
  const body = (await response.json().catch(() => null)) as Partial<Record<'detail' | 'fix' | 'code', string>> | null;
  if (response.ok && body) return body as never;
  if (response.ok)
    throw new ApiError(
      'Something else answered in the server’s place.',
      'Does this network ask you to sign in? Then try again.',
    );
  const message = body?.detail ? sentence(body.detail) : wordsFor(response.status);
  const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
  throw new ApiError(message, body?.fix, body?.code, response.status, retryAfter);
}

/** For an answer without a problem document: something before the Worker gave it. */
function wordsFor(status: number): string {
  if (status === 429) return 'The server is asked for too much at once.';
  return status < 500 ? `The server refused this (${status}).` : `The server has trouble (${status}).`;
}

function unreachable(cause: unknown): never {
  const late = cause instanceof Error && cause.name === 'TimeoutError';
  throw late
    ? new ApiError('The server takes too long.', 'Try again.')
    : new ApiError('The server cannot be reached.', 'Check the connection, then try again.');
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
