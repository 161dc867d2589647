/**
 * First characters by which a table program takes a cell for a formula, full-width ones too (OWASP, "CSV Injection"). An
 * apostrophe before them counts as well, so that the one in front can be taken away again.
 */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A number written out; below zero it begins as a formula does, and is none. */
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Text that no table program takes for a formula: an apostrophe stands in front where need be. */
export function withoutFormula(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

/** The text that `withoutFormula` was given. */
export function plainText(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}

/** A line of CSV, whose text our own import reads as it was (`layouts.ts`). */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return `${fields.map(cell).join(',')}\n`;
}

function cell(field: string | number | null): string {
  if (field === null) return '';
  if (typeof field === 'number') return String(field);
  const text = withoutFormula(field);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
