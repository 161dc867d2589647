import type { verifyWithJwks } from 'hono/jwt';
import { MarqueeError } from '../../../shared/errors.ts';

type Keys = NonNullable<Parameters<typeof verifyWithJwks>[1]['keys']>;

interface KeySet {
  readonly url: string;
  readonly keys: Keys;
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}

const MINUTE = 60_000;
/** Milliseconds for which keys are not asked for again; where they lack one; and where the host does not answer. */
const FRESH = 10 * MINUTE;
const FRESH_WITHOUT = MINUTE / 2;
const STALE = 24 * 60 * MINUTE;
const PATIENCE = 2000; // milliseconds that the host may take
const LARGEST = 2 ** 16; // characters

/** The public keys by which a host application signs, kept for a while in this isolate. */
export class KeySets {
  readonly #now: () => number;
  #kept: KeySet | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param kid the key that is looked for: a host that changes its keys names a new one. Throws `store-unavailable` */
  async read(url: string, kid: string | undefined): Promise<Keys> {
    const kept = this.#kept?.url === url ? this.#kept : undefined;
    const age = kept ? this.#now() - kept.readAt : Number.POSITIVE_INFINITY;
    const has = kept?.keys.some((key) => key.kid === kid);
    if (kept && age < (has ? FRESH : FRESH_WITHOUT)) return kept.keys;
    try {
      const keys = await fetchKeys(url);
      this.#kept = { url, keys, readAt: this.#now() };
      return keys;
    } catch (cause) {
      console.error('the keys at JWKS_URL cannot be read:', cause);
      if (kept && age < STALE) return kept.keys;
      const fix = 'Try again; the operator looks whether JWKS_URL answers.';
      throw new MarqueeError('store-unavailable', 'the keys that sign tokens cannot be read now', { fix, cause });
    }
  }
}

async function fetchKeys(url: string): Promise<Keys> {
  const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  const text = await answer.text();
  if (text.length > LARGEST) throw new Error(`it has more than ${LARGEST} characters`);
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('it has no list of keys');
  return keys.filter(({ kty }) => kty === 'RSA' || kty === 'EC'); // never a secret one
}
