import { afterEach, describe, expect, it, vi } from 'vitest';
import worker, { RetrainContainer } from '../../../worker/retrain/index.ts';

interface Started {
  readonly env: Record<string, string>;
  readonly enableInternet: boolean;
}

/** Starts the container of a Worker with these variables. */
async function start(env: Record<string, string>, { running = false, ends = Promise.resolve() } = {}) {
  const starts: Started[] = [];
  const kept: Promise<unknown>[] = [];
  const container = {
    running,
    start: (options: Started) => void starts.push(options),
    setInactivityTimeout: async () => undefined,
    monitor: () => ends,
  };
  const ctx = { container, waitUntil: (promise: Promise<unknown>) => void kept.push(promise) };
  await RetrainContainer.prototype.start.call({ ctx, env } as never);
  await Promise.all(kept);
  return starts;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the retrain in a container', () => {
  it('gets what it needs of the variables and secrets, and nothing that is empty or another’s', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const given = { CLOUDFLARE_API_TOKEN: 'a token', CLOUDFLARE_ACCOUNT_ID: 'an account', MARQUEE_ENV: 'staging' };
    const starts = await start({ ...given, MARQUEE_DATA: '', OTHER: 'x' });
    expect(starts).toEqual([{ enableInternet: true, env: given }]);
  });

  it('does not begin beside a night that is under way', async () => {
    expect(await start({}, { running: true })).toEqual([]);
  });

  it('says in the log when it failed', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await start({}, { ends: Promise.reject(new Error('exit code 1')) });
    expect(said).toHaveBeenCalledWith('the retrain failed:', expect.objectContaining({ message: 'exit code 1' }));
  });

  it('is started by the cron trigger, always the same one', async () => {
    const asked: string[] = [];
    const getByName = (name: string) => ({ start: async () => void asked.push(name) });
    await worker.scheduled({} as ScheduledController, { RETRAIN: { getByName } } as never);
    expect(asked).toEqual(['nightly']);
  });
});
