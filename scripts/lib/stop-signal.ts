import { MarqueeError } from '../../shared/errors.ts';

/** What a shell calls a process that SIGTERM ended. */
export const STOPPED = 143;
/** Milliseconds within which a stopped command ends: Docker waits ten seconds before it kills. */
const PATIENCE = 8000;

/**
 * Is aborted when whoever started this process asks it to end (SIGTERM). To be called once the bindings are open: wrangler
 * sets a handler that ends the process at once. The first process of a container has no other than what it sets itself.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.removeAllListeners('SIGTERM');
  process.once('SIGTERM', () => {
    process.exitCode = STOPPED;
    setTimeout(() => process.exit(STOPPED), PATIENCE).unref();
    const fix = 'The next run does what is left.';
    stop.abort(new MarqueeError('internal', 'it was asked to end (SIGTERM)', { fix }));
  });
  return stop.signal;
}

/** Until then SIGTERM ends the process at once. */
export function endOnStop(): void {
  process.once('SIGTERM', () => process.exit(STOPPED));
}
