const ARTICLES =
  "the|an?|l[aeo]s?|l'|il|i|gli|los|el|un[aeo]?|d(?:er|ie|as|e[nt]?|a)|e[nt]|eine?|os?|um|uma".replaceAll("'", "['’]");
const TRAILING_ARTICLE = new RegExp(`^(.*), (${ARTICLES})(?= \\(|$)(.*)$`, 'i');
const LEADING_ARTICLE = new RegExp(`^(${ARTICLES.replace("l['’]", 'l')}) (?=.)`);
/** Letters that Unicode does not take apart into one of the alphabet and an accent. */
const LETTERS: Readonly<Record<string, string>> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ß: 'ss',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};
/** Brackets at the end of a title, which may hold brackets themselves. */
const LAST_BRACKETS = /^(.*\S)\s+\(((?:[^()]|\([^()]*\))+)\)$/;

/** "Matrix, The" → "The Matrix": a title as people write it. */
export function naturalTitle(title: string): string {
  const match = title.includes(', ') && TRAILING_ARTICLE.exec(title);
  if (!match) return title;
  const [, head, article, tail] = match;
  return `${article}${/['’]$/.test(article) ? '' : ' '}${head}${tail}`;
}

/** A title or a search as it is compared: natural word order, no accents, lower case, runs of blanks made one. */
export function foldTitle(title: string): string {
  return plainLetters(naturalTitle(title)).replace(/\s+/g, ' ').trim();
}

function plainLetters(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase();
  return text
    .replace(/(?<=\d)(?=[¼-¾⅐-⅞])/g, ' ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[æœøßłđðþı]/g, (letter) => LETTERS[letter]);
}

/**
 * The words of a title, letters and digits only, with single blanks between them: "WALL·E" and "wall-e" become equal,
 * "Schindler's" one word, "&" and "+" between blanks the word that they stand for. Where there is neither, as in "!!!", its
 * signs are one word.
 */
export function wordsOf(title: string): string {
  const folded = foldTitle(withPlainQuotes(title));
  const words = folded
    .replace(/['’]/g, '')
    .replace(/&| \+ /g, ' and ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return words || folded.replaceAll(' ', '');
}

/** A title with one sign for all that people write as an apostrophe; Unicode takes some for a blank and an accent. */
export function withPlainQuotes(title: string): string {
  return title.replace(/[`´‘ʼ′]/g, "'");
}

/** Words without the article in front, of any language of the catalogue, where something is left. */
export function withoutArticle(words: string): string {
  return words.replace(LEADING_ARTICLE, '');
}

/**
 * The titles that a catalogue's title holds: "Seven (a.k.a. Se7en)" is "Seven" and "Se7en", "Hate (Haine, La)" is "Hate"
 * and "La Haine". Brackets inside a title belong to it.
 */
export function titlesIn(title: string): string[] {
  const inBrackets: string[] = [];
  let plain = title.trim();
  while (plain.endsWith(')')) {
    const match = LAST_BRACKETS.exec(plain);
    if (!match) break;
    plain = match[1];
    inBrackets.unshift(match[2].replace(/^a\.?k\.?a\.? /i, ''));
  }
  return [plain, ...inBrackets].map(naturalTitle);
}
