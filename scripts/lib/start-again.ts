import { MarqueeError } from '../../shared/errors.ts';

/** Milliseconds after which a start counts as hung; on a crowded machine it takes twenty seconds. */
const PATIENCE = 120_000;

interface Options {
  /** Milliseconds. */
  readonly patience?: number;
  readonly what?: string;
}

/**
 * Starts the local Workers runtime. On a crowded machine it may start and never say so; then another one is started.
 *
 * @param end what ends the first one, should it turn up late
 * @throws `store-unavailable` when the second one hangs too
 */
export async function startAgain<T>(
  start: () => Promise<T>,
  end: (late: T) => Promise<void>,
  { patience = PATIENCE, what = 'the Workers runtime' }: Options = {},
): Promise<T> {
  for (let attempt = 1; attempt <= 2; attempt++) {
    const starting = start();
    const started = await within(starting, patience);
    if (started) return started.value;
    starting.then(end).catch(() => {}); // nobody waits for it any more
    console.error(`${what} has not started within ${patience / 1000} s`);
  }
  throw new MarqueeError('store-unavailable', `${what} did not start, twice within ${patience / 1000} s`, {
    fix: 'Give the command again when the machine has less to do.',
  });
}

/** What a promise comes to; undefined when it takes too long. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<{ readonly value: T } | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  try {
    return await Promise.race([promise.then((value) => ({ value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
