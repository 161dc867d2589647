import { titlesIn, wordsOf } from '../../../shared/title.ts';
import { inFigures } from './number-words.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A way to understand what somebody looks for. */
export interface Reading {
  /** Words of a title; the last may only be begun. */
  readonly words: readonly string[];
  /** The film's year, where one stands beside the words. */
  readonly year?: number;
  /** Place of a word that has to stand right before the next: they were written as one. */
  readonly together?: number;
  /** Edits that may stand between the words and a title's. */
  readonly mostEdits?: number;
}

/** Words that people leave out or put in: neither looked for nor kept, unless there is nothing else. */
const SMALL_WORD = /^(?:and|the|an?|)$/;
const LETTERS_APART = /(?:^| )[a-z] [a-z](?: |$)/;
const ROWS_OF_LETTERS = /(?<!\S)[a-z](?: [a-z])+(?!\S)/g;
/** Words beside a number, and the number itself that the first film of a series does not bear. */
export const COUNTING_WORD = /^(part|pt|episode|volume|vol|chapter|number|film|movie|1|one|i)$/;
/** A year that a film may be of. */
const YEAR = /^(18[89]|19\d|20\d)\d$/;
/** More words of a search are not looked at. */
const MOST_WORDS = 16;
/** Most ways of taking words apart: each is looked for in all titles. */
const MOST_SPLITS = 6;

/** The words of one title as they are looked for: single letters in a row are one word ("E.T.", "M*A*S*H"). */
export function titleWords(title: string): string[] {
  const words = wordsOf(title);
  const apart = LETTERS_APART.test(words) ? words.replace(ROWS_OF_LETTERS, (row) => row.replaceAll(' ', '')) : words;
  const all = apart.split(' ');
  const large = all.filter((word) => word.length > 3 || !SMALL_WORD.test(word));
  return large.length > 0 ? large : all.filter((word) => word !== '');
}

/** The words of what somebody looks for, which may be a whole title of the catalogue with brackets and year. */
export function queryWords(query: string): string[] {
  return titleWords(titlesIn(query).join(' ')).slice(0, MOST_WORDS);
}

/** The ways to read words of a search: as they are, with a year among them, with two as one and one as two. */
export function readingsOf(words: readonly string[], vocabulary: Vocabulary): Reading[] {
  const figures = inFigures(words);
  const plain: Reading[] = [words, ...(figures ? [figures] : [])].flatMap((some) => [
    { words: some },
    ...withYear(some),
  ]);
  const splits = plain.flatMap((reading) => splitReadings(reading, vocabulary)).slice(0, MOST_SPLITS);
  const joined = plain.flatMap(joinedReadings).filter(({ words }) => words.every((word) => vocabulary.has(word, true)));
  return [...plain, ...joined, ...splits];
}

/** The same words without those that count films, which the first of a series does not bear: "Rocky 1", "Alien part 1". */
export function withoutFirst(words: readonly string[]): Reading[] {
  return without(words, COUNTING_WORD);
}

/** The same words without numbers: of "Frozen 2" there may be only the first here. */
export function withoutNumbers(words: readonly string[]): Reading[] {
  return without(words, /^\d+$/);
}

function without(words: readonly string[], unwanted: RegExp): Reading[] {
  const others = words.filter((word) => !unwanted.test(word));
  return others.length === 0 || others.length === words.length ? [] : [{ words: others }, ...withYear(others)];
}

function withYear(words: readonly string[]): Reading[] {
  return words.flatMap((word, at) =>
    YEAR.test(word) ? [{ words: words.filter((_, other) => other !== at), year: Number(word) }] : [],
  );
}

/** Two neighbours as one word: "good fellas". Two edits would make too many words of two. */
export function joinedReadings({ words, year }: Reading): Reading[] {
  return words.slice(1).map((word, at) => ({
    year,
    words: [...words.slice(0, at), words[at] + word, ...words.slice(at + 2)],
    mostEdits: 1,
  }));
}

/** Short words that may stand in words that were written as one. */
const SHORT_WORD = /^(the|and|an?|of|in|to|on|at|as|is|it|you|for|with|\d+|[ivx]{2,3})$/;
const SHORT_LETTERS = 3;
/** What another short word costs beside 1 of any other: "men in", not "me nin". */
const UNUSUAL = 1.5;

/**
 * The words that somebody wrote as one, small ones among them: "thematrix", "silenceofthelambs".
 *
 * @param mayBeShort whether any short words of titles may be among them, which many typos have: "thewizardofoz"
 */
export function apartReadings(words: readonly string[], vocabulary: Vocabulary, mayBeShort: boolean): Reading[] {
  const apart = words.flatMap((word) => piecesOf(word, vocabulary, mayBeShort) ?? word);
  if (apart.length === words.length) return [];
  const large = apart.filter((word) => !SMALL_WORD.test(word));
  return large.length > 0 ? [{ words: large }, ...withYear(large)] : [];
}

/** The fewest words of titles that a word is made of, most of its letters in longer ones; null where there are none. */
function piecesOf(word: string, vocabulary: Vocabulary, mayBeShort: boolean): readonly string[] | null {
  if (vocabulary.has(word, true)) return null;
  const best: ({ readonly pieces: readonly string[]; readonly cost: number } | null)[] = [{ pieces: [], cost: 0 }];
  for (let end = 1; end <= word.length; end++) {
    best[end] = null;
    for (let start = 0; start < end; start++) {
      const before = best[start];
      const piece = word.slice(start, end);
      const isUsual = piece.length > SHORT_LETTERS || SHORT_WORD.test(piece);
      const cost = (before?.cost ?? 0) + (isUsual ? 1 : UNUSUAL);
      if (before === null || cost >= (best[end]?.cost ?? Number.POSITIVE_INFINITY)) continue;
      if (SHORT_WORD.test(piece) || ((mayBeShort || isUsual) && vocabulary.has(piece)))
        best[end] = { pieces: [...before.pieces, piece], cost };
    }
  }
  const pieces = best[word.length]?.pieces ?? [];
  const letters = (some: readonly string[]) => some.join('').length;
  const short = pieces.filter((piece) => piece.length <= SHORT_LETTERS && !SHORT_WORD.test(piece));
  const long = pieces.filter((piece) => piece.length > SHORT_LETTERS);
  return pieces.length > 0 && letters(short) <= letters(long) ? pieces : null;
}

/** One word as two of a title: "spiderman". */
function splitReadings({ words, year }: Reading, vocabulary: Vocabulary): Reading[] {
  return words.flatMap((word, at) =>
    Array.from({ length: word.length - 1 }, (_, end) => [word.slice(0, end + 1), word.slice(end + 1)])
      .filter(([left, right]) => vocabulary.has(left) && vocabulary.has(right, at === words.length - 1))
      .map((pair) => ({ year, together: at, words: [...words.slice(0, at), ...pair, ...words.slice(at + 1)] })),
  );
}
