import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { MarqueeError } from '../../../shared/errors.ts';

/** Written last: a folder without it is no whole backup. */
const FILE = 'backup.json';
const FORMAT = 1;
/** Of a backup of several databases: an earlier release would restore the first alone. */
const SEVERAL = 2;

/** In the folder, and nowhere else. */
const pathSchema = z
  .string()
  .regex(/^(d1(?:-\d+)?|r2)(\/(?!\.\.?\/|\.\.?$)[\w.=-]+)+$/, 'expected a path in the folder');

const fileSchema = z.object({ path: pathSchema, bytes: z.int().min(0), sha256: z.string() });

const databaseSchema = z.object({
  /** Which database it is of, and how often a restore of it was healed. */
  store: z.object({ id: z.string(), epoch: z.int() }),
  /** SQL that makes tables and indexes, in this order. */
  schema: z.array(z.string()),
  /** Each file holds rows, one a line: a JSON array of the columns' values. */
  tables: z.array(
    z.object({ name: z.string(), columns: z.array(z.string()), rows: z.int(), files: z.array(fileSchema) }),
  ),
});

const manifestSchema = databaseSchema.extend({
  format: z.union([z.literal(FORMAT), z.literal(SEVERAL)]),
  madeAt: z.iso.datetime(),
  /** Of `DB_1` and so on, where people are spread over several databases. */
  further: z.array(databaseSchema).default([]),
  objects: z.array(fileSchema.extend({ key: z.string() })),
});

/** What a backup folder holds. */
export type BackupManifest = z.infer<typeof manifestSchema>;
/** What it holds of one database. */
export type BackupDatabase = z.infer<typeof databaseSchema>;
export type BackupTable = BackupManifest['tables'][number];
export type BackupFile = z.infer<typeof fileSchema>;

export function fileOf(path: string, bytes: Uint8Array): BackupFile {
  return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export async function writeManifest(folder: string, manifest: Omit<BackupManifest, 'format'>): Promise<void> {
  const { further, ...first } = manifest;
  const whole = further.length > 0 ? { format: SEVERAL, ...manifest } : { format: FORMAT, ...first };
  await writeFile(join(folder, FILE), `${JSON.stringify(whole, null, 2)}\n`);
}

/** A backup of which every file is as it was written. Throws `bad-data` when it is cut off or damaged. */
export async function readBackup(folder: string): Promise<BackupManifest> {
  const manifest = await manifestIn(folder);
  for (const file of [...tablesIn(manifest).flatMap(({ files }) => files), ...manifest.objects]) {
    await readBackupFile(folder, file);
  }
  return manifest;
}

/** The tables of all databases. */
export function tablesIn({ tables, further }: BackupManifest): BackupTable[] {
  return [tables, ...further.map((database) => database.tables)].flat();
}

async function manifestIn(folder: string): Promise<BackupManifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, FILE), 'utf8')));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : reasonOf(cause as NodeJS.ErrnoException);
    throw new MarqueeError('bad-data', `${folder} is no whole backup: ${FILE}: ${why}`, {
      fix: 'Name a folder that npm run backup wrote to its end. Nothing was changed.',
      cause,
    });
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? 'there is none' : message;
}

/** Throws `bad-data` when it is not as the manifest says. */
export async function readBackupFile(folder: string, { path, bytes, sha256 }: BackupFile): Promise<Uint8Array> {
  const content = await readFile(join(folder, path)).catch(() => null);
  if (content && content.length === bytes && fileOf(path, content).sha256 === sha256) return content;
  const why = content ? `has ${content.length} bytes or other ones, ${bytes} were written` : 'is not there';
  throw new MarqueeError('bad-data', `${join(folder, path)} ${why}: the backup is cut off or damaged`, {
    fix: 'Copy the backup again, or take another one. Nothing was changed.',
  });
}
