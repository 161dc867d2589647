import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { MarqueeError } from '../../../shared/errors.ts';
import { quote } from '../movielens/bad-row.ts';
import type { Fetch } from './download.ts';

/** MD5 (hex) of a file. GroupLens publishes MD5s: they reveal damage, not forgery. */
export async function md5OfFile(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/**
 * The MD5 published beside a file (`<url>.md5`); null when there is none (404).
 *
 * @throws the network's error, or one that names the HTTP status or the answer.
 */
export async function publishedMd5(url: string, fetch: Fetch): Promise<string | null> {
  const response = await fetch(`${url}.md5`);
  if (response.status === 404) {
    return null;
  }
  if (!response.ok) {
    throw new Error(`${url}.md5: the server answered ${response.status}`);
  }
  return md5In(await response.text(), `${url}.md5`);
}

/** The MD5 stored beside a file (`<path>.md5`); null when there is none. */
export async function md5Beside(path: string): Promise<string | null> {
  const text = await readFile(`${path}.md5`, 'utf8').catch(() => null);
  return text === null ? null : md5In(text, `${path}.md5`);
}

/** Both "MD5 (ml-1m.zip) = c4d9…" and "c4d9…  ml-1m.zip" are in use. */
function md5In(text: string, source: string): string {
  const match = /\b[0-9a-f]{32}\b/i.exec(text);
  if (!match) {
    throw new MarqueeError('bad-data', `${source}: got ${quote(text)}, expected an MD5 of 32 hex digits`);
  }
  return match[0].toLowerCase();
}
