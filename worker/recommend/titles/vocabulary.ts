import { editsTo, type Span } from './edits.ts';

/** The words of all titles, a number for each, in the order of their letters. */
export class Vocabulary {
  readonly count: number;
  /** The words, a line each: one string takes a tenth of the memory of tens of thousands. */
  readonly #text: string;
  readonly #starts: Int32Array; // (count + 1)
  /** Which letters each word has (`lettersOf`). */
  readonly #letters: Uint32Array; // (count)

  /** @param words distinct, sorted */
  constructor(words: readonly string[]) {
    this.count = words.length;
    this.#text = `${words.join('\n')}\n`;
    this.#starts = new Int32Array(words.length + 1);
    this.#letters = new Uint32Array(words.length);
    for (const [id, word] of words.entries()) {
      this.#starts[id + 1] = this.#starts[id] + word.length + 1;
      this.#letters[id] = lettersOf(word);
    }
  }

  /** Code of the first letter of each word. */
  get firstLetters(): Uint16Array {
    return Uint16Array.from({ length: this.count }, (_, id) => this.#text.charCodeAt(this.#starts[id]));
  }

  word(id: number): string {
    return this.#text.slice(...this.#span(id));
  }

  /** The words that begin with these letters, the word itself first. */
  startingWith(letters: string): Span {
    return [this.#firstFrom(letters), this.#firstFrom(`${letters}\uffff`)];
  }

  /** Whether it is a word, or with `open` the beginning of one. */
  has(word: string, open = false): boolean {
    const id = this.#firstFrom(word);
    return id < this.count && (open ? this.#text.startsWith(word, this.#starts[id]) : this.word(id) === word);
  }

  /** Calls `found` for each word that these letters stand in. */
  containing(letters: string, found: (id: number) => void): void {
    let id = 0;
    for (let at = this.#text.indexOf(letters); at >= 0; at = this.#text.indexOf(letters, this.#starts[id])) {
      while (this.#starts[id] <= at) id++;
      found(id - 1);
      if (id === this.count) return;
    }
  }

  /** Calls `found` for each word that so many edits make of this one, or of the beginning of one where `open`. */
  near(word: string, most: number, open: boolean, found: (id: number, edits: number) => void): void {
    const letters = lettersOf(word);
    for (let id = 0; id < this.count; id++) {
      if (ones(letters & ~this.#letters[id]) > most) continue; // each edit brings or takes one letter at most
      if (!open && ones(this.#letters[id] & ~letters) > most) continue;
      const edits = editsTo(word, this.#text, this.#span(id), most, open);
      if (edits <= most) found(id, edits);
    }
  }

  #span(id: number): [from: number, to: number] {
    return [this.#starts[id], this.#starts[id + 1] - 1];
  }

  /** The first word that does not come before these letters. */
  #firstFrom(letters: string): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.word(middle) < letters) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A bit for each letter of a word; letters and signs that are 32 apart share one. */
function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) & 31);
  return letters;
}

/** Number of bits that are set. Warren, "Hacker's Delight", §5-1. */
function ones(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
