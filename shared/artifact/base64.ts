/** base64 of int32 little-endian values, and back. */
export function encodeInt32(values: Int32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function decodeInt32(base64: string): Int32Array {
  const binary = atob(base64);
  return new Int32Array(Uint8Array.from(binary, (char) => char.charCodeAt(0)).buffer);
}
