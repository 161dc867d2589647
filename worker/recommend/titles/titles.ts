import type { Catalogue } from '../../../shared/model/model.ts';
import { titlesIn } from '../../../shared/title.ts';
import { titleWords } from './readings.ts';
import { Vocabulary } from './vocabulary.ts';

/** All titles of a catalogue as numbers of words, and back from each word to its films. T words in all, V different ones. */
export interface Titles {
  readonly vocabulary: Vocabulary;
  /** Words of all titles; `END` behind each title, of which a film may have several. */
  readonly words: Int32Array; // (T + titles)
  /** Where the titles of each film begin; those of the last end with `words`. */
  readonly starts: Int32Array; // (M + 1)
  /** Rows of the films of each word, ascending; one that has it twice stands there twice. */
  readonly films: Int32Array; // (T)
  /** Where the films of each word begin. */
  readonly filmStarts: Int32Array; // (V + 1)
}

/** Stands for no word. */
export const END = -1;

/** Takes the titles of a catalogue apart. */
export function readTitles({ count, title }: Pick<Catalogue, 'count' | 'title'>): Titles {
  const numbers = new Map<string, number>();
  const words: number[] = [];
  const starts = new Int32Array(count + 1);
  for (let row = 0; row < count; row++) {
    for (const one of titlesIn(title(row))) {
      for (const word of titleWords(one)) {
        const number = numbers.get(word) ?? numbers.size;
        if (number === numbers.size) numbers.set(word, number);
        words.push(number);
      }
      words.push(END);
    }
    starts[row + 1] = words.length;
  }
  const sorted = [...numbers.keys()].sort();
  const ids = new Int32Array(sorted.length);
  for (const [id, word] of sorted.entries()) ids[numbers.get(word)!] = id;
  const inOrder = new Int32Array(words.length);
  for (let at = 0; at < words.length; at++) inOrder[at] = words[at] === END ? END : ids[words[at]];
  return { vocabulary: new Vocabulary(sorted), words: inOrder, starts, ...filmsOf(inOrder, starts, sorted.length) };
}

function filmsOf(words: Int32Array, starts: Int32Array, V: number): Pick<Titles, 'films' | 'filmStarts'> {
  const filmStarts = new Int32Array(V + 1);
  for (const word of words) if (word !== END) filmStarts[word + 1]++;
  for (let word = 0; word < V; word++) filmStarts[word + 1] += filmStarts[word];
  const films = new Int32Array(filmStarts[V]);
  const next = filmStarts.slice();
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let at = starts[row]; at < starts[row + 1]; at++) if (words[at] !== END) films[next[words[at]]++] = row;
  }
  return { films, filmStarts };
}
