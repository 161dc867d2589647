import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import { answer, command, run } from './lib/cli.ts';
import { flaws, type Lock, licencesOf } from './lib/licences.ts';
import { textTable } from './lib/table.ts';

const LOCK = join(import.meta.dirname, '../package-lock.json');

const program = command(
  'licences',
  'lists the licences of all packages that may be installed; fails on any but known ones',
).option('--json', 'print one JSON object');

await run<{ json?: boolean }>(program, async ({ json }) => {
  const lock: Lock = JSON.parse(await readFile(LOCK, 'utf8'));
  const found = licencesOf(lock);
  const wrong = flaws(lock);
  const lines = [...found].sort(([, a], [, b]) => b.length - a.length);
  const text = textTable([['licence', 'packages'], ...lines.map(([name, names]) => [name, String(names.length)])]);
  answer(json, { licences: Object.fromEntries(lines), flaws: wrong }, text.join('\n'));
  if (wrong.length === 0) return;
  throw new MarqueeError('bad-data', wrong.join('\n'), {
    fix: 'Take another package; or, when its licence is good, add it to scripts/lib/licences.ts.',
  });
});
