import { MarqueeError } from '../../../shared/errors.ts';

/** A flag's list of names, comma between. Throws `bad-flag` naming the one that is not known. */
export function listed(text: string, flag: string, known: readonly string[]): string[] {
  const names = text.split(',').filter(Boolean);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new MarqueeError('bad-flag', `${flag}: got "${unknown}", expected of ${known.join(', ')}`);
  }
  return names;
}
