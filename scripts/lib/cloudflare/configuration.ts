import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MarqueeError } from '../../../shared/errors.ts';
import { databaseId } from './account.ts';
import { madeByButton, NO_ID, withNamesOfButton } from './button.ts';
import { installedWrangler, type Wrangler } from './wrangler.ts';

const SOURCE = 'wrangler.toml';

/** Which [env.…] of wrangler.toml the commands act on with --remote. */
export const ENVIRONMENT = process.env.MARQUEE_ENV ?? 'production';

/** What wrangler.toml names of one environment. */
export interface Resources {
  readonly environment: string;
  readonly worker: string;
  readonly bucket: string;
  readonly database: string;
  /** null where it is to be looked up. */
  readonly databaseId: string | null;
  readonly queues: readonly string[];
  /** The Deploy to Cloudflare button made them. */
  readonly byButton: boolean;
  /** The file that names them. */
  readonly source: string;
  /** Of what a deployment keeps on this machine, out of git. */
  readonly folder: string;
}

/** Throws `bad-flag` when wrangler.toml has no such environment. */
export async function resourcesOf(
  environment: string,
  folder = join('.wrangler/cloudflare', environment),
  source = SOURCE,
): Promise<Resources> {
  const { rawConfig, section, byButton } = await sectionOf(environment, source);
  const [{ database_name: database, database_id: id }] = section.d1_databases!;
  return {
    environment,
    // In Cloudflare's own builds wrangler uploads to the Worker whose build it is, whatever the file calls it.
    worker: process.env.WRANGLER_CI_OVERRIDE_NAME ?? section.name ?? `${rawConfig.name}-${environment}`,
    bucket: section.r2_buckets![0].bucket_name!,
    database: database!,
    databaseId: id === NO_ID ? null : id!,
    queues: (section.queues?.consumers ?? []).map(({ queue }: { queue: string }) => queue),
    byButton,
    source,
    folder,
  };
}

/** wrangler.toml as it stands, and the part of one environment. */
async function sectionOf(environment: string, source: string) {
  const { experimental_readRawConfig: readRawConfig } = await import('wrangler');
  const { rawConfig } = readRawConfig({ config: source });
  const section = rawConfig.env?.[environment];
  if (!section?.d1_databases) {
    throw new MarqueeError('bad-flag', `${source} has no environment "${environment}"`, {
      fix: `It has ${Object.keys(rawConfig.env ?? {}).join(', ')}; copy one of them to add another.`,
    });
  }
  const byButton = environment === 'production' && madeByButton(rawConfig, section);
  return { rawConfig, byButton, section: byButton ? withNamesOfButton(rawConfig, section) : section };
}

/** wrangler.toml itself where it has all that wrangler needs. */
export function configurationPath({ folder, databaseId: id, byButton, source }: Resources): string {
  return id === null || byButton ? join(folder, 'wrangler.json') : source;
}

/** Writes wrangler.toml with the id of the database in its place, and returns where: wrangler itself takes no name. */
export async function writeConfiguration(resources: Resources, id: string): Promise<string> {
  const path = configurationPath(resources);
  const { environment, folder, source } = resources;
  if (path === source) return path;
  const { rawConfig, section } = await sectionOf(environment, source);
  const [database] = section.d1_databases!;
  const migrations = { migrations_dir: resolve(database.migrations_dir!) };
  const whole = {
    ...rawConfig,
    main: resolve(rawConfig.main!),
    assets: { ...rawConfig.assets, directory: resolve(rawConfig.assets!.directory!) },
    env: { [environment]: { ...section, d1_databases: [{ ...database, ...migrations, database_id: id }] } },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${JSON.stringify(whole, null, 2)}\n`);
  return path;
}

/**
 * The configuration with which commands reach Cloudflare. The id that a deployment found is kept; elsewhere, as on a machine
 * that only retrains, the database is looked up by its name.
 *
 * @throws `not-configured` when Cloudflare has no such database
 */
export async function remoteConfiguration(
  resources?: Resources,
  wrangler: Wrangler = installedWrangler,
): Promise<string> {
  const named = resources ?? (await resourcesOf(ENVIRONMENT));
  const path = configurationPath(named);
  if (path === named.source) return path;
  const kept = named.databaseId ?? (await keptId(path, named.environment));
  const id = kept ?? (await databaseId(wrangler, named.database));
  if (id) return writeConfiguration(named, id);
  throw new MarqueeError('not-configured', `Cloudflare has no database ${named.database}`, {
    fix: `npm run deploy -- --env ${named.environment} makes what is missing.`,
  });
}

async function keptId(path: string, environment: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(await readFile(path, 'utf8')).env[environment].d1_databases[0].database_id;
  } catch {
    return null; // cut off: it is looked up again
  }
}
