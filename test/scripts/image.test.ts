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

  it('is one process, which gets SIGTERM itself: no shell and no npm stays in front of it', async () => {
    const last = (await readFile(join(ROOT, 'Dockerfile'), 'utf8')).trimEnd().split('\n').at(-1)!;
    const [shell, flag, script] = JSON.parse(last.replace(/^CMD /, '')) as string[];
    expect([shell, flag]).toEqual(['sh', '-c']);
    expect(script).toMatch(/^exec node_modules\/\.bin\/node scripts\/retrain\.ts --remote --kept-is-fine [^;&|]*$/);
  });
});
