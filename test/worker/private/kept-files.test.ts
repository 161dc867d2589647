import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeptFiles } from '../../../worker/web/private/kept-files.ts';
import type { Send } from '../../../worker/web/state/api.ts';

const about = (version: string) => Response.json({ manifest: { version }, hidden: [] });
const never: Send = () => new Promise(() => {});

/** As much of a browser's Cache Storage as is used. */
function newCaches() {
  const kept = new Map<string, Response>();
  const cache = {
    match: async (path: string) => kept.get(path)?.clone(),
    put: async (path: string, answer: Response) => void kept.set(path, answer),
    keys: async () => [],
  };
  return { open: async () => cache };
}

async function versionFrom(fetched: Send): Promise<string> {
  const files = await KeptFiles.open(fetched);
  const answer = await files.send('/compact');
  const { manifest } = await answer.json<{ manifest: { version: string } }>();
  await files.settle();
  return manifest.version;
}

describe('the model that a browser keeps', () => {
  beforeEach(async () => {
    vi.stubGlobal('caches', newCaches());
    await versionFrom(async () => about('first'));
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('is the one in service as soon as the server says which that is', async () => {
    expect(await versionFrom(async () => about('second'))).toBe('second');
    expect(await versionFrom(async () => Promise.reject(new TypeError('no network')))).toBe('second');
  });

  it.each<[string, Send]>([
    ['cannot be reached', async () => Promise.reject(new TypeError('no network'))],
    ['is in trouble', async () => new Response(null, { status: 503 })],
  ])('goes on at once when the server %s', async (_, fetched) => {
    expect(await versionFrom(fetched)).toBe('first');
  });

  it('goes on after two seconds when the server takes a connection and says nothing', async () => {
    const version = versionFrom(never);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await version).toBe('first');
  });

  it('is waited for where there is none yet', async () => {
    vi.stubGlobal('caches', newCaches());
    const { promise, resolve } = Promise.withResolvers<Response>();
    const version = versionFrom(() => promise);
    await vi.advanceTimersByTimeAsync(5000);
    resolve(about('second'));
    expect(await version).toBe('second');
  });
});
