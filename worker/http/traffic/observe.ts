import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { dataPointOf } from '../../observe/analytics.ts';
import { isLogged, logFailure, logRequest } from '../../observe/log.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { Trace } from '../../observe/trace.ts';
import type { AppEnv } from '../app-env.ts';
import { newRequestId } from './request-id.ts';

/** Requests that the page makes while it answers one: they count as parts of that one. */
const parts = new WeakMap<Request, Trace>();

export function partOf(request: Request, c: Context<AppEnv>): Request {
  const trace = c.get('trace');
  if (trace) parts.set(request, trace);
  return request;
}

/** Gives each request an id, and when it is answered counts it, times it and writes its line of the log. */
export function observeRequests(metrics: Metrics, now: () => number): MiddlewareHandler<AppEnv> {
  return async function observe(c, next) {
    const whole = parts.get(c.req.raw);
    const trace = whole ?? new Trace(newRequestId(c), now);
    metrics.startedAt ??= trace.startedAt;
    c.set('trace', trace);
    c.set('metrics', metrics);
    if (!whole) c.header('X-Request-Id', trace.id);
    await next();
    const { status } = c.res;
    const { method } = c.req;
    const route = routeOf(c);
    if (status >= 500 && c.error) logFailure(c.error, { id: trace.id, method, route, status });
    if (whole) return;
    setHeader(c, 'Server-Timing', trace.serverTiming);
    const answered = { method, route, status, milliseconds: trace.elapsed(), trace };
    metrics.answered(answered);
    if (isLogged(c.env.LOG_REQUESTS)) logRequest(answered);
    c.env.ANALYTICS?.writeDataPoint(dataPointOf(answered));
  };
}

/** The pattern of the route that answered, as the API's document writes it; "none" where there is none. */
function routeOf(c: Context): string {
  const matched = matchedRoutes(c);
  const own = ({ method }: { method: string }) => method !== 'ALL';
  const answered = matched[c.req.routeIndex];
  const route = answered && own(answered) ? answered : matched.find(own);
  return route ? route.path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}') : 'none';
}

/** Sets a header of an answer that is there. Those that were fetched cannot be changed and are copied. */
function setHeader(c: Context, name: string, value: string): void {
  try {
    c.res.headers.set(name, value);
  } catch {
    c.header(name, value);
  }
}
