import * as z from 'zod';
import { MarqueeError } from '../errors.ts';
import { experimentSchema, settingsSchema, versionName } from './experiment.ts';
import { READ_FORMATS, REQUIRED_FILES } from './schema.ts';

const version = versionName;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

const ratingErrors = { rmse: z.number().min(0), mae: z.number().min(0) };
const rankingQuality = { 'recall@20': z.number().min(0).max(1), 'ndcg@10': z.number().min(0).max(1) };

/** Quality, and how it was measured: on held-out ratings where the run was evaluated, else on the training ratings. */
const metricsSchema = z.object({
  protocol: z.string(),
  ...z.object({ ...ratingErrors, ...rankingQuality }).partial().shape,
  baselines: z.object({ bias: z.object(ratingErrors), popularity: z.object(rankingQuality) }).optional(),
});

const epochSchema = z.object({
  epoch: z.int().min(1),
  trainLoss: z.number(),
  /** Of the held-out ratings; null where none were held out. */
  validLoss: z.number().nullable(),
  rmse: z.number().nullable(),
  /** Learning rate at its end. */
  rate: z.number(),
  seconds: z.number().min(0),
});

export const manifestSchema = z.object({
  // The document would name the first alone.
  formatVersion: z.literal(READ_FORMATS).meta({ type: 'integer', enum: [...READ_FORMATS] }),
  version,
  createdAt: z.iso.datetime(),
  dataset: z.object({
    name: z.string(),
    ratings: count,
    users: count,
    movies: count,
    /** ISO time of the newest rating; null where the data carry no time. */
    cutoff: z.iso.datetime().nullable(),
    sha256,
  }),
  /** The resolved options of the training run, seed included. */
  config: z.record(z.string(), z.unknown()),
  scale: z.object({ min: z.number(), max: z.number(), step: z.number().positive() }),
  /** μ, the mean training rating, in stars. */
  mean: z.number(),
  /** τ, the precision of a rating, in 1/stars². */
  tau: z.number().positive(),
  /** How a linear score becomes stars (`shared/model/response.ts`): as it is, or by a sigmoid within `range`. */
  link: z.enum(['identity', 'sigmoid']),
  range: z.object({ min: z.number(), max: z.number() }).optional(),
  /** K: width of `factors`, the bias not counted. */
  factors: z.int().min(1),
  /** E: width of `relevance`, and of a scale of `history`. */
  relevanceFactors: z.int().min(1),
  /** S: scales of a history. Format 3 has one and does not say so. */
  historyScales: z.int().min(1).max(16).default(1),
  /** Default weight of the rating block in a recommendation's score; the rest is relevance. */
  blend: z.number().min(0).max(1),
  metrics: metricsSchema,
  /** Of models that gradients train: what each epoch came to, losses as mean squared errors. */
  epochs: z.array(epochSchema).optional(),
  /** Of the variational model: τ after each sweep, those of the versions that it started from before its own. */
  sweeps: z.array(z.object({ sweep: z.int().min(1), tau: z.number() })).optional(),
  engine: z.string(),
  device: z.string(),
  seconds: z.number().min(0),
  files: z.array(
    z.object({
      name: z.string(),
      bytes: z.int().positive(),
      sha256,
      rows: count,
      /** Of a file that is read in parts (`usersChecksums`); absent for others, and where an earlier release wrote it. */
      checksums: z.string().optional(),
    }),
  ),
});

/** What a version is: its data, settings, quality, and the hash of every file beside it. */
export type Manifest = z.infer<typeof manifestSchema>;
export type FileEntry = Manifest['files'][number];

export const currentSchema = z.object({
  version,
  previous: version.nullable(),
  publishedAt: z.iso.datetime(),
  /**
   * Of the version's manifest.json, which has the hashes of all other files; absent where an older release published.
   */
  manifestSha256: sha256.optional(),
  /** Movies that an operator hides (`hidden-movies.ts`), whatever version is in service; absent: none. */
  hidden: z.array(z.int().min(0)).optional(),
  /** Movies that an operator puts first (`pinned-movies.ts`), in their order. An unreadable list counts as none. */
  pinned: z.array(z.int().min(0)).optional().catch(undefined),
  /** Defaults of a list's settings; absent: the version's own. Unreadable ones count as none. */
  settings: settingsSchema.optional().catch(undefined),
  /** The experiment that is on. An unreadable one counts as none. */
  experiment: experimentSchema.optional().catch(undefined),
  /** Programs added films to D1 (`ratings/tables/film.ts`): the Worker reads them whenever it reads this file. */
  films: z.literal(true).optional(),
});

/** Which version is in service, and which one `rollback` returns to. */
export type Current = z.infer<typeof currentSchema>;

const RETRAIN = { fix: 'Train and publish a version with this release of Marquee.' };
const DAMAGED = { fix: 'The file is damaged: copy or publish the version again, roll back, or train anew.' };

function parseJson<T>(schema: z.ZodType<T>, text: string, name: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MarqueeError('bad-artifact', `${name} is not JSON`, { ...DAMAGED, cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new MarqueeError('bad-artifact', `${name}: ${z.prettifyError(parsed.error)}`, RETRAIN);
  }
  return parsed.data;
}

/**
 * Reads manifest.json. The format version is looked at first, so that a newer file says so instead of failing field by
 * field. Throws `bad-artifact`.
 */
export function parseManifest(text: string): Manifest {
  const { formatVersion } = parseJson(z.looseObject({ formatVersion: z.int() }), text, 'manifest.json');
  if (!READ_FORMATS.some((format) => format === formatVersion)) {
    throw new MarqueeError(
      'bad-artifact',
      `manifest.json: got formatVersion ${formatVersion}, expected ${READ_FORMATS.join(' or ')}`,
      RETRAIN,
    );
  }
  const manifest = parseJson(manifestSchema, text, 'manifest.json');
  if ((manifest.link === 'sigmoid') !== (manifest.range !== undefined)) {
    throw new MarqueeError(
      'bad-artifact',
      'manifest.json: a range belongs to the link sigmoid, and to no other',
      RETRAIN,
    );
  }
  for (const name of REQUIRED_FILES) fileEntry(manifest, name);
  return manifest;
}

/** Reads current.json. Throws `bad-artifact`. */
export function parseCurrent(text: string): Current {
  return parseJson(currentSchema, text, 'current.json');
}

/** The manifest's line about a file. Throws `bad-artifact` when it has none. */
export function fileEntry(manifest: Manifest, name: string): FileEntry {
  const entry = manifest.files.find((file) => file.name === name);
  if (!entry) throw new MarqueeError('bad-artifact', `manifest.json of ${manifest.version} lists no ${name}`);
  return entry;
}

/** SHA-256 of bytes, in hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hexOf(await crypto.subtle.digest('SHA-256', bytes));
}

export function hexOf(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Size, then hash. Throws `bad-artifact` with got and expected. */
export async function verifyFile(bytes: Uint8Array<ArrayBuffer>, entry: FileEntry): Promise<void> {
  if (bytes.length !== entry.bytes) {
    throw new MarqueeError(
      'bad-artifact',
      `${entry.name}: got ${bytes.length} bytes, expected ${entry.bytes}`,
      DAMAGED,
    );
  }
  await verifyHash(bytes, entry);
}

/** Throws `bad-artifact` with got and expected. */
export async function verifyHash(
  bytes: Uint8Array<ArrayBuffer>,
  { name, sha256 }: Pick<FileEntry, 'name' | 'sha256'>,
): Promise<void> {
  const hash = await sha256Hex(bytes);
  if (hash !== sha256)
    throw new MarqueeError('bad-artifact', `${name}: got sha256 ${hash}, expected ${sha256}`, DAMAGED);
}
