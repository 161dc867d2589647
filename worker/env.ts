import { type KnownPlaces, oneOf } from '../shared/ratings/shards.ts';
import type { UserChange } from '../shared/ratings/user-change.ts';
import { type PartService, Parts } from './wasm/part-service.ts';

/** The bindings of wrangler.toml. Secrets come from `wrangler secret put`; under `wrangler dev` from .dev.vars. */
export interface Bindings {
  readonly MODELS: R2Bucket;
  /** Where people are spread over several databases, `withShards` puts all of them here. */
  readonly DB: D1Database;
  /** Further databases of people, numbered without a gap: `npm run reshard` brings people there. */
  readonly [further: `DB_${number}`]: D1Database | undefined;
  /** The Workers of the parts of a catalogue that is cut, PART_1 and so on; none where one Worker has all. */
  readonly [part: `PART_${number}`]: PartService | undefined;
  /** Takes the changes that D1 does not take at once. Without it, such requests are refused. */
  readonly PENDING?: Queue<UserChange>;
  /**
   * "true" under `npm start`, whose queue lives in memory: what waits there is kept in R2 too, as dead letters are, and
   * the next start applies it.
   */
  readonly KEEP_QUEUED?: string;
  /** Limits the requests a minute of one session or one address. Without them, nothing is limited. */
  readonly READS_PER_SESSION?: RateLimit;
  readonly READS_PER_ADDRESS?: RateLimit;
  readonly WRITES_PER_SESSION?: RateLimit;
  readonly WRITES_PER_ADDRESS?: RateLimit;
  /** What Cloudflare calls this upload of the Worker: another release may answer otherwise from the same model. */
  readonly RELEASE?: { readonly id: string };
  /** "true": everybody may read the ratings and recommendations of the data set's users. */
  readonly OPEN_USERS?: string;
  /**
   * Origins whose pages may read and write here, besides its own: exact, separated by commas, as
   * "https://www.example.com". None when absent.
   */
  readonly CORS_ORIGINS?: string;
  /** Seconds between two looks at current.json; 10 when absent. */
  readonly MODEL_TTL?: string;
  /** Hours after which `/health` reports a model as stale; 48 when absent, 0 for never. */
  readonly MODEL_MAX_AGE?: string;
  /** Share of requests, 0 to 1, of which the log has a line; none when absent. What fails with 500 or more always has one. */
  readonly LOG_REQUESTS?: string;
  /** Takes a data point for each request (`observe/analytics.ts`). Without it, there are none. */
  readonly ANALYTICS?: AnalyticsEngineDataset;
  /** "true": people with a session are read from D1's replicas, as new as what they wrote (`http/traffic/replicas.ts`). */
  readonly READ_REPLICAS?: string;
  /** The share of people, 0 to 1, whose lists are logged (`http/lists/log-list.ts`); nobody's when absent. */
  readonly LIST_LOG?: string;
  /**
   * The share of lists, 0 to 1, that are put in order by a draw from the posterior (`http/lists/exploration.ts`); none
   * when absent.
   */
  readonly EXPLORE?: string;
  /** Signs session cookies. */
  readonly SESSION_SECRET?: string;
  /** The previous SESSION_SECRET. Cookies signed with it stay valid, and are signed anew with the next answer. */
  readonly SESSION_SECRET_PREVIOUS?: string;
  /** Lets programs act for any user. */
  readonly API_TOKEN?: string;
  /** The previous API_TOKEN, valid until it goes from here. */
  readonly API_TOKEN_PREVIOUS?: string;
  /** Keys of single applications, as JSON: `[{"name", "sha256", "scope": "read" or "write"}]` (`http/identity/api-keys.ts`). */
  readonly API_KEYS?: string;
  /** Verifies tokens (HS256) by which a host application names its users; it has 32 bytes or more. */
  readonly JWT_SECRET?: string;
  /** The previous JWT_SECRET, valid until it goes from here. */
  readonly JWT_SECRET_PREVIOUS?: string;
  /** Where the host's public keys are (RS256, ES256), instead of a secret that both know. */
  readonly JWKS_URL?: string;
  /** What `iss` and `aud` of these tokens must be; anything when absent. */
  readonly JWT_ISSUER?: string;
  readonly JWT_AUDIENCE?: string;
  /** TMDB's API read access token: films then show their posters (`routes/poster.ts`). Without it nobody is asked. */
  readonly TMDB_TOKEN?: string;
  /** Of whoever runs the deployment: `/admin`, `/metrics`, the export of everybody's ratings. */
  readonly ADMIN_TOKEN?: string;
  /** The previous ADMIN_TOKEN, valid until it goes from here. */
  readonly ADMIN_TOKEN_PREVIOUS?: string;
}

/** The bindings with all databases as one in `DB`, where there are several. @param known where people are, for this isolate */
export function withShards<Env extends Pick<Bindings, 'DB'>>(env: Env, known?: KnownPlaces): Env {
  const DB = oneOf(env, known);
  return DB === env.DB ? env : { ...env, DB: DB as unknown as D1Database };
}

/** The parts of a catalogue that this Worker stands in front of; undefined where none is bound. */
export function partsOf(env: Bindings): Parts | undefined {
  const services: PartService[] = [];
  for (let service = env.PART_1; service; service = env[`PART_${services.length + 1}`]) services.push(service);
  return services.length > 0 ? new Parts(services) : undefined;
}
