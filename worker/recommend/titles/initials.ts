import type { Catalogue } from '../../../shared/model/model.ts';
import type { Ranked } from '../../../shared/model/scorer.ts';
import { titlesIn, wordsOf } from '../../../shared/title.ts';
import { COUNTING_WORD } from './readings.ts';
import { scoreByInitials } from './scan.ts';
import { otherSpellings } from './spellings.ts';
import { END, type Titles } from './titles.ts';
import type { Vocabulary } from './vocabulary.ts';

/** First letters of words, and the number of a film behind them: "lotr", "t2", "sw 5". */
export interface Abbreviation {
  readonly letters: string;
  /** 0 where there is none. */
  readonly number: number;
}

/** Films whose titles have words that begin with an abbreviation's letters, the best known words first. */
export interface Abbreviated {
  /** Those words. */
  readonly readAs: string;
  /** Films by their rating counts, those with the best known words first. */
  readonly ranked: readonly Ranked[];
  /** How many of them have these words. */
  readonly best: number;
}

const ATTACHED = /^([a-z]{1,8})(\d{1,2})$/;
/** Articles and "and" have letters in an abbreviation, but are no words of `Titles`: the t of "lotr". */
const SMALL = new Set(['t', 'a']);
/** Numbers that stand for themselves: "The Two Towers" has none. */
const FIGURES = /^(\d{1,2}|[ivx]{2,}|v|x)$/;
/** Letters from which an abbreviation may stand for the end of a title. Two would stand for too many. */
const LEAST_AT_END = 3;

/** The abbreviation that words of a search may be: letters that are no word of any title, a number perhaps. */
export function abbreviationIn(words: readonly string[], vocabulary: Vocabulary): Abbreviation | null {
  const attached = words.length === 1 ? ATTACHED.exec(words[0]) : null;
  const [letters = '', count] = attached ? attached.slice(1) : words;
  if (words.length > 2 || !/^[a-z]{1,8}$/.test(letters) || vocabulary.has(attached ? words[0] : letters)) return null;
  const number = count === undefined ? 0 : numberOf(count);
  return Number.isNaN(number) || letters.length < (attached ? 1 : 2) ? null : { letters, number };
}

interface Looking {
  readonly abbreviation: Abbreviation;
  /** Whether it may stand for the end of a title: "rotk". */
  readonly atEnd: boolean;
  /** Rows that are not found. */
  readonly hidden: ReadonlySet<number>;
}

/** The films that an abbreviation may mean; null where there is none. */
export function abbreviated(titles: Titles, movies: Catalogue, looking: Looking): Abbreviated | null {
  const { abbreviation, atEnd, hidden } = looking;
  const { letters, number } = abbreviation;
  const groups = new Map<string, Spelled[]>();
  for (const spelled of spelledIn(titles, letters, atEnd && letters.length >= LEAST_AT_END)) {
    const key = spelled.words.join(' ');
    const films = groups.get(key) ?? [];
    const isKnown = films.some(({ row, number }) => row === spelled.row && number >= 0); // by another of its titles
    if (!isKnown && !hidden.has(spelled.row) && hasInitials(movies.title(spelled.row), letters, spelled))
      groups.set(key, [...films, spelled]);
  }
  const known = ({ row }: Spelled) => movies.ratingCounts[row];
  const sum = (films: readonly Spelled[]) => films.reduce((sum, film) => sum + known(film), 0);
  const meant = [...groups]
    .map(([readAs, films]) => ({ readAs, films: number === 0 ? films : numbered(films, number, movies) }))
    .filter(({ films }) => films.length > 0)
    .sort((a, b) => sum(b.films) - sum(a.films));
  if (meant.length === 0) return null;
  const rows = new Set(meant.flatMap(({ films }) => films.sort((a, b) => known(b) - known(a)).map(({ row }) => row)));
  const { readAs } = meant[0];
  const ranked = Array.from(rows, (row) => ({ row, score: scoreByInitials(movies.ratingCounts[row]) }));
  return { readAs: number === 0 ? readAs : `${readAs} ${number}`, ranked, best: meant[0].films.length };
}

/** A title that has words in a row with an abbreviation's letters. */
interface Spelled {
  readonly row: number;
  readonly words: readonly string[];
  /** Where they stand at its start: the number right behind them, 0 where there is none. Else NaN. */
  readonly number: number;
  /** Whether they are the whole of it. */
  readonly isWhole: boolean;
}

function* spelledIn({ vocabulary, words, starts }: Titles, letters: string, atEnd: boolean): Generator<Spelled> {
  const firsts = vocabulary.firstLetters;
  const wanted = Array.from(letters, (letter) => letter.charCodeAt(0));
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let from = starts[row], at = from; at < starts[row + 1]; at++) {
      if (words[at] === END) from = at + 1;
      else if (at === from || atEnd) {
        const to = endOf({ words, firsts, wanted }, at);
        if (to < 0 || (at > from && words[to] !== END)) continue;
        const spelled = Array.from(words.subarray(at, to), (id) => vocabulary.word(id));
        const number = at > from ? Number.NaN : numberBehind(words, to, vocabulary);
        yield { row, words: spelled, number, isWhole: at === from && words[to] === END };
      }
    }
  }
}

/** Whether the letters begin the first words of a title, or its last ones, small words and all. */
function hasInitials(title: string, letters: string, { number }: Spelled): boolean {
  return titlesIn(title).some((one) => {
    const initials = wordsOf(one).replace(/(?<=\S)\S+| /g, '');
    if (Number.isNaN(number)) return initials.endsWith(letters);
    return initials.startsWith(letters) || initials.startsWith(letters, 1); // behind an article
  });
}

interface Spelling {
  readonly words: Int32Array;
  /** First letter of each word of the vocabulary. */
  readonly firsts: Uint16Array;
  readonly wanted: readonly number[];
}

/**
 * Where the words end that begin with the letters, from a place on; −1 where they do not. Two letters, and half of them
 * or three, are words.
 */
function endOf({ words, firsts, wanted }: Spelling, start: number): number {
  const from = (j: number, at: number): number => {
    if (j === wanted.length)
      return at - start >= Math.min(wanted.length, Math.max(2, Math.min(3, wanted.length / 2))) ? at : -1;
    const isNext = words[at] !== END && firsts[words[at]] === wanted[j];
    const end = isNext ? from(j + 1, at + 1) : -1;
    const isSmall = j + 1 < wanted.length && SMALL.has(String.fromCharCode(wanted[j]));
    return end < 0 && isSmall ? from(j + 1, at) : end;
  };
  return from(0, start);
}

/** The number at a place of a title, in letters only behind a word such as "part"; 0 where there is none. */
function numberBehind(words: Int32Array, at: number, vocabulary: Vocabulary, isCounted = false): number {
  if (words[at] === END) return 0;
  const word = vocabulary.word(words[at]);
  if (FIGURES.test(word) || isCounted) return numberOf(word) || 0;
  return COUNTING_WORD.test(word) ? numberBehind(words, at + 1, vocabulary, true) : 0;
}

/** A number in figures, letters or Roman numerals, up to 99; else NaN. */
function numberOf(word: string): number {
  return Number([word, ...otherSpellings(word)].find((spelling) => /^\d{1,2}$/.test(spelling)) ?? Number.NaN);
}

/** Of films that share words at the start of their titles: those with the number, else the one that came so many-th. */
function numbered(films: readonly Spelled[], number: number, { years }: Catalogue): Spelled[] {
  const named = films.filter((film) => film.number === number);
  if (named.length > 0 || films[0].words.length < 2) return named;
  const isCounted = films.some((film) => film.number > 0);
  const first = isCounted && number === 1 ? films.find(({ isWhole }) => isWhole) : undefined;
  const series = films.filter(({ isWhole, number }) => !isWhole && !Number.isNaN(number));
  const byYear = series.sort((a, b) => years[a.row] - years[b.row] || a.row - b.row);
  const film = first ?? (isCounted ? undefined : byYear.at(number - 1));
  return film ? [film] : [];
}
