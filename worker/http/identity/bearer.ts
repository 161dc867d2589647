import type { Context } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import { MarqueeError } from '../../../shared/errors.ts';
import type { AppEnv, Bearer } from '../app-env.ts';
import { apiKeyOf } from './api-keys.ts';
import { subjectOf, takesTokens } from './jwt.ts';

const SCHEME = /^Bearer +(\S+)$/i;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whose the Authorization header is, looked up once a request. Throws `unauthorized`, and as `subjectOf`. */
export function bearerOf(c: Context<AppEnv>): Promise<Bearer> {
  if (c.req.header('Authorization') === undefined) return Promise.resolve({ kind: 'none' });
  const found = c.get('bearer') ?? readBearer(c);
  c.set('bearer', found);
  return found;
}

async function readBearer(c: Context<AppEnv>): Promise<Bearer> {
  const { API_TOKEN, API_TOKEN_PREVIOUS, API_KEYS } = c.env;
  if (await bearsToken(c, API_TOKEN, API_TOKEN_PREVIOUS)) return { kind: 'program', mayWrite: true };
  const text = textOf(c);
  const key = text && (await apiKeyOf(text, API_KEYS));
  if (key) return { kind: 'program', mayWrite: key.scope === 'write' };
  if (text && takesTokens(c.env) && JWT.test(text)) return { kind: 'subject', subject: await subjectOf(c, text) };
  throw new MarqueeError('unauthorized', 'the token in the Authorization header is not valid', {
    fix: 'Send Authorization: Bearer and the value of API_TOKEN.',
  });
}

/** Whether the request bears one of these tokens, compared in constant time. */
export async function bearsToken(c: Context<AppEnv>, ...tokens: (string | undefined)[]): Promise<boolean> {
  const bearer = textOf(c);
  if (bearer === undefined) return false;
  let found = false;
  for (const token of tokens) if (token && (await timingSafeEqual(bearer, token))) found = true;
  return found;
}

function textOf(c: Context<AppEnv>): string | undefined {
  return SCHEME.exec(c.req.header('Authorization') ?? '')?.[1];
}
