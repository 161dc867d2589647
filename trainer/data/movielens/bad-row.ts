import { MarqueeError } from '../../../shared/errors.ts';

const SHOWN_CHARACTERS = 60;
const QUOTED_CHARACTERS = 80; // escapes are longer than what they stand for

/** What is wrong with a line, and where in it. */
export interface BadRow {
  readonly file: string;
  readonly line: number; // from 1
  /** The line's text. */
  readonly got: string;
  readonly expected: string;
  /** The field that is wrong, where one is. */
  readonly field?: { readonly column: number; readonly text: string | undefined };
  readonly fix?: string;
}

/** The error of a line that cannot be parsed: its place, what was found, what was expected, how to mend it. */
export function badRow({ file, line, got, expected, field, fix }: BadRow): MarqueeError {
  const found = field && (field.text === undefined ? 'missing' : quote(field.text));
  const place = field ? `; column ${field.column} is ${found}` : '';
  return new MarqueeError('bad-row', `${file}:${line}: got ${quote(got)}, expected ${expected}${place}`, {
    fix: fix ?? 'Mend or delete the line.',
    details: { file, line, got: shorten(got), expected, ...(field && { column: field.column }) },
  });
}

/** Quotes text for a message: on one line, control characters escaped, long text cut. */
export function quote(text: string): string {
  for (let shown = SHOWN_CHARACTERS; ; shown--) {
    const quoted = JSON.stringify(shorten(text, shown));
    if (quoted.length <= QUOTED_CHARACTERS) return quoted;
  }
}

function shorten(text: string, shown = SHOWN_CHARACTERS): string {
  return text.length > shown ? `${text.slice(0, shown)}…` : text;
}
