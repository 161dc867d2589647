import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MarqueeError } from '../../../shared/errors.ts';
import { databaseId } from './account.ts';
import { installedWrangler, type Wrangler } from './wrangler.ts';

const SOURCE = 'wrangler.toml';
/** Stands in wrangler.toml for an id that is looked up by name. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

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
  /** Workers of the parts of a catalogue that is cut, in their order. */
  readonly parts: readonly string[];
  /** Of what a deployment keeps on this machine, out of git. */
  readonly folder: string;
}

/** Throws `bad-flag` when wrangler.toml has no such environment. */
export async function resourcesOf(
  environment: string,
  folder = join('.wrangler/cloudflare', environment),
): Promise<Resources> {
  const { unstable_readConfig: readConfig } = await import('wrangler');
  await sectionOf(environment);
  const { name, r2_buckets, d1_databases, queues, services = [] } = readConfig({ config: SOURCE, env: environment });
  const [{ database_name: database, database_id: id }] = d1_databases;
  const consumers = queues.consumers ?? [];
  return {
    environment,
    worker: name!,
    bucket: r2_buckets[0].bucket_name as string,
    database: database!,
    databaseId: id === NO_ID ? null : id!,
    queues: consumers.map(({ queue }: { queue: string }) => queue),
    parts: partsIn(services),
    folder,
  };
}

/** Services that are bound as PART_1 and so on. */
function partsIn(services: readonly { readonly binding: string; readonly service: string }[]): string[] {
  return services.filter(({ binding }) => /^PART_\d+$/.test(binding)).map(({ service }) => service);
}

/** wrangler.toml as it stands, and the part of one environment. */
async function sectionOf(environment: string) {
  const { experimental_readRawConfig: readRawConfig } = await import('wrangler');
  const { rawConfig } = readRawConfig({ config: SOURCE });
  const section = rawConfig.env?.[environment];
  if (section?.d1_databases) return { rawConfig, section };
  throw new MarqueeError('bad-flag', `${SOURCE} has no environment "${environment}"`, {
    fix: `It has ${Object.keys(rawConfig.env ?? {}).join(', ')}; copy one of them to add another.`,
  });
}

export function configurationPath({ folder, databaseId: id }: Resources): string {
  return id === null ? join(folder, 'wrangler.json') : SOURCE;
}

/** Writes wrangler.toml with the id of the database in its place, and returns where: wrangler itself takes no name. */
export async function writeConfiguration(resources: Resources, id: string): Promise<string> {
  const path = configurationPath(resources);
  if (path === SOURCE) return path;
  const { environment, folder } = resources;
  const { rawConfig, section } = await sectionOf(environment);
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
  if (path === SOURCE) return path;
  const id = (await keptId(path, named.environment)) ?? (await databaseId(wrangler, named.database));
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
