/** What package-lock.json says, as far as licences go. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly license?: string }>>;
}

/** SPDX names of licences that ask for no more than their text and a name, or that bind changed files alone (MPL). */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'CC0-1.0',
  'Unlicense',
  'MPL-2.0',
]);

/** Packages of other licences, and why they may be here. */
const EXCEPTIONS: readonly { readonly name: RegExp; readonly licence: string; readonly why: string }[] = [
  { name: /^@img\/sharp/, licence: 'LGPL-3.0-or-later', why: 'miniflare’s images; a library on its own, in no bundle' },
];

/** What some packages write in place of the SPDX name. */
const SPELLINGS: Readonly<Record<string, string>> = { 'Apache 2.0': 'Apache-2.0' };

/** Names of packages by their licence. */
export function licencesOf({ packages }: Lock): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [path, { license }] of Object.entries(packages)) {
    if (path === '') continue; // Marquee itself
    const licence = license === undefined ? 'none' : (SPELLINGS[license] ?? license);
    found.set(licence, [...(found.get(licence) ?? []), nameOf(path)]);
  }
  return found;
}

/** Each package whose licence is not known to be good, in words. */
export function flaws(lock: Lock): string[] {
  return [...licencesOf(lock)].flatMap(([licence, names]) =>
    names.filter((name) => !isGood(licence, name)).map((name) => `${name}: licence ${licence}`),
  );
}

/** Whether an SPDX expression leaves a choice that is allowed in all its parts. */
function isGood(expression: string, name: string): boolean {
  const allowed = (licence: string) =>
    ALLOWED.has(licence) || EXCEPTIONS.some((one) => one.licence === licence && one.name.test(name));
  const plain = expression.replace(/[()]/g, '');
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((licence) => allowed(licence.trim())));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
