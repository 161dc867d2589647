import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './command.ts';

/** The patterns of a file that leaves files out. */
async function patternsOf(name: string): Promise<string[]> {
  const lines = (await readFile(join(ROOT, name), 'utf8')).split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** What a pattern of git means, as Docker writes it: git looks in every folder unless the pattern names one. */
function forDocker(pattern: string): string {
  const path = pattern.replace(/\/$/, '');
  return path.includes('/') ? path.replace(/^\//, '') : `**/${path}`;
}

describe('the image of the nightly retrain', () => {
  it('gets nothing that git leaves out: no secrets, no state, nothing that is built inside it', async () => {
    const expected = (await patternsOf('.gitignore')).map(forDocker);
    expect(await patternsOf('.dockerignore')).toEqual(expect.arrayContaining(expected));
  });
});
