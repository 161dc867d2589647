import { describe, expect, it } from 'vitest';
import { decodeText, utf16Of } from '../../../shared/exchange/decode-text.ts';

const TEXT = 'title,stars\nAmélie – “Ž” 天,4\n';
const utf8 = (text: string) => new TextEncoder().encode(text);
const bytes = (...values: number[]) => Uint8Array.from(values);

/** UTF-16 by hand. */
function wide(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let n = 0; n < text.length; n++) view.setUint16(2 * n, text.charCodeAt(n), littleEndian);
  return new Uint8Array(view.buffer);
}

describe('decodeText', () => {
  it.each([
    ['UTF-8', utf8(TEXT)],
    ['UTF-8 with a byte order mark', utf8(`\uFEFF${TEXT}`)],
    ['UTF-16 LE', wide(TEXT, true)],
    ['UTF-16 LE with a byte order mark', wide(`\uFEFF${TEXT}`, true)],
    ['UTF-16 BE', wide(TEXT, false)],
    ['UTF-16 BE with a byte order mark', wide(`\uFEFF${TEXT}`, false)],
  ])('decodeText reads %s without its mark', (_, encoded) => {
    expect(decodeText(encoded)).toBe(TEXT);
  });

  it('decodeText reads bytes that are no UTF-8 as Windows-1252', () => {
    expect(decodeText(bytes(65, 109, 0xe9, 108, 105, 101, 32, 0x96, 32, 0x8e))).toBe('Amélie – Ž');
  });

  it.each([
    ['nothing', []],
    ['one byte', [49]],
    ['a digit and a line end', [49, 10]],
    ['zero bytes', [0, 0, 0, 0]],
  ])('decodeText takes %s for UTF-8', (_, values) => {
    expect(utf16Of(bytes(...values))).toBeNull();
    expect(decodeText(bytes(...values))).toHaveLength(values.length);
  });
});
