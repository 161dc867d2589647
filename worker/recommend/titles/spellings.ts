import { NUMBER_GROUPS } from './number-words.ts';

/** Words that are written in several ways, each way in one group. */
const GROUPS = [
  ...[
    '1 one i',
    '2 two ii',
    '3 three iii',
    '4 four iv',
    '5 five v',
    '6 six vi',
    '7 seven vii',
    '8 eight viii',
    '9 nine ix',
    '10 ten x',
    '11 eleven xi',
    '12 twelve xii',
    '13 thirteen xiii',
  ],
  'v vs versus',
  'part pt',
  'volume vol',
  'doctor dr',
  'mister mr',
  'saint st',
  'grey gray',
  'theatre theater',
  'centre center',
  'pyjamas pajamas',
  'judgement judgment',
  'jewellery jewelry',
  'travelling traveling',
  'traveller traveler',
  'defence defense',
  'programme program',
  'organiser organizer',
].map((group): readonly string[] => group.split(' '));
const ALL_GROUPS = [...GROUPS, ...NUMBER_GROUPS];

const OUR = /^(col|hon|neighb|harb|arm|fav|hum|lab|rum|savi|vap|od|glam|endeav|parl)(ou?r)(?=s?$|ful|ite)/;

/** Other ways to write a word: numbers in words and numerals, British and American spelling, what is cut short. */
export function otherSpellings(word: string): string[] {
  const groups = ALL_GROUPS.filter((group) => group.includes(word)).flat();
  const our = word.replace(OUR, (_, stem, ending) => stem + (ending === 'our' ? 'or' : 'our'));
  return [...groups, our].filter((other) => other !== word);
}
