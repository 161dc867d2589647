import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type * as z from 'zod';
import { type ErrorCode, MarqueeError, short } from '../../shared/errors.ts';
import { MEND_STARS, MEND_TIME } from '../../shared/ratings/new-rating.ts';
import './known-names.ts';

/** The one place where error codes become HTTP statuses; codes not listed are our own failure. */
const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  'bad-parameter': 400,
  'bad-body': 400,
  'bad-rating': 422,
  'bad-data': 422,
  'too-many-ratings': 422,
  'too-many-marks': 422,
  'too-many-films': 422,
  'too-large': 413,
  'bad-encoding': 415,
  'wrong-method': 405,
  'unknown-user': 404,
  unauthorized: 401,
  forbidden: 403,
  'cross-site': 403,
  'deleted-user': 410,
  'too-many-requests': 429,
  'not-found': 404,
  'not-offered': 404,
  'unknown-version': 404,
  'publish-conflict': 409,
  'out-of-memory': 409,
  'unknown-movie': 404,
  'unknown-profile': 404,
  'unknown-gathering': 404,
  'ended-gathering': 410,
  'full-gathering': 409,
  'no-model': 503,
  'bad-artifact': 503,
  'store-unavailable': 503,
  overloaded: 503,
};

const TITLES: Partial<Record<ErrorCode, string>> = {
  'bad-parameter': 'A parameter is not valid',
  'bad-body': 'The request body is not valid',
  'bad-rating': 'A rating is off the scale',
  'bad-data': 'The file cannot be read',
  'too-large': 'The body is too large',
  'bad-encoding': 'The body is packed in an unknown way',
  'wrong-method': 'This route has other methods',
  'unknown-user': 'There is no such user',
  unauthorized: 'Nobody is signed in',
  forbidden: 'This is somebody else’s',
  'cross-site': 'Another site may not do this',
  'deleted-user': 'This user was deleted',
  'too-many-requests': 'Too many requests',
  'too-many-ratings': 'A person has too many ratings',
  'too-many-marks': 'A person marked too many movies',
  'too-many-films': 'Too many films wait for a training',
  'not-found': 'There is nothing here',
  'not-offered': 'This deployment does not offer that',
  'unknown-version': 'There is no such version',
  'publish-conflict': 'Somebody else was faster',
  'out-of-memory': 'It does not fit into a Worker',
  'unknown-movie': 'The model does not know this movie',
  'unknown-profile': 'The model has no such profile',
  'unknown-gathering': 'There is no such gathering',
  'ended-gathering': 'This gathering has ended',
  'full-gathering': 'This gathering is full',
  'no-model': 'No model is in service',
  'bad-artifact': 'No model is in service',
  'store-unavailable': 'A store does not answer',
  overloaded: 'Too many requests at a time',
};

/** RFC 9457, and what the error brings. */
interface Details {
  readonly [name: string]: unknown;
  readonly type: string;
  readonly title: string;
  readonly status: ContentfulStatusCode;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly fix?: string;
}

/** Any error → problem details. */
export function problem(error: unknown, c: Context): Response {
  const body = problemOf(error, c);
  const { status, retryAfter } = body;
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (status === 503 || status === 429) c.header('Retry-After', String(retryAfter ?? 5));
  c.header('Cache-Control', 'no-store');
  c.header('ETag', undefined); // of the answer that was not made
  c.header('X-Content-Type-Options', 'nosniff');
  return c.body(JSON.stringify(body), status, { 'Content-Type': 'application/problem+json' });
}

/** The details of an error. An unexpected one is logged, and they have no internals. */
export function problemOf(error: unknown, c: Context): Details {
  const known = asMarqueeError(error);
  const requestId: string | undefined = c.get('trace')?.id;
  if (!known && !requestId) console.error(`${c.req.method} ${c.req.path}:`, error); // else `observe.ts` logs it
  const { code, message, fix, details } =
    known ?? new MarqueeError('internal', 'something went wrong here; it has been logged');
  return {
    ...details,
    got: cut(details.got),
    type: `urn:marquee:problem:${code}`,
    title: TITLES[code] ?? 'Internal error',
    status: STATUS[code] ?? (500 as const),
    code,
    detail: message,
    fix,
    requestId,
  };
}

function asMarqueeError(error: unknown): MarqueeError | null {
  if (error instanceof MarqueeError) return error;
  if (!(error instanceof HTTPException)) return null;
  if (error.status === 415) {
    return new MarqueeError('bad-body', 'the body must be JSON', { fix: 'Send Content-Type: application/json.' });
  }
  if (error.status !== 400) return null;
  return new MarqueeError('bad-body', error.message, { fix: 'Send JSON in UTF-8; /docs has an example of each body.' });
}

/** What Hono calls a route of every method. Of a path without parameters it keeps one with parameters from matching. */
const ALL = 'ALL';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** A router, as far as it is asked which methods a path has. */
interface Router {
  match(
    method: string,
    path: string,
  ): readonly [readonly (readonly [readonly [unknown, { method: string; path: string }], unknown])[], ...unknown[]];
}

/** Makes the answer to a request without a route: 405 with `Allow` where the path has other methods, else 404. */
export function answerNotFound(router: Router) {
  const has = (method: string, path: string) => {
    const found = router.match(method, path)[0].map(([[, route]]) => route);
    const isFixed = found.some((route) => route.method === ALL && route.path === path);
    return found.some((route) => route.method === method && (!isFixed || route.path === path));
  };
  return (c: Context): Response => {
    const fix = 'GET /openapi.json lists the routes.';
    const { method, path } = c.req;
    const allowed = METHODS.filter((other) => has(other, path)).flatMap((other) =>
      other === 'GET' ? ['GET', 'HEAD'] : other,
    );
    if (allowed.length === 0) {
      return problem(new MarqueeError('not-found', `no route ${method} ${short(path)}`, { fix }), c);
    }
    const allow = allowed.join(', ');
    c.header('Allow', allow);
    const details = { got: method, expected: allow };
    return problem(
      new MarqueeError('wrong-method', `${short(path)} has no ${method}, only ${allow}`, { fix, details }),
      c,
    );
  };
}

/** A validator's result, as the hook of @hono/zod-openapi gets it. `data` is the input before parsing. */
type Validation = { target: string; data?: unknown } & (
  | { success: true }
  | { success: false; error: z.core.$ZodError }
);

/** Refuses invalid input: names the first wrong parameter, its bound and the value that came. */
export function refuseInvalid(result: Validation): undefined {
  if (result.success) return undefined;
  const issue = mostTelling(result.error.issues, result.data);
  const unrecognized = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unrecognized === undefined ? issue.path : [...issue.path, unrecognized];
  const got = valueAt(result.data, path);
  const parameter = short(path.join('.')) || 'body';
  const expected = expectation(issue);
  const offScale = path.at(-1) === 'rating' && typeof got === 'number';
  const code = offScale ? 'bad-rating' : result.target === 'json' ? 'bad-body' : 'bad-parameter';
  throw new MarqueeError(code, `${parameter}: got ${shown(got)}, expected ${expected}`, {
    fix: offScale ? MEND_STARS : path.at(-1) === 'timestamp' ? MEND_TIME : fixOf(issue, got),
    details: { parameter, got, expected },
  });
}

/** The first issue; where that is a name which is missing, the one that is not known: it was likely given instead. */
function mostTelling(issues: readonly z.core.$ZodIssue[], data: unknown): z.core.$ZodIssue {
  const [first] = issues;
  if (first.code !== 'invalid_type' || valueAt(data, first.path) !== undefined) return first;
  return (
    issues.find(({ code, path }) => code === 'unrecognized_keys' && first.path.slice(0, -1).join() === path.join()) ??
    first
  );
}

function fixOf(issue: z.core.$ZodIssue, got: unknown): string | undefined {
  if (issue.code === 'unrecognized_keys') return issue.message;
  if (issue.code === 'invalid_type' && Array.isArray(got) && issue.expected !== 'array') return 'Give one value.';
  return undefined;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `at least ${issue.minimum}${counted(issue.origin)}`;
    case 'too_big':
      return `at most ${issue.maximum}${counted(issue.origin)}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_type':
      return issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return 'no such name';
    default:
      return issue.message;
  }
}

function counted(origin: string): string {
  return { array: ' elements', string: ' characters' }[origin] ?? '';
}

/** A parameter that is given once comes as a text, though the schema counts it as the first of several. */
function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  const inside = (value: unknown, key: PropertyKey) => (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return path.reduce<unknown>((value, key) => (typeof value === 'string' ? value : inside(value, key)), data);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value); // JSON has no Infinity
  return short(JSON.stringify(value));
}

/** A value that an answer repeats: as it came, or the beginning of its text where that is long. */
function cut(value: unknown): unknown {
  const text = JSON.stringify(value) ?? '';
  const whole = short(text);
  return whole === text ? value : typeof value === 'string' ? short(value) : whole;
}
