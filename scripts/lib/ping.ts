/** Milliseconds that the watcher may take to answer. */
const PATIENCE = 10_000;

/**
 * Tells a watcher of nightly jobs that one ended, as healthchecks.io takes it: a GET of its address, with `/fail` behind it
 * for a failure. A watcher that does not answer fails nothing.
 *
 * @param address RETRAIN_PING_URL; without it nothing is sent
 */
async function ping(address: string | undefined, result: 'done' | 'failed'): Promise<void> {
  if (!address) return;
  try {
    const url = new URL(address);
    if (result === 'failed') url.pathname = `${url.pathname.replace(/\/$/, '')}/fail`;
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    if (!ok) console.error(`RETRAIN_PING_URL answered ${status}`);
  } catch (error) {
    console.error(`RETRAIN_PING_URL was not reached: ${error instanceof Error ? error.message : error}`);
  }
}

/** Does a nightly job, and tells the watcher of its end. @param isDone whether its result is one to tell of */
export async function watched<T>(
  address: string | undefined,
  work: () => Promise<T>,
  isDone: (result: T) => boolean,
): Promise<T> {
  try {
    const result = await work();
    if (isDone(result)) await ping(address, 'done');
    return result;
  } catch (error) {
    await ping(address, 'failed');
    throw error;
  }
}
