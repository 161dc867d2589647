import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MarqueeError } from '../../../shared/errors.ts';
import { databaseId } from './account.ts';
import { installedWrangler, type Wrangler } from './wrangler.ts';

const SOURCE = 'wrangler.toml';
/** Stands in wrangler.toml for an id that is looked up by name; on this machine it tells databases apart. */
const NO_ID = /^00000000-0000-0000-0000-0000000000\d\d$/;

/** Which [env.…] of wrangler.toml the commands act on with --remote. */
export const ENVIRONMENT = process.env.MARQUEE_ENV ?? 'production';

/** A database besides `DB`. */
export interface NamedDatabase {
  readonly binding: string;
  readonly database: string;
  /** null where it is to be looked up. */
  readonly databaseId: string | null;
}

interface NamedInToml {
  readonly binding: string;
  readonly database_name?: string;
  readonly database_id?: string;
}

/** What wrangler.toml names of one environment. */
export interface Resources {
  readonly environment: string;
  readonly worker: string;
  readonly bucket: string;
  readonly database: string;
  /** null where it is to be looked up. */
  readonly databaseId: string | null;
  /** `DB_1` and so on, over which people may be spread. */
  readonly further: readonly NamedDatabase[];
  readonly queues: readonly string[];
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
  const { name, r2_buckets, d1_databases, queues } = readConfig({ config: SOURCE, env: environment });
  const [first, ...further] = d1_databases.map(
    ({ binding, database_name: database, database_id: id }: NamedInToml): NamedDatabase => ({
      binding,
      database: database!,
      databaseId: NO_ID.test(id!) ? null : id!,
    }),
  );
  const consumers = queues.consumers ?? [];
  return {
    environment,
    worker: name!,
    bucket: r2_buckets[0].bucket_name as string,
    database: first.database,
    databaseId: first.databaseId,
    further,
    queues: consumers.map(({ queue }: { queue: string }) => queue),
    folder,
  };
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

/** All databases of an environment, `DB` first. */
export function databasesOf({ database, databaseId, further }: Resources): NamedDatabase[] {
  return [{ binding: 'DB', database, databaseId }, ...further];
}

export function configurationPath(resources: Resources): string {
  return databasesOf(resources).some(({ databaseId }) => databaseId === null)
    ? join(resources.folder, 'wrangler.json')
    : SOURCE;
}

/** Ids of databases by their bindings. */
type Ids = Readonly<Record<string, string>>;

/** Writes wrangler.toml with the ids of the databases in their place, and returns where: wrangler itself takes no name. */
export async function writeConfiguration(resources: Resources, ids: Ids): Promise<string> {
  const path = configurationPath(resources);
  if (path === SOURCE) return path;
  const { environment, folder } = resources;
  const { rawConfig, section } = await sectionOf(environment);
  const databases = section.d1_databases!.map((database: NamedInToml & { migrations_dir?: string }) => ({
    ...database,
    migrations_dir: resolve(database.migrations_dir!),
    database_id: ids[database.binding] ?? database.database_id,
  }));
  const whole = {
    ...rawConfig,
    main: resolve(rawConfig.main!),
    assets: { ...rawConfig.assets, directory: resolve(rawConfig.assets!.directory!) },
    env: { [environment]: { ...section, d1_databases: databases } },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${JSON.stringify(whole, null, 2)}\n`);
  return path;
}

/**
 * The configuration with which commands reach Cloudflare. The ids that a deployment found are kept; elsewhere, as on a machine
 * that only retrains, each database is looked up by its name.
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
  const ids: Record<string, string> = await keptIds(path, named.environment);
  for (const { binding, database, databaseId: written } of databasesOf(named)) {
    const id = written ?? ids[binding] ?? (await databaseId(wrangler, database));
    if (id === null) {
      throw new MarqueeError('not-configured', `Cloudflare has no database ${database}`, {
        fix: `npm run deploy -- --env ${named.environment} makes what is missing.`,
      });
    }
    ids[binding] = id;
  }
  return writeConfiguration(named, ids);
}

async function keptIds(path: string, environment: string): Promise<Record<string, string>> {
  if (!existsSync(path)) return {};
  try {
    const databases: { binding: string; database_id: string }[] = JSON.parse(await readFile(path, 'utf8')).env[
      environment
    ].d1_databases;
    const found = databases.filter(({ database_id: id }) => !NO_ID.test(id));
    return Object.fromEntries(found.map(({ binding, database_id: id }) => [binding, id]));
  } catch {
    return {}; // cut off: they are looked up again
  }
}
