import { MarqueeError } from '../../shared/errors.ts';
import type { Answered } from './metrics.ts';

/** Whether a request is logged. @param share LOG_REQUESTS: the share of requests, 0 to 1; none when it is no number */
export function isLogged(share: string | undefined): boolean {
  const wanted = Number(share ?? 0);
  return wanted > 0 && (wanted >= 1 || Math.random() < wanted);
}

/** One line of JSON for a request. It names nobody but by the number of their user, and no address or title. */
export function logRequest({ method, route, status, milliseconds, trace }: Answered): void {
  const { id, version, basis, user, phases } = trace;
  console.log(
    JSON.stringify({
      level: status >= 500 ? 'error' : 'info',
      id,
      method,
      route,
      status,
      ms: milliseconds,
      version: version ?? undefined,
      basis: basis ?? undefined,
      user: user ?? undefined,
      phases: phases.size > 0 ? Object.fromEntries(phases) : undefined,
    }),
  );
}

/** One line of JSON for what failed with a status of 500 or more, with its stack and what caused it. */
export function logFailure(error: unknown, request: { readonly [name: string]: unknown }): void {
  const code = error instanceof MarqueeError ? error.code : 'internal';
  const cause = error instanceof Error ? error.cause : undefined;
  console.error(
    JSON.stringify({ level: 'error', ...request, code, error: stackOf(error), cause: cause && stackOf(cause) }),
  );
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
