import { MarqueeError } from '../../../shared/errors.ts';

/** What `--scale` understands. */
export const SCALES = ['0-5', '1-5', '0-10', '1-10', '0-100', '1-100', 'thumbs'] as const;

const THUMBS: Readonly<Record<string, number>> = {
  up: 5,
  yes: 5,
  true: 5,
  '1': 5,
  down: 1,
  no: 1,
  false: 1,
  '0': 1,
  '-1': 1,
};

/** A rating on a scale of one's own as stars; null where it is none. */
export type StarsOf = (text: string) => number | null;

/**
 * Stars of a rating: value · 5 / largest, rounded to half stars, 0.5 at least. A thumb up is 5 stars, one down 1. Without
 * a scale, ratings are half stars already.
 *
 * @throws MarqueeError `bad-flag`.
 */
export function starsOf(scale?: string): StarsOf {
  if (scale === undefined) return halfStars;
  if (!SCALES.some((known) => known === scale)) {
    throw new MarqueeError('bad-flag', `--scale: got "${scale}", expected one of ${SCALES.join(', ')}`);
  }
  if (scale === 'thumbs') return (text) => THUMBS[text.toLowerCase()] ?? null;
  const [least, most] = scale.split('-').map(Number);
  return (text) => {
    const value = numberIn(text);
    return value >= least && value <= most ? Math.max(1, Math.round((value * 10) / most)) / 2 : null;
  };
}

/** How figures in stars are read on a scale, a sentence. */
export function scaleNote(scale: string): string {
  if (scale === 'thumbs') return 'a thumb up counts as 5 stars, one down as 1; all figures are in stars';
  const most = Number(scale.split('-')[1]);
  return `ratings of ${scale} count as stars of 5: all figures are in stars, one of which is ${most / 5} of your points`;
}

function halfStars(text: string): number | null {
  const value = numberIn(text);
  return Number.isInteger(value * 2) && value >= 0.5 && value <= 5 ? value : null;
}

function numberIn(text: string): number {
  return text === '' ? Number.NaN : Number(text.replace(',', '.'));
}
