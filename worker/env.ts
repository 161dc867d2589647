import type { UserChange } from '../shared/ratings/user-change.ts';

/** What wrangler.toml binds. Secrets come from `wrangler secret put`, under `wrangler dev` from .dev.vars. */
export interface Bindings {
  readonly MODELS: R2Bucket;
  readonly DB: D1Database;
  /** Takes what D1 does not take at once; without it, such a request is refused. */
  readonly PENDING?: Queue<UserChange>;
  /** What one session or one address may ask in a minute; without them, as much as it likes. */
  readonly READS_PER_SESSION?: RateLimit;
  readonly READS_PER_ADDRESS?: RateLimit;
  readonly WRITES_PER_SESSION?: RateLimit;
  readonly WRITES_PER_ADDRESS?: RateLimit;
  /** "true": anybody may read what the data set's users rated and are recommended. */
  readonly OPEN_USERS?: string;
  /** Seconds between two looks at current.json; 10 when absent. */
  readonly MODEL_TTL?: string;
  /** Hours after which `/health` calls a model old; 48 when absent, 0 for never. */
  readonly MODEL_MAX_AGE?: string;
  /** Signs session cookies. */
  readonly SESSION_SECRET?: string;
  /** The secret before it: cookies that it signed stay valid and are signed anew with the next answer. */
  readonly SESSION_SECRET_PREVIOUS?: string;
  /** Lets programs act for any user. */
  readonly API_TOKEN?: string;
  /** Opens the export of everybody's ratings. */
  readonly ADMIN_TOKEN?: string;
}
