import { MarqueeError } from '../../../shared/errors.ts';

const SHOWN_CHARACTERS = 60;

/** The error of a line that cannot be parsed: its place, what was found, what was expected. */
export function badRow(file: string, line: number, got: string, expected: string): MarqueeError {
  return new MarqueeError('bad-row', `${file}:${line}: got ${quote(got)}, expected ${expected}`, {
    fix: 'Mend or delete the line.',
    details: { file, line, got: shorten(got), expected },
  });
}

/** Quotes text for a message: on one line, control characters escaped, long text cut. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
