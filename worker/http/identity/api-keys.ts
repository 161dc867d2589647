import { timingSafeEqual } from 'hono/utils/buffer';
import * as z from 'zod';
import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../../shared/errors.ts';

const keysSchema = z.array(
  z.strictObject({
    name: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 digits, as sha256sum prints them'),
    scope: z.enum(['read', 'write']),
  }),
);

/** One of API_KEYS. Two of one name are one application's, while it changes its key. */
export type ApiKey = z.infer<typeof keysSchema>[number];

/** The key that a caller bears, if it is one. Throws `not-configured` where API_KEYS cannot be read. */
export async function apiKeyOf(bearer: string, text: string | undefined): Promise<ApiKey | undefined> {
  if (!text) return undefined;
  const keys = parseKeys(text);
  const hash = await sha256Hex(new TextEncoder().encode(bearer));
  let found: ApiKey | undefined;
  for (const key of keys) if (await timingSafeEqual(hash, key.sha256)) found = key; // all: no key is found sooner
  return found;
}

function parseKeys(text: string): ApiKey[] {
  try {
    return keysSchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : 'it is no JSON';
    throw new MarqueeError('not-configured', `the secret API_KEYS cannot be read: ${why}`, {
      fix: 'Set it to [{"name": "mail-outs", "sha256": "…", "scope": "read"}], with scope read or write.',
    });
  }
}
