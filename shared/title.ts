const TRAILING_ARTICLE = /^(.*), (the|a|an|la|le|les|l'|il|lo|el|los|las|der|die|das|een|de)(?= \(|$)(.*)$/i;

/** "Matrix, The" → "The Matrix": a title as people write it. */
export function naturalTitle(title: string): string {
  const match = TRAILING_ARTICLE.exec(title);
  if (!match) return title;
  const [, head, article, tail] = match;
  return `${article}${article.endsWith("'") ? '' : ' '}${head}${tail}`;
}

/** A title or a search as it is compared: natural word order, no accents, lower case, runs of blanks made one. */
export function foldTitle(title: string): string {
  return naturalTitle(title).normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}
