import { foldTitle, titlesIn, withoutArticle, withPlainQuotes, wordsOf } from '../title.ts';

/** A title as it is compared with others: blanks do not count, its article stands apart. */
export interface TitleKey {
  readonly key: string;
  /** '' where the title has none. */
  readonly article: string;
  /** Words beside the article. */
  readonly words: number;
}

/** One spelling for words that sites write in two ways. */
const SPELLINGS: Readonly<Record<string, string>> = {
  __proto__: null as never, // "constructor" is a word as any other
  ii: '2',
  iii: '3',
  iv: '4',
  vi: '6',
  vii: '7',
  viii: '8',
  ix: '9',
  vol: 'volume',
  pt: 'part',
  vs: 'versus',
  dr: 'doctor',
  mr: 'mister',
  st: 'saint',
  grey: 'gray',
  theatre: 'theater',
  centre: 'center',
  pyjamas: 'pajamas',
  judgement: 'judgment',
  jewellery: 'jewelry',
  travelling: 'traveling',
  traveller: 'traveler',
  defence: 'defense',
  programme: 'program',
  organiser: 'organizer',
};
const BRITISH_OUR = /^(col|hon|neighb|harb|arm|fav|hum|lab|rum|savi|vap|od|glam|endeav|parl)our/;

/** Numerals that are initials, too, or a word: numbers only behind a longer word, and I at the end alone. */
const LETTERS: Readonly<Record<string, string>> = { __proto__: null as never, i: '1', v: '5', x: '10' };
/** Words before the number of a film in a series, which sites leave out: "The Godfather: Part II" is "The Godfather 2". */
const COUNTING = /^(part|volume|chapter)$/;
/** "I.Q.": the I is no article. */
const INITIALS = /(?<![\p{L}\p{N}])(\p{L})\. ?(?=\p{L}(?:[. ]|$))/gu;
const NUMBERS = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen';
const NUMBER_WORDS: Readonly<Record<string, string>> = {
  __proto__: null as never,
  ...Object.fromEntries(NUMBERS.split(' ').map((word, j) => [word, String(j + 1)])),
  ...{ first: '1st', second: '2nd', third: '3rd', fourth: '4th', fifth: '5th', sixth: '6th', seventh: '7th' },
};
/** Words of a title that is the same with its number in figures. Of fewer, another film may have it: "9" and "Nine". */
const WORDS_AROUND_NUMBER = 3;

/** The key of a title, null where it is empty. */
export function keyOf(title: string): TitleKey | null {
  const words = wordsOf(foldTitle(withPlainQuotes(title)).replace(INITIALS, '$1'));
  if (words === '') return null;
  const bare = withoutArticle(words);
  const article = words.slice(0, words.length - bare.length).trim();
  const spelled = bare.split(' ').map(spelling);
  return { key: spelled.filter(isNoCounting).join(''), article, words: spelled.length };
}

function spelling(word: string, place: number, words: readonly string[]): string {
  const before = words[place - 1] ?? '';
  const isCounted = COUNTING.test(SPELLINGS[before] ?? before);
  const isApart = isCounted || (before.length > 1 && (word !== 'i' || place === words.length - 1));
  const letter = isApart ? LETTERS[word] : undefined;
  const number = isCounted || words.length >= WORDS_AROUND_NUMBER ? NUMBER_WORDS[word] : undefined;
  return letter ?? number ?? SPELLINGS[word] ?? word.replace(BRITISH_OUR, '$1or');
}

function isNoCounting(word: string, place: number, words: readonly string[]): boolean {
  return place === 0 || !COUNTING.test(word) || !/^\d+$/.test(words[place + 1] ?? '');
}

/**
 * The key of a title with numbers in figures however short it is, and without the letters that German writes for an umlaut:
 * titles with one are much alike.
 */
export function alikeKeyOf(title: string): string {
  const words = wordsOf(title).split(' ');
  const figures = words.map((word) => NUMBER_WORDS[word] ?? word).join(' ');
  return (keyOf(figures)?.key ?? '').replace(/(?<=[aou])e/g, '');
}

/** Every whole title of a film: as the catalogue has it, without what stands in brackets, and what stands in them. */
export function wholeTitles(title: string): string[] {
  return [title, ...titlesIn(title)];
}

/** Of "Star Wars: Episode IV - A New Hope" what stands before the number and behind it, apart and together. */
export function episodeTitles(title: string): string[] {
  const episode = /^(.+): Episode [IVX\d]+ - (.+)$/.exec(title);
  return episode ? [episode[1], episode[2], `${episode[1]}: ${episode[2]}`] : [];
}

/** What stands before the first colon or dash of each title, and behind the last. */
export function partTitles(title: string): { readonly title: string; readonly place: 'front' | 'back' }[] {
  return titlesIn(title).flatMap((whole) => {
    const parts = whole.split(/(?:,? or)?: | - /i);
    if (parts.length === 1) return [];
    return [
      { title: parts[0], place: 'front' },
      { title: parts[parts.length - 1], place: 'back' },
    ] as const;
  });
}
