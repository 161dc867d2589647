import type { Arm } from '../../shared/artifact/experiment.ts';

/** An arm as a flag writes it: `bold:popularity=-0.5,weight=2`. What is wrong with it is said where it is read. */
export function armIn(text: string): Arm {
  const [name, ...rest] = text.split(':');
  const pairs = rest
    .join(':')
    .split(',')
    .filter(Boolean)
    .map((pair) => pair.split('='));
  const {
    version,
    weight = 1,
    ...settings
  } = Object.fromEntries(pairs.map(([key, value]) => [key, numberOrText(value)]));
  const some = Object.keys(settings).length > 0 ? { settings } : {};
  return { name, weight: weight as number, ...(version !== undefined && { version: String(version) }), ...some };
}

function numberOrText(text = ''): string | number {
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
