/**
 * Edits that make one word of another: letters put in, left out, exchanged for others or with their neighbours (optimal
 * string alignment: Boytsov, "Indexing methods for approximate dictionary searching", JEA 2011, §2).
 *
 * @param text holds the other word from `from` up to, exclusive, `to`
 * @param most edits that matter; more come back as `most + 1`
 * @param open whether the other word may go on: the least edits to any beginning of it
 */
export function editsTo(word: string, text: string, [from, to]: Span, most: number, open = false): number {
  const [n, m] = [word.length, open ? Math.min(to - from, word.length + most) : to - from];
  if (n - m > most || (!open && m - n > most)) return most + 1;
  let [before, last, row] = [new Uint8Array(m + 1), new Uint8Array(m + 1), new Uint8Array(m + 1)];
  for (let j = 0; j <= m; j++) last[j] = j;
  for (let i = 1; i <= n; i++) {
    const letter = word.charCodeAt(i - 1);
    row[0] = i;
    let least = i;
    for (let j = 1; j <= m; j++) {
      const other = text.charCodeAt(from + j - 1);
      let edits = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter === other ? 0 : 1));
      if (i > 1 && j > 1 && letter === text.charCodeAt(from + j - 2) && other === word.charCodeAt(i - 2))
        edits = Math.min(edits, before[j - 2] + 1);
      row[j] = edits;
      least = Math.min(least, edits);
    }
    if (least > most) return most + 1;
    [before, last, row] = [last, row, before];
  }
  return Math.min(most + 1, open ? Math.min(...last) : last[m]);
}

/** From, inclusive, up to, exclusive. */
export type Span = readonly [from: number, to: number];

/** Edits that a word of so many letters may be away from what was meant. */
export function mostEdits(letters: number): number {
  return letters < 4 ? 0 : letters < 6 ? 1 : 2;
}
