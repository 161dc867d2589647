const ONES = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(' ');
ONES.push(...'sixteen seventeen eighteen nineteen'.split(' '));
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth'.split(
  ' ',
);
const VALUES = new Map([
  ...ONES.map((word, j): [string, number] => [word, j + 1]),
  ...TENS.map((word, j): [string, number] => [word, 20 + 10 * j]),
]);
const HUNDRED = 'hundred';

/** The ways to write a number of one word, from fourteen on and of an order: titles have "13th" and "40". */
export const NUMBER_GROUPS: readonly (readonly string[])[] = [
  ...[...VALUES].filter(([, value]) => value > 13).map(([word, value]) => [String(value), word]),
  ...ORDINALS.map((word, j) => [ordinal(j + 1), word]),
];

/** The words with numbers of several words in figures: "twenty one grams" is "21 grams". Null where there is none. */
export function inFigures(words: readonly string[]): string[] | null {
  const figures: string[] = [];
  for (let at = 0; at < words.length; ) {
    const { text, length } = numberAt(words, at);
    figures.push(length > 1 ? text : words[at]);
    at += Math.max(1, length);
  }
  return figures.length < words.length ? figures : null;
}

/** The number that begins at a word, and of how many words it is. */
function numberAt(words: readonly string[], start: number): { text: string; length: number } {
  let [value, below, at] = [0, Number.POSITIVE_INFINITY, start]; // what comes next is less than `below`
  for (; at < words.length; at++) {
    const word = words[at];
    const order = ORDINALS.indexOf(word) + 1;
    if (order > 0 && order < below && value > 0) return { text: ordinal(value + order), length: at + 1 - start };
    const next = VALUES.get(word) ?? 0;
    if (word === HUNDRED && value < 10) [value, below] = [Math.max(1, value) * 100, 100];
    else if (next > 0 && next < below) [value, below] = [value + next, next < 20 ? 0 : 10];
    else break;
    if (below === 0 && words[at + 1] === HUNDRED) below = 10;
  }
  return { text: String(value), length: at - start };
}

function ordinal(value: number): string {
  const last = value % 100 > 10 && value % 100 < 14 ? 0 : value % 10;
  return `${value}${['th', 'st', 'nd', 'rd'][last] ?? 'th'}`;
}
