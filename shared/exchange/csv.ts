/** First characters by which a table program takes a cell for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A line of CSV. Text that would be a formula in a table program gets an apostrophe in front, which our own import takes
 * away again (`layouts.ts`).
 */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return `${fields.map(cell).join(',')}\n`;
}

function cell(field: string | number | null): string {
  if (field === null) return '';
  if (typeof field === 'number') return String(field);
  const text = FORMULA.test(field) ? `'${field}` : field;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
