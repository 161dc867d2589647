import type { Context } from 'hono';
import { decode, verify, verifyWithJwks } from 'hono/jwt';
import { MarqueeError } from '../../../shared/errors.ts';
import type { Bindings } from '../../env.ts';
import type { AppEnv } from '../app-env.ts';

/** Bytes of a secret: HS256 needs as many as its hash has (RFC 7518, 3.2). */
const LEAST_SECRET = 32;
const LONGEST_SUBJECT = 255;

/** What is wrong with a token, by the names of hono's errors. */
const FAULTS: Readonly<Record<string, string>> = {
  JwtTokenExpired: 'it has expired',
  JwtTokenNotBefore: 'it is not valid yet',
  JwtTokenIssuer: 'another issuer made it',
  JwtTokenAudience: 'it is for another audience',
  JwtPayloadRequiresAud: 'it names no audience',
  JwtHeaderRequiresKid: 'it names no key',
};

/** Whether this deployment takes tokens of a host application. */
export function takesTokens({ JWT_SECRET, JWKS_URL }: Bindings): boolean {
  return Boolean(JWT_SECRET || JWKS_URL);
}

/**
 * Whom a host application's token is for, its `sub`. Each kind of key has its own algorithms, whatever the token says.
 *
 * @throws `unauthorized`; `not-configured`; `store-unavailable` when the host's keys cannot be read
 */
export async function subjectOf(c: Context<AppEnv>, token: string): Promise<string> {
  let payload: Record<string, unknown>;
  try {
    payload = await verified(c, token);
  } catch (error) {
    if (error instanceof MarqueeError) throw error;
    throw badToken(FAULTS[(error as Error).name] ?? 'it is not signed by a key of this deployment');
  }
  const { exp, sub } = payload;
  if (typeof exp !== 'number') throw badToken('it has no time at which it expires (exp)');
  if (typeof sub === 'string' && sub !== '' && sub.length <= LONGEST_SUBJECT) return sub;
  throw badToken(`it names nobody (sub), or by more than ${LONGEST_SUBJECT} characters`);
}

async function verified(c: Context<AppEnv>, token: string): Promise<Record<string, unknown>> {
  const { JWKS_URL, JWT_ISSUER, JWT_AUDIENCE } = c.env;
  const { header } = decode(token);
  const typ = header.typ === undefined ? undefined : ['JWT', 'at+jwt']; // RFC 9068
  const claims = { iss: JWT_ISSUER || undefined, aud: JWT_AUDIENCE || undefined, iat: false, typ };
  if (String(header.alg) === 'HS256') return verifiedBySecret(secretsOf(c.env), token, claims);
  if (!JWKS_URL) throw badToken('this deployment has no keys for its algorithm');
  const keys = await c.var.keySets.read(keysUrl(JWKS_URL), header.kid);
  return verifyWithJwks(token, { keys, verification: claims, allowedAlgorithms: ['RS256', 'ES256'] });
}

type Claims = Omit<Extract<Parameters<typeof verify>[2], object>, 'alg'>;

async function verifiedBySecret(secrets: readonly string[], token: string, claims: Claims) {
  for (const secret of secrets) {
    const bytes = new TextEncoder().encode(secret);
    if (bytes.length < LEAST_SECRET) throw weakSecret(bytes.length);
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    // As a key and not as a text, in which hono looks for PEM.
    const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
    try {
      return await verify(token, key, { alg: 'HS256', ...claims });
    } catch (error) {
      if ((error as Error).name !== 'JwtTokenSignatureMismatched') throw error;
    }
  }
  throw badToken('it is not signed by a key of this deployment');
}

function secretsOf({ JWT_SECRET, JWT_SECRET_PREVIOUS }: Bindings): string[] {
  return [JWT_SECRET, JWT_SECRET_PREVIOUS].filter((secret) => !!secret) as string[];
}

/** Keys that came over an open line could be anybody's. */
function keysUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === 'localhost')) return text;
  throw new MarqueeError('not-configured', 'JWKS_URL is no https address', {
    fix: 'Set it to the address of the host’s key set, as https://host.example/.well-known/jwks.json.',
  });
}

function weakSecret(bytes: number): MarqueeError {
  return new MarqueeError('not-configured', `JWT_SECRET has ${bytes} bytes, expected ${LEAST_SECRET} or more`, {
    fix: 'Make one by openssl rand -base64 32, for this deployment and for the host.',
  });
}

function badToken(why: string): MarqueeError {
  return new MarqueeError('unauthorized', `the token in the Authorization header is not valid: ${why}`, {
    fix: 'Ask the host application for another one.',
  });
}
