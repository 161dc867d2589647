import { describe, expect, it, vi } from 'vitest';
import { startAgain } from '../../../scripts/lib/start-again.ts';

const never = () => new Promise<string>(() => {});

describe('startAgain', () => {
  it('takes what starts at once, and the error of what does not start', async () => {
    expect(await startAgain(async () => 'started', never as never)).toBe('started');
    await expect(startAgain(() => Promise.reject(new Error('no port')), never as never)).rejects.toThrow('no port');
  });

  it('starts another where one hangs, and ends the one that turns up late', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const late = Promise.withResolvers<string>();
    const starts = [late.promise, Promise.resolve('second')];
    const ended: string[] = [];
    const end = async (which: string) => void ended.push(which);
    expect(await startAgain(() => starts.shift()!, end, { patience: 1 })).toBe('second');
    late.resolve('first');
    await vi.waitFor(() => expect(ended).toEqual(['first']));
  });

  it('gives up after the second, with words', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    await expect(startAgain(never, never as never, { patience: 1 })).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('did not start'),
    });
    expect(said).toHaveBeenCalledTimes(2);
  });
});
