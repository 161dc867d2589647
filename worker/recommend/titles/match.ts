import { END } from './titles.ts';
import { FIT, type Fits } from './wanted.ts';

/** How the words that are looked for stand in a film's titles, the best last. */
export const PLACE = {
  none: 0,
  /** Some are only letters inside of a word. */
  inside: 1,
  anyOrder: 2,
  inARow: 3,
  atStart: 4,
  /** From the start, every word whole. */
  wholeWordsAtStart: 5,
  /** All of a title, with numbers or words spelled in another way. */
  wholeOtherwise: 6,
  whole: 7,
} as const;

export interface Match {
  /** Of `PLACE`. */
  readonly place: number;
  /** Edits that make words of the title of those that are looked for. */
  readonly edits: number;
}

/** Words that are looked for, in the words of a film's titles. */
export interface Looked {
  /** Of each word that is looked for, in order. */
  readonly fits: readonly Fits[];
  /** Place of one that has to stand right before the next. */
  readonly together?: number;
  /** Words of all titles. */
  readonly words: Int32Array;
  /** Where the film's titles begin and end in `words`. */
  readonly from: number;
  readonly to: number;
}

export const NO_MATCH: Match = { place: PLACE.none, edits: Number.POSITIVE_INFINITY };

/** How the words that are looked for stand in the titles of a film. */
export function matchOf(looked: Looked): Match {
  const { fits, words, to, together } = looked;
  if (fits.length === 0) return { place: PLACE.inside, edits: 0 }; // a year alone
  if (together !== undefined && !areTogether(looked, together)) return NO_MATCH;
  let best = anyOrder(looked);
  if (best.place === PLACE.none) return best;
  for (let { from } = looked; from < to; ) {
    const end = words.indexOf(END, from);
    for (let at = from; at + fits.length <= end; at++) best = better(best, inARow(looked, { from, at, end }));
    from = end + 1;
  }
  return best;
}

function better(a: Match, b: Match): Match {
  return b.edits < a.edits || (b.edits === a.edits && b.place > a.place) ? b : a;
}

interface Stretch {
  /** Where the title begins. */
  readonly from: number;
  readonly at: number;
  /** Where the title ends. */
  readonly end: number;
}

/** The match of words in a row. */
function inARow({ words, fits }: Looked, { from, at, end }: Stretch): Match {
  let [least, edits]: [number, number] = [FIT.same, 0];
  for (let j = 0; j < fits.length; j++) {
    const fit = fits[j].of[words[at + j]];
    if (fit <= FIT.inside) return NO_MATCH;
    if (fit < FIT.begun) edits += FIT.begun - fit;
    else least = Math.min(least, fit);
  }
  const isWhole = least > FIT.begun;
  if (at > from) return { place: PLACE.inARow, edits };
  if (at + fits.length < end || !isWhole) return { place: isWhole ? PLACE.wholeWordsAtStart : PLACE.atStart, edits };
  return { place: least === FIT.same ? PLACE.whole : PLACE.wholeOtherwise, edits };
}

/** The match of words wherever they stand. */
function anyOrder({ words, fits, from, to }: Looked): Match {
  let [place, edits]: [number, number] = [PLACE.anyOrder, 0];
  for (const each of fits) {
    const best = each.of[bestWord(each, words, from, to)];
    if (!best) return NO_MATCH;
    if (best === FIT.inside) place = PLACE.inside;
    else if (best < FIT.begun) edits += FIT.begun - best;
  }
  return { place, edits };
}

/** The word of a film's titles that fits best. */
export function bestWord({ of: fits }: Fits, words: Int32Array, from: number, to: number): number {
  let best = words[from];
  for (let at = from + 1; at < to; at++) if (words[at] !== END && fits[words[at]] > (fits[best] ?? 0)) best = words[at];
  return best;
}

function areTogether({ words, fits, from, to }: Looked, first: number): boolean {
  const fitsAt = (j: number, at: number) => words[at] !== END && fits[j].of[words[at]] >= FIT.begun;
  for (let at = from; at + 1 < to; at++) if (fitsAt(first, at) && fitsAt(first + 1, at + 1)) return true;
  return false;
}
