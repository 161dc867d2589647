import type { Context } from 'hono';
import type { AppEnv } from '../app-env.ts';

/** Cloudflare's name of a request, with the airport of the data centre: `8f2b1c0d9e3a4b5c-FRA`. */
const RAY = /^[0-9a-f]{16}(-[A-Z]{3})?$/;

/** The id of a request that came: Cloudflare's, which its own logs have too, else a random one. */
export function newRequestId({ req }: Context<AppEnv>): string {
  const ray = req.header('CF-Ray') ?? '';
  return RAY.test(ray) ? ray : crypto.randomUUID();
}
