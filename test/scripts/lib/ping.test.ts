import { afterEach, describe, expect, it, vi } from 'vitest';
import { watched } from '../../../scripts/lib/ping.ts';

const ADDRESS = 'https://watcher.example/ping/1f2e?create=1';

/** What the watcher is asked for while a job runs that ends so. */
async function asked(work: () => Promise<string>, answer: () => Promise<Response> = async () => new Response('OK')) {
  const urls: string[] = [];
  vi.stubGlobal('fetch', (url: URL) => {
    urls.push(String(url));
    return answer();
  });
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const result = await watched(ADDRESS, work, (decision) => decision !== 'lease-held').catch((error: Error) => error);
  return { urls, result, said: said.mock.calls.flat() };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('RETRAIN_PING_URL', () => {
  it('is asked for when a night ends well, and with /fail when it fails', async () => {
    expect(await asked(async () => 'kept')).toEqual({ urls: [ADDRESS], result: 'kept', said: [] });
    const failed = await asked(() => Promise.reject(new Error('no disk')));
    expect(failed.urls).toEqual(['https://watcher.example/ping/1f2e/fail?create=1']);
    expect(failed.result).toMatchObject({ message: 'no disk' });
  });

  it('hears nothing of a run that another one keeps away', async () => {
    expect((await asked(async () => 'lease-held')).urls).toEqual([]);
  });

  it.each([
    ['does not answer', () => Promise.reject(new Error('offline')), 'was not reached: offline'],
    ['answers 500', async () => new Response('', { status: 500 }), 'answered 500'],
  ])('changes nothing where the watcher %s', async (_, answer, words) => {
    const { result, said } = await asked(async () => 'published', answer);
    expect(result).toBe('published');
    expect(said).toEqual([expect.stringContaining(words)]);
  });
});
