/** Bytes that tell UTF-16 from other encodings. */
const SNIFFED_BYTES = 16;

/**
 * The text of a file without its byte order mark: UTF-16 by its mark or its zero bytes, else UTF-8 where the bytes are
 * valid, else Windows-1252, which holds Latin-1's letters.
 */
export function decodeText(bytes: Uint8Array): string {
  const wide = utf16Of(bytes);
  if (wide !== null) return new TextDecoder(wide).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * The byte order of UTF-16 text; null for text in another encoding. Without a byte order mark, the first characters must
 * be ASCII, which leaves every other byte zero.
 */
export function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, Math.min(SNIFFED_BYTES, bytes.length & ~1));
  const zeroAt = (parity: number) => head.length >= 4 && head.every((byte, n) => (byte === 0) === (n % 2 === parity));
  if (zeroAt(1)) return 'utf-16le';
  return zeroAt(0) ? 'utf-16be' : null;
}
