import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** What secrets look like, by who gives them out. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  'a private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}/,
  'a key of AWS': /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  'a token of GitHub': /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})/,
  'a token of npm': /\bnpm_[A-Za-z0-9]{36}\b/,
  'a key of Google': /\bAIza[A-Za-z0-9_-]{35}\b/,
  'a token of Slack': /\bxox[abprs]-[A-Za-z0-9-]{20}/,
  'a signed token': /\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/,
  'a secret of Marquee':
    /\b(?:SESSION_SECRET|API_TOKEN|ADMIN_TOKEN|TMDB_TOKEN|CLOUDFLARE_API_TOKEN)\w*\s*[=:]\s*["']?[A-Za-z0-9_-]{28}/,
};

function secretsIn(text: string): string[] {
  return Object.entries(SECRETS).flatMap(([name, looks]) => (looks.test(text) ? [name] : []));
}

/** Null where this is no checkout of git. */
async function trackedFiles(): Promise<string[] | null> {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-z'], { cwd: ROOT, maxBuffer: 2 ** 26 }).catch(
    () => ({ stdout: null }),
  );
  return stdout?.split('\0').filter(Boolean) ?? null;
}

const files = await trackedFiles();
if (!files) console.warn('this is no checkout of git: nobody looks for secrets in its files');

describe('secrets', () => {
  it.skipIf(!files)('stand in no file that git keeps', async () => {
    const found: string[] = [];
    for (const file of files!) {
      const text = await readFile(join(ROOT, file), 'latin1').catch(() => ''); // deleted, and not committed yet
      for (const secret of secretsIn(text)) found.push(`${file}: ${secret}`);
    }
    expect(found).toEqual([]);
    expect(files!.filter((file) => /(^|\/)(\.dev\.vars|secrets\.json|\.env(\..*)?)$|\.pem$/.test(file))).toEqual([]);
  });

  it.each([
    ['a private key', `-----BEGIN RSA PRIVATE KEY-----\n${'A'.repeat(64)}`],
    ['a key of AWS', `AKIA${'B'.repeat(16)}`],
    ['a token of GitHub', `ghp_${'c'.repeat(36)}`],
    ['a token of npm', `npm_${'d'.repeat(36)}`],
    ['a key of Google', `AIza${'e'.repeat(35)}`],
    ['a token of Slack', `xoxb-${'1'.repeat(24)}`],
    ['a signed token', `eyJ${'f'.repeat(20)}.eyJ${'g'.repeat(20)}.${'h'.repeat(20)}`],
    ['a secret of Marquee', `SESSION_SECRET="${'i'.repeat(32)}"`],
  ])('%s would be found', (name, text) => {
    expect(secretsIn(`before ${text} after`)).toEqual([name]);
  });
});
