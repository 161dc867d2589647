import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withoutEmpty } from '../../../../scripts/lib/server.ts';
import { ROOT } from '../../command.ts';

it('a copy of .dev.vars.example has no secret, so that all of them are made', async () => {
  const example = await readFile(join(ROOT, '.dev.vars.example'), 'utf8');
  expect(withoutEmpty(example)).not.toMatch(/^\w/m);
});

it('secrets that a person set stay, and so does everything else', () => {
  const held = 'API_TOKEN="mine" # secret\nADMIN_TOKEN=\nSESSION_SECRET = other\nEXPLORE=""\n';
  expect(withoutEmpty(held)).toBe('API_TOKEN="mine" # secret\nSESSION_SECRET = other\nEXPLORE=""\n');
});
