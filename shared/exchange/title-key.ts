import { titlesIn, withoutArticle, wordsOf } from '../title.ts';

/** A title as it is compared with others: blanks do not count, its article stands apart. */
export interface TitleKey {
  readonly key: string;
  /** '' where the title has none. */
  readonly article: string;
  /** Words beside the article. */
  readonly words: number;
}

/** One spelling for words that sites write in two ways. The numerals I, V and X are words and initials, too. */
const SPELLINGS: Readonly<Record<string, string>> = {
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

/** The key of a title, null where it is empty. */
export function keyOf(title: string): TitleKey | null {
  const words = wordsOf(title);
  if (words === '') return null;
  const bare = withoutArticle(words);
  const spelled = bare.split(' ').map((word) => SPELLINGS[word] ?? word.replace(BRITISH_OUR, '$1or'));
  const article = words.slice(0, words.length - bare.length).trim();
  return { key: spelled.join(''), article, words: spelled.length };
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
    const parts = whole.split(/: | - /);
    if (parts.length === 1) return [];
    return [
      { title: parts[0], place: 'front' },
      { title: parts[parts.length - 1], place: 'back' },
    ] as const;
  });
}
