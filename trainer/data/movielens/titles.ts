/** A year or a span of years ("2007-", "1975-1979") in the last parentheses. */
const YEAR_AT_END = /^(.*\S)\s*\((\d{4})\s*(?:[-–]\s*(?:\d{4})?\s*)?\)$/;

const NO_GENRE = new Set(['', '(no genres listed)', 'unknown']);

/**
 * Splits MovieLens' "title (year)". The first year of a span counts. Articles stay at the end ("Matrix, The").
 *
 * @example
 * parseTitle('City of Lost Children, The (Cité des enfants perdus, La) (1995)');
 * // { title: 'City of Lost Children, The (Cité des enfants perdus, La)', year: 1995 }
 * parseTitle('Hyena Road'); // { title: 'Hyena Road', year: null }
 */
export function parseTitle(text: string): { title: string; year: number | null } {
  const trimmed = text.trim();
  const match = YEAR_AT_END.exec(trimmed);
  return match ? { title: match[1], year: Number(match[2]) } : { title: trimmed, year: null };
}

/** A year in a column of its own, "1995" or as pandas writes it, "1995.0"; null where there is none. */
export function parseYear(text = ''): number | null {
  return /^\s*\d{4}(\.0*)?\s*$/.test(text) ? Number(text) : null;
}

/** "Action|Comedy" → its genres; "(no genres listed)" and "unknown" → none. */
export function parseGenres(text: string): string[] {
  const genres = text.split('|').map((genre) => genre.trim());
  return [...new Set(genres)].filter((genre) => !NO_GENRE.has(genre));
}
