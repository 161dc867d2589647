import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MarqueeError } from '../../../shared/errors.ts';
import { databaseId } from './account.ts';
import { lacksId, madeByButton, withNamesOfButton } from './button.ts';
import { installedWrangler, type Wrangler } from './wrangler.ts';

const SOURCE = 'wrangler.toml';

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
  /** Workers of the parts of a catalogue that is cut, in their order. */
  readonly parts: readonly string[];
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
  const [first, ...further] = section.d1_databases!.map(
    ({ binding, database_name: database, database_id: id }: NamedInToml): NamedDatabase => ({
      binding,
      database: database!,
      databaseId: lacksId(id) ? null : id!,
    }),
  );
  return {
    environment,
    // In Cloudflare's own builds wrangler uploads to the Worker whose build it is, whatever the file calls it.
    worker: process.env.WRANGLER_CI_OVERRIDE_NAME ?? section.name ?? `${rawConfig.name}-${environment}`,
    bucket: section.r2_buckets![0].bucket_name!,
    database: first.database,
    databaseId: first.databaseId,
    further,
    queues: (section.queues?.consumers ?? []).map(({ queue }: { queue: string }) => queue),
    parts: partsIn(section.services ?? []),
    byButton,
    source,
    folder,
  };
}

/** Services that are bound as PART_1 and so on. */
function partsIn(services: readonly { readonly binding: string; readonly service: string }[]): string[] {
  return services.filter(({ binding }) => /^PART_\d+$/.test(binding)).map(({ service }) => service);
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

/** All databases of an environment, `DB` first. */
export function databasesOf({ database, databaseId, further }: Resources): NamedDatabase[] {
  return [{ binding: 'DB', database, databaseId }, ...further];
}

/** wrangler.toml itself where it has all that wrangler needs. */
export function configurationPath(resources: Resources): string {
  const { byButton, folder, source } = resources;
  const isWhole = databasesOf(resources).every(({ databaseId }) => databaseId !== null);
  return byButton || !isWhole ? join(folder, 'wrangler.json') : source;
}

/** Ids of databases by their bindings. */
type Ids = Readonly<Record<string, string>>;

/** Writes wrangler.toml with the ids of the databases in their place, and returns where: wrangler itself takes no name. */
export async function writeConfiguration(resources: Resources, ids: Ids): Promise<string> {
  const path = configurationPath(resources);
  const { environment, folder, source } = resources;
  if (path === source) return path;
  const { rawConfig, section } = await sectionOf(environment, source);
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
  if (path === named.source) return path;
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
    const found = databases.filter(({ database_id: id }) => !lacksId(id));
    return Object.fromEntries(found.map(({ binding, database_id: id }) => [binding, id]));
  } catch {
    return {}; // cut off: they are looked up again
  }
}
