import type { Wrangler } from './wrangler.ts';

/** What a deployment acts through, so that tests put another world in its place. */
export interface World {
  readonly wrangler: Wrangler;
  /** Runs one of Marquee's own commands. Throws when it fails. */
  readonly marquee: (name: string, args: readonly string[]) => Promise<void>;
  readonly fetch: (url: string) => Promise<{ readonly status: number; text(): Promise<string> }>;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}
