import { mostEdits } from './edits.ts';
import { otherSpellings } from './spellings.ts';
import type { Vocabulary } from './vocabulary.ts';

/** How well a word of a title fits a word that is looked for. */
export const FIT = {
  none: 0,
  /** The letters stand inside it. */
  inside: 1,
  /** Two edits away, one edit away. */
  near: [2, 3],
  begun: 4,
  /** Spelled in another way. */
  otherwise: 5,
  same: 6,
} as const;

/** The words of the vocabulary that fit one that is looked for. */
export class Fits {
  /** How well each fits. */
  readonly of: Uint8Array; // (V)
  /** Those that fit at all. */
  readonly ids: number[] = [];

  constructor(V: number) {
    this.of = new Uint8Array(V);
  }

  /** Takes up that a word fits so well, if not better. */
  raise(id: number, fit: number): void {
    if (this.of[id] === FIT.none) this.ids.push(id);
    if (this.of[id] < fit) this.of[id] = fit;
  }
}

interface Asked {
  readonly word: string;
  /** Whether it may be only begun, as the last one is while somebody types. */
  readonly open: boolean;
}

/** The words that have the letters of the one that is looked for, however it is spelled. */
export function fitsOf({ word, open }: Asked, vocabulary: Vocabulary): Fits {
  const fits = new Fits(vocabulary.count);
  const [from, to] = vocabulary.startingWith(word);
  if (/\D/.test(word)) {
    const mayBegin = open || word.length > 2;
    for (let id = from; mayBegin && id < to; id++) fits.raise(id, FIT.begun);
    if (word.length > 1) vocabulary.containing(word, (id) => fits.raise(id, FIT.inside));
  } else if (open && word.length > 1) {
    for (let id = from; id < to; id++) fits.raise(id, FIT.begun);
  }
  if (vocabulary.has(word)) fits.raise(from, FIT.same);
  for (const other of otherSpellings(word)) {
    if (vocabulary.has(other)) fits.raise(vocabulary.startingWith(other)[0], FIT.otherwise);
  }
  return fits;
}

/** The same, and words that a few edits make of it. */
export function nearFitsOf({ word, open }: Asked, vocabulary: Vocabulary): Fits {
  const fits = fitsOf({ word, open }, vocabulary);
  const most = /\d/.test(word) ? 0 : mostEdits(word.length);
  const raise = (id: number, edits: number) => fits.raise(id, FIT.near[2 - edits]);
  if (most > 0) vocabulary.near(word, most, false, raise);
  // One edit to a word that is only begun may well be the rest of it.
  if (open && most > 1) vocabulary.near(word, most - 1, true, raise);
  return fits;
}
