import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { flaws, licencesOf } from '../../../scripts/lib/licences.ts';

const lockOf = (licences: Record<string, string | undefined>) => ({
  packages: Object.fromEntries(
    Object.entries(licences).map(([name, license]) => [name && `node_modules/${name}`, { license }]),
  ),
});

it('all that may be installed bears a licence that is known to be good', async () => {
  expect(flaws(JSON.parse(await readFile('package-lock.json', 'utf8')))).toEqual([]);
});

it('a package without a licence, or with one that binds what uses it, is named', () => {
  const lock = lockOf({ '': 'MIT', a: 'MIT', b: 'GPL-3.0-only', c: undefined, '@img/sharp-x': 'LGPL-3.0-or-later' });
  expect(flaws(lock)).toEqual(['b: licence GPL-3.0-only', 'c: licence none']);
});

it('of a choice one has to be good, and all of those that hold together', () => {
  const lock = lockOf({ a: '(GPL-2.0-only OR MIT)', b: 'MIT AND Apache 2.0', c: 'MIT AND AGPL-3.0-only' });
  expect(flaws(lock)).toEqual(['b: licence MIT AND Apache 2.0', 'c: licence MIT AND AGPL-3.0-only']);
  expect(licencesOf(lockOf({ 'a/node_modules/b': 'Apache 2.0' }))).toEqual(new Map([['Apache-2.0', ['b']]]));
});
