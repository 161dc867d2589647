import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { MarqueeError, short } from '../../shared/errors.ts';
import type { AppEnv } from './app-env.ts';
import { READING } from './traffic/same-site.ts';

/** Bytes of the largest JSON body. A thousand ratings take a tenth of it. */
const LARGEST_JSON = 2 ** 20;

/** Refuses bodies larger than `LARGEST_JSON`, unpacked, before they are parsed. */
export const limitJson = limitBody(LARGEST_JSON, () => {
  throw new MarqueeError('too-large', `the body is larger than ${LARGEST_JSON} bytes`, {
    fix: 'Send it in parts.',
  });
});

/** Refuses a query, which would be without effect. */
const refuseQuery: MiddlewareHandler<AppEnv> = async (c, next) => {
  const [name] = Object.keys(c.req.query());
  if (name === undefined) return next();
  const { method, path } = c.req;
  throw new MarqueeError(
    'bad-parameter',
    `${short(name)}: ${method} ${short(path)} takes all in its body, not in a query`,
    {
      fix: `Put ${short(name)} into the JSON body.`,
      details: { parameter: short(name) },
    },
  );
};

/** Of routes that take all that they know in a JSON body. */
export const jsonBody = [refuseQuery, limitJson];

/**
 * Unpacks a gzipped body, and refuses bodies that are larger than `most` bytes then.
 *
 * @throws `bad-encoding` for any other packing; `bad-body` for damaged gzip
 */
export function limitBody(most: number, refuse: () => never): MiddlewareHandler<AppEnv> {
  const limit = bodyLimit({ maxSize: most, onError: refuse });
  return async (c, next) => {
    const packed = unpack(c);
    try {
      return await limit(c, next);
    } catch (cause) {
      if (!packed || cause instanceof MarqueeError) throw cause;
      throw new MarqueeError('bad-body', 'the gzipped body is damaged or cut off', { fix: 'Pack it again.', cause });
    }
  };
}

/** Puts the unpacked body in a gzipped one's place. Returns whether it was gzipped. */
function unpack(c: Context<AppEnv>): boolean {
  const encoding = c.req.header('Content-Encoding')?.trim().toLowerCase() ?? 'identity';
  const { raw } = c.req;
  if (encoding === 'identity' || !raw.body || READING.has(raw.method)) return false;
  if (encoding !== 'gzip') {
    throw new MarqueeError('bad-encoding', `Content-Encoding: got ${short(encoding)}, expected gzip or none`, {
      fix: 'Send the body as it is, or gzipped.',
      details: { got: short(encoding), expected: 'gzip' },
    });
  }
  const headers = new Headers(raw.headers);
  headers.delete('Content-Encoding');
  headers.delete('Content-Length');
  c.req.raw = new Request(raw, { headers, body: raw.body.pipeThrough(new DecompressionStream('gzip')) });
  return true;
}
