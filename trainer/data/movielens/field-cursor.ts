import { decodeText } from '../../../shared/exchange/decode-text.ts';

const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const COMMA = 44;
const DOT = 46;
const ZERO = 48;
const LARGEST_ID = 2 ** 31 - 1;

/** What follows a field's value. */
export const AT_SEPARATOR = 0;
export const AT_LINE_END = 1;
export const AT_JUNK = 2;

/**
 * Reads fields from bytes, because a string per row would cost more than everything else together. Numbers may be padded with
 * blanks or quoted. A decimal comma stands where a comma does not separate: in quotes, or beside another separator. After each
 * value the caller moves on with `endField`.
 */
export class FieldCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  readonly #separator: number; // its first byte; "::" is the only one of two, both alike
  readonly #width: number;
  readonly #decimalComma: boolean; // also outside quotes

  constructor(separator: string) {
    this.#separator = separator.charCodeAt(0);
    this.#width = separator.length;
    this.#decimalComma = separator !== ',';
  }

  /** An id, 0 to 2^31 − 1, perhaps written as 7.0; −1 where there is none. */
  id(): number {
    this.#skipPadding();
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    for (let digit = bytes[at] - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) {
      value = value * 10 + digit;
    }
    if (at > start && bytes[at] === DOT) {
      while (bytes[++at] === ZERO);
    }
    this.at = at;
    return at === start || value > LARGEST_ID || this.#isCut(start) ? -1 : value;
  }

  /** A decimal number without exponent. Where there is none, returns NaN. */
  decimal(): number {
    this.#skipPadding();
    const { bytes } = this;
    const sign = bytes[this.at];
    let at = sign === MINUS || sign === PLUS ? this.at + 1 : this.at;
    let digits = 0;
    let value = 0;
    let scale = 0; // 0 before the point, then 10^decimals
    for (; ; at++) {
      const digit = bytes[at] - ZERO;
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        scale *= 10;
        digits++;
      } else if (
        scale === 0 &&
        (bytes[at] === DOT || (bytes[at] === COMMA && (this.#decimalComma || bytes[this.at - 1] === QUOTE)))
      ) {
        scale = 1;
      } else {
        break;
      }
    }
    if (digits === 0) {
      return Number.NaN;
    }
    const start = this.at;
    this.at = at;
    if (this.#isCut(start)) return Number.NaN;
    const magnitude = scale > 1 ? value / scale : value;
    return sign === MINUS ? -magnitude : magnitude;
  }

  /** Skips one field of any content. A separator inside quotes belongs to the field. */
  skipField(): void {
    const { bytes } = this;
    while (bytes[this.at] === SPACE) {
      this.at++;
    }
    let quoted = bytes[this.at] === QUOTE;
    for (let at = this.at + (quoted ? 1 : 0); ; at++) {
      this.at = at;
      if (at >= bytes.length || bytes[at] === LF || bytes[at] === CR || (!quoted && this.#isSeparator())) {
        return;
      }
      if (bytes[at] === QUOTE) {
        quoted = quoted && bytes[at + 1] === QUOTE && bytes[++at] === QUOTE;
      }
    }
  }

  /** Skips one field and returns its text without quotes and blanks around it. */
  text(): string {
    const start = this.at;
    this.skipField();
    const text = Buffer.from(this.bytes.subarray(start, this.at)).toString();
    return text
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim();
  }

  /** Consumes the separator or line end (LF or CRLF) after a value and returns which it was. */
  endField(): number {
    this.#skipPadding();
    if (this.#isSeparator()) {
      this.at += this.#width;
      return AT_SEPARATOR;
    }
    return this.#endLine() ? AT_LINE_END : AT_JUNK;
  }

  /** Consumes fields without anything in them, up to the end of the line; returns whether there are no others. */
  endsEmpty(): boolean {
    let end = this.endField();
    while (end === AT_SEPARATOR) end = this.endField();
    return end === AT_LINE_END;
  }

  /** Consumes the line where it is blank; returns whether it was. */
  skipBlankLine(): boolean {
    const start = this.at;
    while (this.bytes[this.at] === SPACE) {
      this.at++;
    }
    if (this.#endLine()) {
      return true;
    }
    this.at = start;
    return false;
  }

  /** Skips the rest of the line and its end. */
  skipLine(): void {
    const end = this.bytes.indexOf(LF, this.at);
    this.at = end < 0 ? this.bytes.length : end + 1;
  }

  /** The text of the line that begins at `start`, without its end. */
  lineAt(start: number): string {
    const end = this.bytes.indexOf(LF, start);
    return decodeText(this.bytes.subarray(start, end < 0 ? undefined : end)).replace(/\r$/, '');
  }

  /** Whether a number that a quote opens goes on behind its end: "1,234" is not 1. */
  #isCut(start: number): boolean {
    const { bytes } = this;
    if (bytes[start - 1] !== QUOTE) return false;
    let { at } = this;
    while (bytes[at] === SPACE) at++;
    return bytes[at] !== QUOTE;
  }

  #endLine(): boolean {
    const { bytes } = this;
    const at = bytes[this.at] === CR ? this.at + 1 : this.at;
    if (at < bytes.length && bytes[at] !== LF) {
      return false;
    }
    this.at = Math.min(at + 1, bytes.length);
    return true;
  }

  #isSeparator(): boolean {
    const { bytes, at } = this;
    return bytes[at] === this.#separator && (this.#width === 1 || bytes[at + 1] === this.#separator);
  }

  #skipPadding(): void {
    const { bytes } = this;
    while (bytes[this.at] === SPACE || bytes[this.at] === QUOTE) {
      this.at++;
    }
  }
}
