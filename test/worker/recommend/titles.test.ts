import { describe, expect, it } from 'vitest';
import { editsTo } from '../../../worker/recommend/titles/edits.ts';
import { inFigures } from '../../../worker/recommend/titles/number-words.ts';
import { otherSpellings } from '../../../worker/recommend/titles/spellings.ts';
import { Vocabulary } from '../../../worker/recommend/titles/vocabulary.ts';

const WORDS = ['8', 'alien', 'godfather', 'matrices', 'matrix', 'mätrix', 'rix', 'æon'];
const vocabulary = new Vocabulary(WORDS);

describe('edits between two words', () => {
  it.each([
    ['matrix', 'matrix', 0],
    ['matirx', 'matrix', 1], // neighbours exchanged
    ['matix', 'matrix', 1],
    ['mattrix', 'matrix', 1],
    ['metrix', 'matrix', 1],
    ['amtirx', 'matrix', 2],
    ['martix', 'matrix', 1],
    ['ca', 'abc', 3], // a letter between exchanged ones: optimal string alignment takes three
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
  ])('from "%s" to "%s" are %d', (word, other, edits) => {
    expect(editsTo(word, `…${other}…`, [1, 1 + other.length], 5)).toBe(edits);
    expect(editsTo(other, `…${word}…`, [1, 1 + word.length], 5)).toBe(edits);
  });

  it('are counted up to the most that matter', () => {
    expect(editsTo('kitten', 'sitting', [0, 7], 1)).toBe(2);
    expect(editsTo('a', 'abcdef', [0, 6], 2)).toBe(3);
  });

  it('to the beginning of a word do not count the rest of it', () => {
    expect(editsTo('gofath', 'godfather', [0, 9], 2, true)).toBe(1);
    expect(editsTo('godf', 'godfather', [0, 9], 2, true)).toBe(0);
    expect(editsTo('matrixx', 'matrix', [0, 6], 2, true)).toBe(1);
  });
});

describe('a vocabulary', () => {
  it('knows each of its words by number', () => {
    expect(WORDS.map((_, id) => vocabulary.word(id))).toEqual(WORDS);
    expect(WORDS.filter((word) => !vocabulary.has(word))).toEqual([]);
    expect(['matri', 'zebra', '', 'god father'].filter((word) => vocabulary.has(word))).toEqual([]);
    expect(['matri', 'zebra', 'æ'].map((word) => vocabulary.has(word, true))).toEqual([true, false, true]);
  });

  it('finds the words that begin with some letters, and those that contain them', () => {
    const [from, to] = vocabulary.startingWith('matri');
    expect(WORDS.slice(from, to)).toEqual(['matrices', 'matrix']);
    const containing: string[] = [];
    vocabulary.containing('rix', (id) => containing.push(WORDS[id]));
    expect(containing).toEqual(['matrix', 'mätrix', 'rix']);
  });

  it('finds exactly the words within some edits', () => {
    for (const word of ['matirx', 'aline', 'gotfather', 'matrixes', 'rx', 'eon']) {
      for (const open of [false, true]) {
        const near: [string, number][] = [];
        vocabulary.near(word, 2, open, (id, edits) => near.push([WORDS[id], edits]));
        const all = WORDS.map((other): [string, number] => [other, editsTo(word, other, [0, other.length], 2, open)]);
        expect(near).toEqual(all.filter(([, edits]) => edits <= 2));
      }
    }
  });
});

describe('other spellings', () => {
  it.each([
    ['4', ['four', 'iv']],
    ['seven', ['7', 'vii']],
    ['v', ['5', 'five', 'vs', 'versus']],
    ['colour', ['color']],
    ['color', ['colour']],
    ['colours', ['colors']],
    ['grey', ['gray']],
    ['matrix', []],
  ])('of "%s" are %j', (word, others) => {
    expect(otherSpellings(word)).toEqual(others);
  });
});

describe('numbers of several words', () => {
  it.each([
    ['twenty one grams', '21 grams'],
    ['twenty eight days later', '28 days later'],
    ['one hundred twenty seven hours', '127 hours'],
    ['one hundred one dalmatians', '101 dalmatians'],
    ['five hundred days', '500 days'],
    ['forty second street', '42nd street'],
    ['hundred twelve', '112'],
  ])('"%s" are "%s" in figures', (words, figures) => {
    expect(inFigures(words.split(' '))).toEqual(figures.split(' '));
  });

  it.each(['one two three', 'seven samurai', 'twenty thousand leagues', 'first blood', 'ten fifty', 'hundred eyes'])(
    '"%s" holds none',
    (words) => {
      expect(inFigures(words.split(' '))).toBeNull();
    },
  );

  it('of one word are written in two ways, and as an order', () => {
    expect(['forty', '40', 'thirteenth', '6th', 'third'].map((word) => otherSpellings(word)[0])).toEqual([
      '40',
      'forty',
      '13th',
      'sixth',
      '3rd',
    ]);
  });
});
