import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Manifest, parseManifest, sha256Hex } from '../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../shared/artifact/schema.ts';
import { createApp } from '../../worker/app.ts';
import type { Bindings } from '../../worker/env.ts';
import kernel from '../../worker/wasm/kernels/scorer.wasm';
import { FIXTURE_VERSION } from '../fixtures/groups.ts';

export const TOKEN = { Authorization: 'Bearer a-token-for-tests' };

export function fixtureFile(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(env.FIXTURE[name]), (char) => char.charCodeAt(0));
}

export function fixtureManifest(): Manifest {
  return parseManifest(new TextDecoder().decode(fixtureFile(FILES.manifest)));
}

/** Files of a version that differ from the fixture's: other bytes, or null for a missing file. */
export type Damage = Record<string, Uint8Array | string | null>;

/**
 * Puts the fixture into R2 under a version name, optionally with damage or without recorded checksums, and points
 * current.json to it.
 */
export async function publishFixture(
  bucket: R2Bucket,
  version = FIXTURE_VERSION,
  {
    damage = {},
    manifest = {},
    previous = null as string | null,
    checksums = true,
  }: { damage?: Damage; manifest?: Partial<Manifest>; previous?: string | null; checksums?: boolean } = {},
): Promise<void> {
  const manifestText = JSON.stringify({ ...fixtureManifest(), version, ...manifest });
  const files: Damage = {
    [FILES.manifest]: manifestText,
    [FILES.movies]: fixtureFile(FILES.movies),
    [FILES.users]: fixtureFile(FILES.users),
    [FILES.posterior]: fixtureFile(FILES.posterior),
    [FILES.serving]: fixtureFile(FILES.serving),
    [FILES.profiles]: fixtureFile(FILES.profiles),
    [FILES.next]: fixtureFile(FILES.next),
    [FILES.compact]: fixtureFile(FILES.compact),
    ...damage,
  };
  for (const [name, bytes] of Object.entries(files)) {
    if (bytes === null) continue;
    const plain = new Uint8Array(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
    const options = checksums ? { sha256: await sha256Hex(plain) } : {}; // publish records them
    await bucket.put(artifactKey(version, name), plain, options);
  }
  const manifestSha256 = await sha256Hex(new Uint8Array(new TextEncoder().encode(manifestText)));
  const current = { version, previous, publishedAt: '2026-01-01T00:00:00.000Z', manifestSha256 };
  await bucket.put(CURRENT_KEY, JSON.stringify(current));
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** Milliseconds that D1 and R2 may take unless a test says otherwise: on a busy machine they take long, and that is no fault. */
const PATIENT = 300_000;

/** An app of its own, with a clock that only the test moves and bindings that it may replace. */
export function startApp({
  ratingTimeout = PATIENT,
  modelTimeout = PATIENT,
  posterTimeout = PATIENT,
  mostUnderWay,
  ...bindings
}: Partial<Bindings> & {
  ratingTimeout?: number;
  modelTimeout?: number;
  posterTimeout?: number;
  mostUnderWay?: number;
} = {}) {
  let now = Date.parse('2026-01-02T00:00:00Z');
  const app = createApp({ kernel, now: () => now, ratingTimeout, modelTimeout, posterTimeout, mostUnderWay });
  const allBindings = { ...env, ...bindings };

  /** Sends one request, and waits for all that it left in the background. */
  async function send(path: string, init: RequestInit = {}): Promise<Answer> {
    const { text, ...answer } = await fetchText(path, init);
    return { ...answer, body: text === '' ? null : JSON.parse(text) };
  }

  async function fetchText(path: string, init: RequestInit) {
    const context = createExecutionContext();
    const response = await app.request(path, init, allBindings, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    return { status: response.status, headers: response.headers, text };
  }
  /** Sends one request; `body` does not wait for what it leaves in the background, `settled` does. */
  function answer(path: string) {
    const context = createExecutionContext();
    const response = app.request(path, {}, allBindings, context) as Promise<Response>;
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    return { body: response.then((r) => r.json() as any), settled: () => waitOnExecutionContext(context) };
  }
  return {
    answer,
    request: (method: string, path: string, init: RequestInit = {}) => send(path, { method, ...init }),
    get: (path: string, headers: HeadersInit = {}) => send(path, { headers }),
    /** The text of an answer that is not JSON. */
    text: async (path: string, headers: HeadersInit = {}) => (await fetchText(path, { headers })).text,
    page: (path: string, headers: HeadersInit = {}) => fetchText(path, { headers }),
    raw: (method: string, path: string, headers: HeadersInit = {}, init: RequestInit = {}) =>
      fetchText(path, { method, headers, ...init }),
    post: (path: string, body: unknown, headers: HeadersInit = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body:
          typeof body === 'string' || body instanceof Uint8Array
            ? (body as Uint8Array<ArrayBuffer>)
            : JSON.stringify(body),
      }),
    remove: (path: string, headers: HeadersInit = {}) => send(path, { method: 'DELETE', headers }),
    now: () => now,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

export type TestApp = ReturnType<typeof startApp>;

/** Starts a session: the new user's id and the headers that carry it. */
export async function startSession(app: TestApp): Promise<{ user: number; headers: { Cookie: string } }> {
  const { headers, body } = await app.post('/session', '');
  return { user: body.user, headers: { Cookie: headers.get('Set-Cookie')!.split(';')[0] } };
}

export function idsOf(answer: Answer): number[] {
  return answer.body.items.map((item: { movieId: number }) => item.movieId);
}
