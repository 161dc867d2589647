import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SECRETS } from '../server.ts';

/** Cloudflare never tells a secret again: this file is where people find the tokens that were made for them. */
export function secretsPath(folder: string): string {
  return join(folder, 'secrets.json');
}

/** The secrets that were made on this machine. */
export async function keptSecrets(folder: string): Promise<Record<string, string>> {
  const path = secretsPath(folder);
  return existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : {};
}

/** Which secrets the Worker needs and Cloudflare lacks. */
export function lackingSecrets(present: readonly string[]): string[] {
  return SECRETS.filter((name) => !present.includes(name));
}

/** Values for these secrets: kept before they are uploaded, so that a run that broke off and the next one agree. */
export async function makeSecretsFor(folder: string, names: readonly string[]): Promise<Record<string, string>> {
  const kept = await keptSecrets(folder);
  const made = Object.fromEntries(names.map((name) => [name, kept[name] ?? randomBytes(24).toString('base64url')]));
  await writePrivately(secretsPath(folder), JSON.stringify({ ...kept, ...made }, null, 2));
  return made;
}

export async function writePrivately(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${text}\n`, { mode: 0o600 });
}
